/*
 * datetime_token.c: the tokeniser of date and time text, its word tables and its errors.
 *
 * It follows PostgreSQL's rules field by field, also where they are odd: a blank inside "+ 02" is skipped,
 * unknown punctuation only separates, and words are compared by their first ten characters.
 */
#include "common/types/datetime_token.h"

enum
{
	WORD_SIGNIFICANT = 10
};

bool
datetime_report(DateTimeStatus status, StrView input, const char *type_name, Error *err)
{
	int len = (int)input.len;

	switch (status)
	{
		case DATETIME_FIELD_OUT_OF_RANGE:
		case DATETIME_MONTH_OR_DAY_OUT_OF_RANGE:
			error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION,
					  "date/time field value out of range: \"%.*s\"", len, input.data);
			if (status == DATETIME_MONTH_OR_DAY_OUT_OF_RANGE)
				error_hint(err, "Perhaps you need a different \"datestyle\" setting.");
			return false;
		case DATETIME_INTERVAL_OUT_OF_RANGE:
			return error_set(err, SQLSTATE_INTERVAL_FIELD_OVERFLOW, NO_POSITION,
							 "interval field value out of range: \"%.*s\"", len, input.data);
		case DATETIME_OFFSET_OUT_OF_RANGE:
			return error_set(err, SQLSTATE_INVALID_TIME_ZONE_DISPLACEMENT_VALUE, NO_POSITION,
							 "time zone displacement out of range: \"%.*s\"", len, input.data);
		case DATETIME_OK:
		case DATETIME_BAD_FORMAT: break;
	}
	return error_set(err, SQLSTATE_INVALID_DATETIME_FORMAT, NO_POSITION,
					 "invalid input syntax for type %s: \"%.*s\"", type_name, len, input.data);
}

/* ---- the tokeniser ---- */

/* Reads s from pos; writes the current field at used. full is set when the limit is reached. */
typedef struct Splitter
{
	StrView s;
	size_t pos;
	size_t used;
	size_t limit;
	bool full;
	DateTimeFields *out;
} Splitter;

/* The next character, NUL at the end. */
static char
peek(const Splitter *t)
{
	return t->pos < t->s.len ? t->s.data[t->pos] : '\0';
}

static void
take(Splitter *t)
{
	if (t->used + 1 >= t->limit)
		t->full = true;
	else
		t->out->bytes[t->used++] = ascii_lower(t->s.data[t->pos]);
	t->pos++;
}

static void
take_digits(Splitter *t)
{
	while (ascii_digit(peek(t)))
		take(t);
}

static void
take_letters(Splitter *t)
{
	while (ascii_alpha(peek(t)))
		take(t);
}

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* After digits and a delimiter: the rest of a date. */
static FieldKind
split_date(Splitter *t)
{
	char delimiter = peek(t);
	FieldKind kind = FIELD_DATE;

	take(t);
	if (!ascii_digit(peek(t)))
	{
		while (ascii_alpha(peek(t)) || ascii_digit(peek(t)) || peek(t) == delimiter)
			take(t);
		return FIELD_DATE;
	}
	if (delimiter == '.')
		kind = FIELD_NUMBER;
	take_digits(t);
	if (peek(t) == delimiter)
	{
		kind = FIELD_DATE;
		while (ascii_digit(peek(t)) || peek(t) == delimiter)
			take(t);
	}
	return kind;
}

static FieldKind
split_digits(Splitter *t)
{
	take_digits(t);
	if (peek(t) == ':')
	{
		while (ascii_digit(peek(t)) || is_one_of(peek(t), ":."))
			take(t);
		return FIELD_TIME;
	}
	return is_one_of(peek(t), "-/.") ? split_date(t) : FIELD_NUMBER;
}

/* A word; or a date or zone name with punctuation, unless a digit or plus sign follows a word of date input.
 */
static FieldKind
split_letters(Splitter *t)
{
	size_t start = t->used;
	int value;
	bool is_date;

	take_letters(t);
	is_date = is_one_of(peek(t), "-/.");
	if (!is_date && (peek(t) == '+' || ascii_digit(peek(t))))
		is_date = datetime_word((StrView){t->out->bytes + start, t->used - start}, &value) == WORD_UNKNOWN;
	if (!is_date)
		return FIELD_WORD;
	while (is_one_of(peek(t), "+-/_.:") || ascii_alpha(peek(t)) || ascii_digit(peek(t)))
		take(t);
	return FIELD_DATE;
}

static bool
split_signed(Splitter *t, FieldKind *kind)
{
	take(t);
	while (ascii_space(peek(t)))
		t->pos++;
	if (ascii_digit(peek(t)))
	{
		*kind = FIELD_OFFSET;
		while (ascii_digit(peek(t)) || is_one_of(peek(t), ":.-"))
			take(t);
		return true;
	}
	*kind = FIELD_SIGNED_WORD;
	if (!ascii_alpha(peek(t)))
		return false;
	take_letters(t);
	return true;
}

static bool
split_field(Splitter *t, FieldKind *kind)
{
	char c = peek(t);

	if (ascii_digit(c))
		*kind = split_digits(t);
	else if (c == '.')
	{
		*kind = FIELD_NUMBER;
		take(t);
		take_digits(t);
	}
	else if (ascii_alpha(c))
		*kind = split_letters(t);
	else
		return split_signed(t, kind);
	return true;
}

