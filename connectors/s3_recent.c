/*
 * s3_recent.c: the list of recent uploads (contract in s3_recent.h). There are dozens of objects at most, so
 * they are searched one by one.
 */
#include "connectors/s3_recent.h"

#include "common/memory.h"

void
s3_recent_init(S3Recent *recent, uint64_t limit)
{
	*recent = (S3Recent){.limit = limit};
	pthread_mutex_init(&recent->lock, NULL);
}

static void
drop(S3Recent *recent, size_t at)
{
	RecentObject *object = &recent->objects[at];

	recent->held -= object->bytes.len;
	mem_free(object->key);
	str_free(&object->bytes);
	recent->count--;
	memmove(object, object + 1, (recent->count - at) * sizeof *object);
}

void
s3_recent_release(S3Recent *recent)
{
	while (recent->count > 0)
		drop(recent, recent->count - 1);
	mem_free(recent->objects);
	pthread_mutex_destroy(&recent->lock);
}

void
s3_recent_add(S3Recent *recent, const char *key, StrBuf *bytes)
{
	pthread_mutex_lock(&recent->lock);
	while (recent->count > 0 && recent->held + bytes->len > recent->limit)
		drop(recent, 0);
	if (bytes->len <= recent->limit)
	{
		mem_grow(&recent->objects, &recent->capacity, recent->count, sizeof *recent->objects);
		recent->objects[recent->count++] = (RecentObject){mem_strdup(key), *bytes};
		recent->held += bytes->len;
		*bytes = (StrBuf){0};
	}
	pthread_mutex_unlock(&recent->lock);
	str_free(bytes);
}

static RecentObject *
find(S3Recent *recent, const char *key)
{
	for (size_t i = recent->count; i > 0; i--)
		if (strcmp(recent->objects[i - 1].key, key) == 0)
			return &recent->objects[i - 1];
	return NULL;
}

bool
s3_recent_get(S3Recent *recent, const char *key, uint64_t offset, uint64_t len, StrBuf *out)
{
	const RecentObject *object;
	bool there;

	pthread_mutex_lock(&recent->lock);
	object = find(recent, key);
	there = object != NULL && offset <= object->bytes.len && len <= object->bytes.len - offset;
	if (there)
		str_append(out, object->bytes.data + offset, (size_t)len);
	pthread_mutex_unlock(&recent->lock);
	return there;
}

void
s3_recent_forget(S3Recent *recent, const char *key)
{
	RecentObject *object;

	pthread_mutex_lock(&recent->lock);
	while ((object = find(recent, key)) != NULL)
		drop(recent, (size_t)(object - recent->objects));
	pthread_mutex_unlock(&recent->lock);
}
