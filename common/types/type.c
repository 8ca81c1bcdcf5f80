/*
 * type.c: the table of types, their names, and what concerns values of any type (contract in type.h).
 *
 * The idea: each type's own file defines its TypeClass; this one only finds it. It is the one file that knows
 * all types.
 */
#include "common/types/type.h"

#include "common/types/boolean.h"
#include "common/types/date.h"
#include "common/types/float.h"
#include "common/types/integer.h"
#include "common/types/interval.h"
#include "common/types/jsonb.h"
#include "common/types/numeric.h"
#include "common/types/text.h"
#include "common/types/timestamp.h"
#include "common/types/uuid.h"

static const TypeClass *const classes[TYPE_COUNT] = {
	[TYPE_BOOLEAN] = &boolean_class,
	[TYPE_INTEGER] = &integer_class,
	[TYPE_BIGINT] = &bigint_class,
	[TYPE_DOUBLE] = &double_class,
	[TYPE_NUMERIC] = &numeric_class,
	[TYPE_TEXT] = &text_class,
	[TYPE_DATE] = &date_class,
	[TYPE_TIMESTAMP] = &timestamp_class,
	[TYPE_TIMESTAMPTZ] = &timestamptz_class,
	[TYPE_INTERVAL] = &interval_class,
	[TYPE_UUID] = &uuid_class,
	[TYPE_JSONB] = &jsonb_class,
};

/* Every name a user may write for a type. */
static const struct
{
	const char *name;
	TypeId id;
} names[] = {
	{"bool", TYPE_BOOLEAN},
	{"boolean", TYPE_BOOLEAN},
	{"int", TYPE_INTEGER},
	{"int4", TYPE_INTEGER},
	{"integer", TYPE_INTEGER},
	{"int8", TYPE_BIGINT},
	{"bigint", TYPE_BIGINT},
	{"float", TYPE_DOUBLE},
	{"float8", TYPE_DOUBLE},
	{"double precision", TYPE_DOUBLE},
	{"numeric", TYPE_NUMERIC},
	{"decimal", TYPE_NUMERIC},
	{"dec", TYPE_NUMERIC},
	{"text", TYPE_TEXT},
	{"date", TYPE_DATE},
	{"timestamp", TYPE_TIMESTAMP},
	{"timestamp without time zone", TYPE_TIMESTAMP},
	{"timestamptz", TYPE_TIMESTAMPTZ},
	{"timestamp with time zone", TYPE_TIMESTAMPTZ},
	{"interval", TYPE_INTERVAL},
	{"uuid", TYPE_UUID},
	{"jsonb", TYPE_JSONB},
};

const TypeClass *
type_class(TypeId id)
{
	assert(id > TYPE_UNKNOWN && id < TYPE_COUNT);
	return classes[id];
}

size_t
type_size(TypeId id)
{
	static const uint8_t sizes[TYPE_COUNT] = {
#define TYPE(id, name, ctype, field, category, preferred) [TYPE_##id] = sizeof(ctype),
#include "common/types/type_list.h"
#undef TYPE
	};

	return sizes[id];
}

TypeId
type_by_name(StrView name)
{
	for (size_t i = 0; i < lengthof(names); i++)
	{
		if (str_equal(name, str_from_cstr(names[i].name)))
			return names[i].id;
	}
	return TYPE_UNKNOWN;
}

const char *
type_spec_name(TypeSpec spec, Arena *arena)
{
	if (spec.id == TYPE_UNKNOWN)
		return "unknown";
	if (spec.modifier == NO_MODIFIER)
		return type_class(spec.id)->name;
	switch (spec.id)
	{
		case TYPE_NUMERIC:
			return arena_printf(arena, "numeric(%d,%d)", NUMERIC_MODIFIER_PRECISION(spec.modifier),
								NUMERIC_MODIFIER_SCALE(spec.modifier));
		case TYPE_TIMESTAMP: return arena_printf(arena, "timestamp(%d) without time zone", spec.modifier);
		case TYPE_TIMESTAMPTZ: return arena_printf(arena, "timestamp(%d) with time zone", spec.modifier);
		case TYPE_INTERVAL: return arena_printf(arena, "interval(%d)", spec.modifier);
		default: return type_class(spec.id)->name;
	}
}

bool
type_apply_modifier(TypeSpec spec, void *value, Arena *arena, Error *err)
{
	if (spec.modifier == NO_MODIFIER)
		return true;
	switch (spec.id)
	{
		case TYPE_NUMERIC: return numeric_apply_modifier(spec.modifier, value, arena, err);
		case TYPE_TIMESTAMP:
		case TYPE_TIMESTAMPTZ: timestamp_round(value, spec.modifier); break;
		case TYPE_INTERVAL: interval_round(value, spec.modifier); break;
		default: break;
	}
	return true;
}

void
type_copy_value(TypeId id, void *to, const void *from, Arena *arena)
{
	switch (id)
	{
		case TYPE_TEXT:
		case TYPE_JSONB: *(Text *)to = text_copy(*(const Text *)from, arena); break;
		case TYPE_NUMERIC: *(Numeric *)to = numeric_copy(*(const Numeric *)from, arena); break;
		default: memcpy(to, from, type_size(id)); break;
	}
}