DateTimeStatus
datetime_split(StrView s, size_t limit, DateTimeFields *out)
{
	Splitter t = {.s = s, .limit = limit, .out = out};

	out->count = 0;
	while (t.pos < s.len)
	{
		char c = peek(&t);
		size_t start = t.used;
		FieldKind kind;

		if (ascii_space(c))
		{
			t.pos++;
			continue;
		}
		if (out->count >= DATETIME_MAX_FIELDS)
			return DATETIME_BAD_FORMAT;
		if (!ascii_digit(c) && !ascii_alpha(c) && !is_one_of(c, ".+-"))
		{
			if (c <= ' ' || c > '~')
				return DATETIME_BAD_FORMAT;
			t.pos++; /* other punctuation only separates */
			continue;
		}
		if (!split_field(&t, &kind) || t.full)
			return DATETIME_BAD_FORMAT;
		out->items[out->count].kind = kind;
		out->items[out->count++].text = (StrView){out->bytes + start, t.used - start};
		out->bytes[t.used++] = '\0';
	}
	return DATETIME_OK;
}

/* ---- words ---- */

typedef struct Word
{
	const char *text;
	WordKind kind;
	int value;
} Word;

typedef struct UnitWord
{
	const char *text;
	DateTimeUnit unit;
} UnitWord;

static const Word words[] = {
#define WORD(text, kind, value) {text, WORD_##kind, value},
#include "common/types/datetime_word_list.h"
#undef WORD
};

static const UnitWord unit_words[] = {
#define UNIT_WORD(text, unit) {text, unit},
#include "common/types/datetime_unit_list.h"
#undef UNIT_WORD
};

/* Orders a word and a table entry by their first ten characters. */
static int
compare_word(StrView word, const char *entry)
{
	size_t n = Min(word.len, WORD_SIGNIFICANT), m = Min(strlen(entry), WORD_SIGNIFICANT);
	int cmp = memcmp(word.data, entry, Min(n, m));

	return cmp != 0 ? cmp : (n > m) - (n < m);
}

/* Both tables begin with their text. */
static const void *
find_word(StrView word, const void *table, size_t count, size_t size)
{
	size_t low = 0, high = count;

	while (low < high)
	{
		size_t mid = (low + high) / 2;
		const char *const *entry = (const char *const *)((const char *)table + mid * size);
		int cmp = compare_word(word, *entry);

		if (cmp == 0)
			return entry;
		if (cmp < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

WordKind
datetime_word(StrView word, int *value)
{
	const Word *found = find_word(word, words, lengthof(words), sizeof words[0]);

	*value = found ? found->value : 0;
	return found ? found->kind : WORD_UNKNOWN;
}

DateTimeUnit
datetime_interval_unit(StrView word)
{
	const UnitWord *found = find_word(word, unit_words, lengthof(unit_words), sizeof unit_words[0]);

	return found ? found->unit : UNIT_NONE;
}

DateTimeUnit
datetime_unit(StrView word)
{
	char lower[WORD_SIGNIFICANT];
	StrView key = {lower, Min(word.len, WORD_SIGNIFICANT)};
	DateTimeUnit unit;
	int value;

	for (size_t i = 0; i < key.len; i++)
		lower[i] = ascii_lower(word.data[i]);
	unit = datetime_interval_unit(key);
	if (unit != UNIT_NONE)
		return unit == UNIT_AGO || unit == UNIT_IGNORED ? UNIT_NONE : unit;
	switch (datetime_word(key, &value))
	{
		case WORD_LABEL: return (DateTimeUnit)value;
		case WORD_SPECIAL: return value == DATETIME_EPOCH ? UNIT_EPOCH : UNIT_RESERVED;
		case WORD_NOW:
		case WORD_TODAY:
		case WORD_ALLBALLS: return UNIT_RESERVED;
		default: return UNIT_NONE;
	}
}

/* ---- numbers ---- */

int64_t
datetime_take_int64(StrView *s, bool *overflow)
{
	const char *p = s->data, *end = s->data + s->len;
	bool negative = p < end && *p == '-', too_big = false;
	int64_t value = 0;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (p == end || !ascii_digit(*p))
		return 0;
	for (; p < end && ascii_digit(*p); p++)
	{
		int digit = negative ? -(*p - '0') : *p - '0';

		too_big = __builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value) ||
				  too_big;
	}
	*s = (StrView){p, (size_t)(end - p)};
	if (too_big)
	{
		*overflow = true;
		return negative ? INT64_MIN : INT64_MAX;
	}
	return value;
}

int32_t
datetime_take_int32(StrView *s, bool *overflow)
{
	int64_t value = datetime_take_int64(s, overflow);

	if (value != (int32_t)value)
		*overflow = true;
	return (int32_t)value;
}

bool
datetime_fraction(StrView s, double *out)
{
	static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
									1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
	uint64_t digits = 0;
	size_t count = 0;

	for (size_t i = 1; i < s.len; i++)
	{
		if (!ascii_digit(s.data[i]))
			return false;
		if (count < lengthof(powers) - 1)
		{
			digits = digits * 10 + (uint64_t)(s.data[i] - '0');
			count++;
		}
	}
	*out = (double)digits / powers[count];
	return true;
}
