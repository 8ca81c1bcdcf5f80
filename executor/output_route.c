/*
 * output_route.c: grouping the rows of a batch by partition path (contract in output_route.h).
 *
 * Open addressing with linear probing; the table is at most half full, since it has two slots for each row
 * that a batch can have.
 */
#include "executor/output_route.h"

#include "common/hash.h"

enum
{
	SLOTS = lengthof(((OutputRoutes *)NULL)->slots)
};

static void
hash_keys(OutputRoutes *routes, const Column *keys, int key_count, uint32_t n)
{
	memset(routes->hashes, 0, n * sizeof *routes->hashes);
	for (int k = 0; k < key_count; k++)
	{
		const Text *texts = COLUMN_DATA(&keys[k], Text);

		for (uint32_t row = 0; row < n; row++)
		{
			uint64_t hash = 0;

			if (!column_is_null(&keys[k], row))
			{
				StrView text = text_view(texts[row]);

				hash = hash_bytes(text.data, text.len);
			}
			routes->hashes[row] = hash_combine(routes->hashes[row], hash);
		}
	}
}

static bool
same_path(const Column *keys, int key_count, uint32_t a, uint32_t b)
{
	for (int k = 0; k < key_count; k++)
	{
		bool null_a = column_is_null(&keys[k], a);

		if (null_a != column_is_null(&keys[k], b))
			return false;
		if (!null_a &&
			!str_equal(text_view(COLUMN_DATA(&keys[k], Text)[a]), text_view(COLUMN_DATA(&keys[k], Text)[b])))
			return false;
	}
	return true;
}

/* The path of a row, a new one where no earlier row has its keys. */
static uint32_t
find_path(OutputRoutes *routes, const Column *keys, int key_count, uint32_t row)
{
	uint32_t at = (uint32_t)routes->hashes[row] & (SLOTS - 1);

	for (; routes->slots[at] != 0; at = (at + 1) & (SLOTS - 1))
	{
		uint32_t path = routes->slots[at] - 1u;
		uint32_t first = routes->first[path];

		if (routes->hashes[first] == routes->hashes[row] && same_path(keys, key_count, first, row))
			return path;
	}
	routes->first[routes->count] = row;
	routes->slots[at] = (uint16_t)(routes->count + 1);
	return routes->count++;
}

/* From the path of each row to the rows of each path. */
static void
lay_out(OutputRoutes *routes, uint32_t n)
{
	uint32_t *starts = routes->starts;

	memset(starts, 0, (routes->count + 1) * sizeof *starts);
	for (uint32_t row = 0; row < n; row++)
		starts[routes->path[row] + 1]++;
	for (uint32_t i = 0; i < routes->count; i++)
		starts[i + 1] += starts[i];
	/* While rows are laid out, starts[i] is where the next row of path i goes: in the end, where i + 1
	 * begins. */
	for (uint32_t row = 0; row < n; row++)
		routes->rows[starts[routes->path[row]]++] = row;
	memmove(starts + 1, starts, routes->count * sizeof *starts);
	starts[0] = 0;
}

void
output_route(OutputRoutes *routes, const Column *keys, int key_count, uint32_t n)
{
	_Static_assert((SLOTS & (SLOTS - 1)) == 0 && BATCH_ROWS < UINT16_MAX, "numbers of paths fit slots");
	assert(n <= BATCH_ROWS);
	routes->count = 0;
	memset(routes->slots, 0, sizeof routes->slots);
	hash_keys(routes, keys, key_count, n);
	for (uint32_t row = 0; row < n; row++)
		routes->path[row] = (uint16_t)find_path(routes, keys, key_count, row);
	lay_out(routes, n);
}
