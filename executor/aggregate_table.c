/*
 * aggregate_table.c: which class computes which function of aggregate_list.h.
 *
 * The planner knows ids and signatures; this is the only place that joins them with code.
 */
#include "executor/aggregate.h"

static const AggregateClass *const classes[] = {
#define AGGREGATE(id, name, result, args, class_symbol) &class_symbol,
#include "planner/aggregate_list.h"
#undef AGGREGATE
};

const AggregateClass *
aggregate_class(AggregateId id)
{
	assert((size_t)id < lengthof(classes));
	return classes[id];
}

void
aggregate_emit_null(const AggregateOutput *out, uint32_t i)
{
	Datum null = datum_null(out->out->type);

	column_set(out->out, out->first + i, &null);
}
