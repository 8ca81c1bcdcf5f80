/*
 * type.h: how SQL values look in memory, and what every type can do.
 *
 * The idea: a type is a constant TypeClass (text in, text out, compare, hash); a value is a C value, in a
 * column array, in a union Value, or in a Datum that also says its type and whether it is
 * NULL. The semantics are PostgreSQL 15's. Nothing here knows columns, expressions or SQL syntax.
 *
 * Representation:
 *   DATE         days since 2000-01-01; INT32_MIN and INT32_MAX are -infinity and infinity
 *   TIMESTAMP[TZ]  microseconds since 2000-01-01 00:00:00 (UTC); INT64_MIN and INT64_MAX are -infinity and
 * infinity INTERVAL     months, days and microseconds, kept apart TEXT         valid UTF-8 without NUL JSONB
 * the text that PostgreSQL prints for the value (sorted, deduplicated keys, ", " and ": "), as a Text
 */
#ifndef WEIR_COMMON_TYPES_TYPE_H
#define WEIR_COMMON_TYPES_TYPE_H

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "common/str.h"

/*
 * A view of text: 16 bytes; the bytes at data are owned by a message payload, an arena or a constant.
 * Invariant: prefix holds the first four bytes, zero-padded, so that most comparisons need no pointer.
 */
typedef struct Text
{
	uint32_t len;
	char prefix[4];
	const char *data;
} Text;

typedef struct Interval
{
	int64_t micros;
	int32_t days;
	int32_t months;
} Interval;

typedef struct Uuid
{
	uint8_t bytes[16];
} Uuid;

typedef enum NumericKind
{
	NUMERIC_SMALL, /* value = small / 10^dscale */
	NUMERIC_BIG,   /* value = sign * digits at big (numeric.h), printed with dscale fraction digits */
	NUMERIC_NAN,
	NUMERIC_PLUS_INFINITY,
	NUMERIC_MINUS_INFINITY
} NumericKind;

struct NumericBig;

/*
 * An exact decimal. SMALL covers |small| < 10^38; everything else falls back to BIG, whose digits live in an
 * arena. Invariant: 0 <= dscale <= 16383, and a value that fits SMALL is SMALL.
 */
typedef struct Numeric
{
	union
	{
		int128 small;
		const struct NumericBig *big;
	};
	int32_t dscale;
	NumericKind kind;
} Numeric;

typedef enum TypeId
{
	TYPE_UNKNOWN, /* an untyped literal or NULL, before it is resolved; never in a column at run time */
#define TYPE(id, class) TYPE_##id,
#include "common/types/type_list.h"
#undef TYPE
	TYPE_COUNT
} TypeId;

typedef union Value
{
	bool b;
	int32_t i32;
	int64_t i64;
	double f64;
	Numeric numeric;
	Text text;
	Interval interval;
	Uuid uuid;
} Value;

typedef struct Datum
{
	TypeId type;
	bool isnull;
	Value value; /* undefined when isnull */
} Datum;

/*
 * A declared type: the type and its modifier. For NUMERIC the modifier is (precision << 16 | scale), -1 when
 * none was given; for TIMESTAMP[TZ] the fraction digits 0..6; for INTERVAL see interval.h; for the others -1.
 */
typedef struct TypeSpec
{
	TypeId id;
	int32_t modifier;
} TypeSpec;

#define NO_MODIFIER (-1)
#define NUMERIC_MODIFIER(precision, scale) ((int32_t)((precision) << 16 | ((scale)&0xffff)))
#define NUMERIC_MODIFIER_PRECISION(m) ((int)((m) >> 16 & 0xffff))
#define NUMERIC_MODIFIER_SCALE(m) ((int)(int16_t)((m)&0xffff))

struct TimeZone;
struct TimeZoneCache;

/* What text conversion may depend on besides the text. */
typedef struct TypeContext
{
	const struct TimeZone *zone; /* session time zone; NULL is UTC */
	int64_t now;                 /* for 'now', 'today' …: TIMESTAMPTZ of the statement or epoch start */
	struct TimeZoneCache *zones; /* finds zones named in text (shared by threads); NULL: only fixed offsets */
} TypeContext;

/*
 * What a type is and can do. Values are passed by pointer to the type's C type, a member of union Value.
 * parse: reads s (PostgreSQL's input syntax, blanks around it included). Results that need memory are taken
 *        from arena; TEXT results borrow s. On failure false with PostgreSQL's SQLSTATE and message.
 * print: appends PostgreSQL's output text.
 * compare: PostgreSQL's btree order: < 0, 0, > 0. Text compares by bytes.
 * hash: equal values (compare == 0) have equal hashes.
 * copy: the value with its memory in the arena; NULL: the bytes are all there is.
 * apply_modifier, modified_name: what type_apply_modifier() and type_spec_name() do for a modifier other than
 *        NO_MODIFIER; both NULL: the type takes none.
 */
typedef struct TypeClass
{
	TypeId id;
	const char *name; /* as format_type() prints it */
	size_t size;      /* of one element of a column */
	char category;    /* PostgreSQL's typcategory */
	bool preferred;   /* typispreferred */
	bool (*parse)(StrView s, const TypeContext *context, Arena *arena, void *out, Error *err);
	void (*print)(const void *value, const TypeContext *context, StrBuf *out);
	int (*compare)(const void *a, const void *b);
	uint64_t (*hash)(const void *value);
	void (*copy)(void *to, const void *from, Arena *arena);
	bool (*apply_modifier)(int32_t modifier, void *value, Arena *arena, Error *err);
	const char *(*modified_name)(int32_t modifier, Arena *arena);
} TypeClass;

/* The class of a type; id must not be TYPE_UNKNOWN. */
extern const TypeClass *type_class(TypeId id);

/* The size of one array element; 0 for TYPE_UNKNOWN. */
extern size_t type_size(TypeId id);

/* As PostgreSQL's format_type(): "numeric(12,2)", "timestamp with time zone". Static or arena text. */
extern const char *type_spec_name(TypeSpec spec, Arena *arena);

/* Finds a type by any of PostgreSQL's names for it (int4, bool, timestamptz, …), lower case; TYPE_UNKNOWN if
 * none. */
extern TypeId type_by_name(StrView name);

/*
 * Applies a modifier in place, as PostgreSQL's length coercion does: rounds NUMERIC to its scale and refuses
 * what overflows its precision, rounds fraction digits of TIMESTAMP[TZ] and INTERVAL, whose fields it
 * restricts.
 */
extern bool type_apply_modifier(TypeSpec spec, void *value, Arena *arena, Error *err) WARN_UNUSED;

/* A copy of the value (by type id) whose memory, if it needs any, is in the arena. */
extern void type_copy_value(TypeId id, void *to, const void *from, Arena *arena);

static inline Text
text_make(const char *data, size_t len)
{
	Text t = {.len = (uint32_t)len, .data = data};

	if (len >= sizeof t.prefix)
		memcpy(t.prefix, data, sizeof t.prefix);
	else if (len > 0)
		memcpy(t.prefix, data, len);
	return t;
}

static inline StrView
text_view(Text t)
{
	return (StrView){t.data, t.len};
}

static inline Datum
datum_null(TypeId type)
{
	return (Datum){.type = type, .isnull = true};
}

/* Pointer to the C value of a datum's type inside its union (all members start at its address). */
static inline const void *
datum_pointer(const Datum *d)
{
	return &d->value;
}

#endif
