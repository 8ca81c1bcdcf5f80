/*
 * source_testing.h: what the tests of sources share: a stream with options, and reading a partition to its
 * end.
 */
#ifndef WEIR_TESTS_SOURCE_TESTING_H
#define WEIR_TESTS_SOURCE_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/memory.h"
#include "common/units.h"
#include "executor/source.h"

enum
{
	TESTING_OPTIONS = 40
};

/* A stream whose options are the class's defaults and what the test gives. */
typedef struct TestStream
{
	StreamDef def;
	ConnectorInfo format;
	Option options[TESTING_OPTIONS];
} TestStream;

static inline void
option_value(Option *option)
{
	StrView text = str_from_cstr(option->text);

	switch (option->info->type)
	{
		case OPTION_INTEGER: option->value.integer = strtoll(option->text, NULL, 10); break;
		case OPTION_DOUBLE: option->value.number = strtod(option->text, NULL); break;
		case OPTION_BOOLEAN: option->value.boolean = strcmp(option->text, "true") == 0; break;
		case OPTION_INTERVAL:
			assert_int_equal(units_parse_duration(text, &option->value.integer), UNITS_OK);
			break;
		case OPTION_SIZE: assert_int_equal(units_parse_size(text, &option->value.integer), UNITS_OK); break;
		default: break;
	}
}

/* Given options come as "name", "value", …, NULL. */
static inline void
test_stream(TestStream *s, const ConnectorInfo *source, const char *format, ...)
{
	va_list args;
	const char *name;

	*s = (TestStream){.format = {.name = format, .kind = CONNECTOR_FORMAT}};
	s->def = (StreamDef){.name = "clicks", .source = source, .format = &s->format, .time_column = -1};
	s->def.options.items = s->options;
	va_start(args, format);
	while ((name = va_arg(args, const char *)) != NULL)
	{
		Option *option = &s->options[s->def.options.count++];

		*option = (Option){.name = name, .text = va_arg(args, const char *), .given = true, .position = 10};
		for (size_t i = 0; i < source->option_count && option->info == NULL; i++)
		{
			const char *known = source->options[i].name;
			size_t len = strlen(known);

			if (strcmp(known, name) == 0 || (known[len - 1] == '*' && strncmp(known, name, len - 1) == 0))
				option->info = &source->options[i];
		}
		assert_non_null(option->info);
		option_value(option);
	}
	va_end(args);
	for (size_t i = 0; i < source->option_count; i++)
	{
		const OptionInfo *info = &source->options[i];

		if (info->default_text == NULL || options_find(&s->def.options, info->name) != NULL)
			continue;
		s->options[s->def.options.count] =
			(Option){.name = info->name, .info = info, .text = info->default_text};
		option_value(&s->options[s->def.options.count++]);
	}
}

static inline const SourceClass *
class_of(const TestStream *s)
{
	return (const SourceClass *)(const void *)s->def.source;
}

static inline Source *
open_source(const TestStream *s)
{
	SourceOpen open = {.stream = &s->def, .clock = &system_clock, .queue_bytes = 16 << 20};
	Source *source;
	Error err = {0};

	if (!class_of(s)->open(&open, &source, &err))
		fail_msg("%s (%s)", err.message, err.detail != NULL ? err.detail : "");
	return source;
}

/* The error of an open that must fail; to be cleared. */
static inline Error
open_failure(const TestStream *s)
{
	SourceOpen open = {.stream = &s->def, .clock = &system_clock, .queue_bytes = 16 << 20};
	Source *source;
	Error err = {0};

	assert_false(class_of(s)->open(&open, &source, &err));
	assert_true(err.set);
	return err;
}

/* The error of a check that must fail. */
static inline Error
check_failure(const TestStream *s)
{
	Error err = {0};

	assert_false(s->def.source->check_stream(&s->def, &err));
	assert_true(err.set);
	return err;
}

static inline void
expect_error(Error *err, SqlStateName state, const char *message)
{
	assert_string_equal(err->message, message);
	assert_string_equal(sqlstate_code(err->state), sqlstate_code(state));
	error_clear(err);
}

/* Appends "offset:value\n" of each message of an assigned partition, up to its end. */
static inline int64_t
read_partition(Source *source, int32_t partition, uint32_t max, StrBuf *out)
{
	int64_t next = -1;

	for (int idle = 0; idle < 2000;)
	{
		MessageBatch batch;
		Error err = {0};
		PollStatus status = source->class->poll(source, partition, max, &batch, &err);

		if (status == POLL_FAILED)
			fail_msg("%s", err.message);
		if (status == POLL_END)
			return batch.next_offset;
		for (uint32_t i = 0; i < batch.n; i++)
		{
			const Message *m = &batch.messages[i];

			str_appendf(out, "%" PRId64 ":%.*s\n", m->offset, (int)m->value_len,
						m->value != NULL ? m->value : "");
		}
		next = batch.next_offset;
		if (status == POLL_MESSAGES)
			source->class->release(source, partition, &batch);
		else if (source->class->wait != NULL)
		{
			source->class->wait(source, 10);
			idle++;
		}
	}
	fail_msg("no end of partition %d after offset %" PRId64, partition, next);
	return -1;
}

static inline void
assign(Source *source, int32_t partition, int64_t offset)
{
	Error err = {0};

	if (!source->class->assign(source, partition, offset, &err))
		fail_msg("%s", err.message);
}

static inline int64_t
end_of(Source *source, int32_t partition)
{
	int64_t low, end;
	Error err = {0};

	if (!source->class->bounds(source, partition, &low, &end, &err))
		fail_msg("%s", err.message);
	return end;
}

#endif
