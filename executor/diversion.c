/*
 * diversion.c: dead letters and late rows as JSON lines (format in diversion.h).
 */
#include "executor/diversion.h"

#include <openssl/sha.h>

#include "common/types/timestamp.h"

static void
write_name(StrBuf *out, const char *name)
{
	if (out->data[out->len - 1] != '{')
		str_append_char(out, ',');
	str_append_json_string(out, str_from_cstr(name));
	str_append_char(out, ':');
}

static void
write_text(StrBuf *out, const char *name, const char *text)
{
	if (text == NULL)
		return;
	write_name(out, name);
	str_append_json_string(out, str_from_cstr(text));
}

static void
write_integer(StrBuf *out, const char *name, int64_t value)
{
	write_name(out, name);
	str_appendf(out, "%" PRId64, value);
}

static void
write_moment(StrBuf *out, const char *name, int64_t micros)
{
	static const TypeContext utc = {0};

	if (micros == INT64_MIN)
		return;
	write_name(out, name);
	str_append_char(out, '"');
	timestamptz_class.print(&micros, &utc, out);
	str_append_char(out, '"');
}

static void
write_bytes(StrBuf *out, const char *name, const char *data, size_t len)
{
	if (data == NULL)
		return;
	write_name(out, name);
	str_append_char(out, '"');
	str_append_base64(out, data, len);
	str_append_char(out, '"');
}

static void
write_cut_note(StrBuf *out, const Message *m)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)m->value, m->value_len, digest);
	write_integer(out, "value_length", (int64_t)m->value_len);
	write_name(out, "value_sha256");
	str_append_char(out, '"');
	str_append_hex(out, digest, sizeof digest);
	str_append_char(out, '"');
}

static void
write_message(StrBuf *out, const Diversion *d)
{
	const Message *m = d->message;

	if (m == NULL)
		return;
	write_integer(out, "partition", d->partition);
	write_integer(out, "offset", m->offset);
	write_moment(out, "timestamp", m->timestamp);
	write_bytes(out, "key", m->key, Min(m->key_len, (size_t)DIVERSION_VALUE_LIMIT));
	write_bytes(out, "value", m->value, Min(m->value_len, (size_t)DIVERSION_VALUE_LIMIT));
	if (m->value != NULL && m->value_len > DIVERSION_VALUE_LIMIT)
		write_cut_note(out, m);
}

/* What the stream reads: its topic or file, else its own name. */
static const char *
topic_name(const StreamDef *stream)
{
	const char *topic = options_text(&stream->options, "topic");

	if (topic == NULL)
		topic = options_text(&stream->options, "path");
	return topic ? topic : stream->name;
}

void
diversion_write(const JobPlan *plan, OutputKind kind, const Diversion *d, StrBuf *out)
{
	str_append_char(out, '{');
	if (d->scan >= 0)
	{
		write_text(out, "stream", plan->scans[d->scan]->stream->name);
		write_text(out, "topic", topic_name(plan->scans[d->scan]->stream));
	}
	if (d->sink >= 0)
		write_text(out, "sink", plan->sinks[d->sink]->name);
	if (kind == OUTPUT_DEAD)
	{
		write_text(out, "field", d->field);
		write_text(out, "sqlstate", sqlstate_code(d->state));
		write_text(out, "reason", d->reason);
	}
	write_moment(out, "window_start", d->window_start);
	write_moment(out, "window_end", d->window_end);
	if (d->group != NULL)
	{
		write_name(out, "group");
		str_append_cstr(out, d->group);
	}
	write_message(out, d);
	str_append_cstr(out, "}\n");
}
