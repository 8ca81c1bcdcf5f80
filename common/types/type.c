/*
 * type.c: the table of types, their names, and what concerns values of any type (contract in type.h).
 *
 * The idea: each type's own file defines its TypeClass; this one only finds it.
 */
#include "common/types/type.h"

#define TYPE(id, class) extern const TypeClass class;
#include "common/types/type_list.h"
#undef TYPE

static const TypeClass *const classes[TYPE_COUNT] = {
#define TYPE(id, class) [TYPE_##id] = &class,
#include "common/types/type_list.h"
#undef TYPE
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
	return id == TYPE_UNKNOWN ? 0 : type_class(id)->size;
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
	const TypeClass *class;

	if (spec.id == TYPE_UNKNOWN)
		return "unknown";
	class = type_class(spec.id);
	if (spec.modifier == NO_MODIFIER || class->modified_name == NULL)
		return class->name;
	return class->modified_name(spec.modifier, arena);
}

bool
type_apply_modifier(TypeSpec spec, void *value, Arena *arena, Error *err)
{
	const TypeClass *class = type_class(spec.id);

	return spec.modifier == NO_MODIFIER || class->apply_modifier == NULL ||
		   class->apply_modifier(spec.modifier, value, arena, err);
}

void
type_copy_value(TypeId id, void *to, const void *from, Arena *arena)
{
	const TypeClass *class = type_class(id);

	if (class->copy != NULL)
		class->copy(to, from, arena);
	else
		memcpy(to, from, class->size);
}
