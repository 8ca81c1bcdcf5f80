/*
 * kernel_datetime_format.c: to_char() of timestamp, timestamptz and interval.
 *
 * An empty format and an infinite moment give NULL. A format is compiled again only when its text changes.
 */
#include "common/types/datetime_format.h"
#include "executor/kernel_datetime.h"
#include "executor/kernels.h"

/* Zero-initialise. */
typedef struct FormatCursor
{
	StrView text;
	DateTimeFormat format;
} FormatCursor;

static const DateTimeFormat *
format_cursor_move(FormatCursor *cursor, Text text, Arena *arena)
{
	if (!same_text(cursor->text, text))
	{
		cursor->text = text_view(text);
		cursor->format = datetime_format_compile(cursor->text, arena);
	}
	return &cursor->format;
}

/* Formats the value at p, of the type that the function is for. */
typedef bool (*FormatValue)(const DateTimeFormat *format, const void *p, const KernelCall *call, StrBuf *out);

static void
format_rows(const KernelCall *call, size_t size, bool (*is_null)(const void *), FormatValue format_value)
{
	const char *values = call->args[0]->data;
	const Text *formats = KERNEL_ARG(call, 1, Text);
	Text *out = KERNEL_OUT(call, Text);
	FormatCursor cursor = {0};
	StrBuf text = {0};

	kernel_writable_validity(call);
	for (uint32_t i = 0; i < call->n; i++)
	{
		const void *value = values + i * size;

		out[i] = (Text){0};
		if (!kernel_wants(call, i))
			continue;
		str_clear(&text);
		if (formats[i].len == 0 || is_null(value))
			bitmap_clear(call->out->validity, i);
		else if (!format_value(format_cursor_move(&cursor, formats[i], call->arena), value, call, &text))
			bitmap_set(call->failed, i);
		else
			out[i] = text_make(arena_strndup(call->arena, str_cstr(&text), text.len), text.len);
	}
	str_free(&text);
}

static bool
is_infinite(const void *p)
{
	return !timestamp_is_finite(*(const int64_t *)p);
}

static bool
never(const void *p UNUSED)
{
	return false;
}

static bool
format_timestamp(const DateTimeFormat *format, const void *p, const KernelCall *call, StrBuf *out)
{
	return timestamp_format(format, *(const int64_t *)p, out, call->err);
}

static bool
format_timestamptz(const DateTimeFormat *format, const void *p, const KernelCall *call, StrBuf *out)
{
	return timestamptz_format(format, *(const int64_t *)p, kernel_zone(call), out, call->err);
}

static bool
format_interval(const DateTimeFormat *format, const void *p, const KernelCall *call, StrBuf *out)
{
	return interval_format(format, *(const Interval *)p, out, call->err);
}

void
kernel_timestamp_to_char(const KernelCall *call)
{
	format_rows(call, sizeof(int64_t), is_infinite, format_timestamp);
}

void
kernel_timestamptz_to_char(const KernelCall *call)
{
	format_rows(call, sizeof(int64_t), is_infinite, format_timestamptz);
}

void
kernel_interval_to_char(const KernelCall *call)
{
	format_rows(call, sizeof(Interval), never, format_interval);
}
