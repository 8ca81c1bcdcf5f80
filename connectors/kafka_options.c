/*
 * kafka_options.c: the options of Kafka streams (contract in kafka_options.h).
 */
#include "connectors/kafka_options.h"

#include "common/suggest.h"
#include "common/types/calendar.h"
#include "common/types/timestamp.h"
#include "connectors/embedded_broker.h"
#include "connectors/secret.h"

#define KAFKA_SECRET(property, what)                                                                     \
	{                                                                                                    \
		.name = "kafka." property, .type = OPTION_SECRET, .help = what ", as 'env:NAME' or 'file:/path'" \
	}

#define START_OPTION                                                                                        \
	{                                                                                                       \
		.name = "start", .type = OPTION_TEXT, .default_text = "earliest",                                   \
		.help = "where a new job begins: earliest, latest, a timestamp, or offsets such as '0:1200,1:1180'" \
	}

#define TOPIC_OPTION                                                                        \
	{                                                                                       \
		.name = "topic", .type = OPTION_TEXT, .required = true, .help = "name of the topic" \
	}

const OptionInfo kafka_options[] = {
	{.name = "brokers",
	 .type = OPTION_TEXT,
	 .required = true,
	 .help = "bootstrap brokers: host:port, host:port"},
	TOPIC_OPTION,
	{.name = "partitions",
	 .type = OPTION_INTEGER,
	 .minimum = 1,
	 .maximum = 100000,
	 .help = "number of partitions when Weir creates the topic; unset: the broker's default"},
	START_OPTION,
	{.name = "group",
	 .type = OPTION_TEXT,
	 .help = "consumer group that committed offsets are reported to, for lag tools; never read"},
	{.name = "isolation",
	 .type = OPTION_ENUM,
	 .default_text = "read_committed",
	 .choices = "read_committed|read_uncommitted",
	 .help = "whether messages of open and aborted transactions are read"},
	KAFKA_SECRET("sasl.password", "SASL password"),
	KAFKA_SECRET("sasl.oauthbearer.client.secret", "OAuth client secret"),
	KAFKA_SECRET("ssl.key.password", "password of the client's private key"),
	KAFKA_SECRET("ssl.key.pem", "the client's private key"),
	KAFKA_SECRET("ssl.keystore.password", "password of the client's key store"),
	{.name = "kafka.*", .type = OPTION_TEXT, .help = "any property of librdkafka"},
};
const size_t kafka_option_count = lengthof(kafka_options);

const OptionInfo embedded_options[] = {
	TOPIC_OPTION,
	{.name = "partitions",
	 .type = OPTION_INTEGER,
	 .default_text = "4",
	 .minimum = 1,
	 .maximum = 1000,
	 .help = "number of partitions of the topic"},
	START_OPTION,
};
const size_t embedded_option_count = lengthof(embedded_options);

/* Properties that Weir sets itself, and what to use instead. */
static const KafkaProperty managed[] = {
	{"bootstrap.servers", "Use the option \"brokers\"."},
	{"metadata.broker.list", "Use the option \"brokers\"."},
	{"group.id", "Use the option \"group\"."},
	{"isolation.level", "Use the option \"isolation\"."},
	{"auto.offset.reset", "Use the option \"start\"."},
	{"enable.auto.commit", "Offsets are kept in the job's state."},
	{"auto.commit.enable", "Offsets are kept in the job's state."},
	{"enable.auto.offset.store", "Offsets are kept in the job's state."},
	{"group.instance.id", "Weir is no member of a consumer group."},
	{"allow.auto.create.topics", "INSERT creates a topic that is not there; reading never does."},
	{"enable.partition.eof", "Weir finds the end of a partition by it."},
	{"enable.idempotence", "The producer is always idempotent."},
	{"transactional.id", "The producer does not use transactions."},
	{"acks", "The producer always waits for all replicas."},
	{"request.required.acks", "The producer always waits for all replicas."},
	{"plugin.library.paths", "Plug-ins are not loaded."},
	{"ssl.engine.location", "Plug-ins are not loaded."},
	{"test.mock.num.brokers", "Use connector = 'embedded'."},
};

/* The librdkafka property of an option, or NULL. */
static const char *
property_of(const Option *option)
{
	return option->given && strncmp(option->name, "kafka.", 6) == 0 ? option->name + 6 : NULL;
}

/* ---- start ---- */

/* "<partition>:<offset>" up to a comma or the end. */
static bool
parse_pair(const char **p, int32_t *partition, int64_t *offset)
{
	char *end;
	long number;

	while (**p == ' ')
		++*p;
	if (**p < '0' || **p > '9')
		return false;
	number = strtol(*p, &end, 10);
	if (*end != ':' || end[1] < '0' || end[1] > '9' || number > INT32_MAX || end - *p > 10)
		return false;
	*partition = (int32_t)number;
	*p = end + 1;
	*offset = strtoll(*p, &end, 10);
	if (end - *p > 18)
		return false;
	while (*end == ' ')
		end++;
	if (*end != ',' && *end != '\0')
		return false;
	*p = *end == ',' ? end + 1 : end;
	return *end == '\0' || **p != '\0';
}

/* Whether the text is a list of offsets rather than a timestamp: nothing but digits, ':', ',' and blanks. */
static bool
is_offsets(const char *text)
{
	return strchr(text, ':') != NULL && text[strspn(text, "0123456789:, ")] == '\0';
}

static bool
parse_offsets(const char *text, KafkaStart *out, Arena *arena, Error *err)
{
	size_t most = 1;
	const char *p = text;

	for (const char *q = text; *q != '\0'; q++)
		most += *q == ',';
	out->kind = KAFKA_START_OFFSETS;
	out->partitions = ARENA_ARRAY(arena, int32_t, most);
	out->offsets = ARENA_ARRAY(arena, int64_t, most);
	while (*p != '\0')
	{
		if (!parse_pair(&p, &out->partitions[out->count], &out->offsets[out->count]))
			return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, out->position,
							 "invalid value for option \"start\": \"%s\"", text) ||
				   error_hint(err, "Write partition:offset pairs, such as '0:1200,1:1180'.");
		for (size_t i = 0; i < out->count; i++)
		{
			if (out->partitions[i] == out->partitions[out->count])
				return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, out->position,
								 "option \"start\" names partition %d twice", out->partitions[i]);
		}
		out->count++;
	}
	return true;
}

static bool
parse_time(const char *text, KafkaStart *out, Arena *arena, Error *err)
{
	TypeContext context = {0};
	Error ignored = {0};

	out->kind = KAFKA_START_TIME;
	if (timestamptz_class.parse(str_from_cstr(text), &context, arena, &out->time, &ignored) &&
		timestamp_is_finite(out->time))
		return true;
	error_clear(&ignored);
	return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, out->position,
					 "invalid value for option \"start\": \"%s\"", text) ||
		   error_hint(err,
					  "Available values: earliest, latest, a timestamp, offsets such as '0:1200,1:1180'.");
}

bool
kafka_start_parse(const StreamDef *stream, KafkaStart *out, Arena *arena, Error *err)
{
	const Option *option = options_find(&stream->options, "start");
	const char *text = option != NULL ? option->text : "earliest";

	*out = (KafkaStart){.kind = KAFKA_START_EARLIEST,
						.position = option != NULL ? option->position : NO_POSITION};
	if (strcmp(text, "earliest") == 0)
		return true;
	out->kind = KAFKA_START_LATEST;
	if (strcmp(text, "latest") == 0)
		return true;
	return is_offsets(text) ? parse_offsets(text, out, arena, err) : parse_time(text, out, arena, err);
}

/* ---- properties ---- */

static bool
unknown_property(const Option *option, const char *property, Error *err)
{
	Suggestion near = suggest_begin(str_from_cstr(property));
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	size_t count;
	const char **dump = rd_kafka_conf_dump(conf, &count);

	(void)error_set(err, SQLSTATE_FDW_INVALID_OPTION_NAME, option->position,
					"invalid option \"%s\": librdkafka %s has no such property", option->name,
					rd_kafka_version_str());
	for (size_t i = 0; i + 1 < count; i += 2)
		suggest_offer(&near, dump[i]);
	if (near.best != NULL)
		error_hint(err, "Perhaps you meant the option \"kafka.%s\".", near.best);
	rd_kafka_conf_dump_free(dump, count);
	rd_kafka_conf_destroy(conf);
	return false;
}

static bool
check_property(rd_kafka_conf_t *scratch, const Option *option, const char *property, Error *err)
{
	char reason[512];

	for (size_t i = 0; i < lengthof(managed); i++)
	{
		if (strcmp(managed[i].name, property) == 0)
			return error_set(err, SQLSTATE_FDW_INVALID_OPTION_NAME, option->position,
							 "option \"%s\" can't be set", option->name) ||
				   error_hint(err, "%s", managed[i].value);
	}
	if (option->info->type == OPTION_SECRET)
		return true;
	switch (rd_kafka_conf_set(scratch, property, option->text, reason, sizeof reason))
	{
		case RD_KAFKA_CONF_OK: return true;
		case RD_KAFKA_CONF_UNKNOWN: return unknown_property(option, property, err);
		default: return option_invalid_value(option, NULL, err) || error_detail(err, "%s", reason);
	}
}

bool
kafka_options_check(const StreamDef *stream, Error *err)
{
	rd_kafka_conf_t *scratch = rd_kafka_conf_new();
	KafkaStart start;
	Arena arena;
	bool ok;

	arena_init(&arena, "kafka options");
	ok = kafka_start_parse(stream, &start, &arena, err);
	for (size_t i = 0; ok && i < stream->options.count; i++)
	{
		const Option *option = &stream->options.items[i];

		if (property_of(option) != NULL)
			ok = check_property(scratch, option, property_of(option), err);
	}
	arena_release(&arena);
	rd_kafka_conf_destroy(scratch);
	return ok;
}

/* ---- the configuration ---- */

static bool
set_property(rd_kafka_conf_t *conf, const char *name, const char *value, bool optional, Error *err)
{
	char reason[512];
	rd_kafka_conf_res_t rc = rd_kafka_conf_set(conf, name, value, reason, sizeof reason);

	if (rc == RD_KAFKA_CONF_OK || (rc == RD_KAFKA_CONF_UNKNOWN && optional))
		return true;
	return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
					 "could not set Kafka property \"%s\"", name) ||
		   error_detail(err, "%s", reason);
}

static bool
set_secret(rd_kafka_conf_t *conf, const Option *option, Error *err)
{
	char reason[512];
	StrBuf value = {0};
	bool ok = secret_read(option, &value, err);

	/* librdkafka's reason could repeat the value, so it is not shown. */
	if (ok && rd_kafka_conf_set(conf, property_of(option), str_cstr(&value), reason, sizeof reason) !=
				  RD_KAFKA_CONF_OK)
		ok = error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, option->position,
					   "invalid value for option \"%s\"", option->name);
	explicit_bzero(reason, sizeof reason);
	if (value.data != NULL)
		explicit_bzero(value.data, value.capacity);
	str_free(&value);
	return ok;
}

static bool
set_given(rd_kafka_conf_t *conf, const Options *options, Error *err)
{
	for (size_t i = 0; i < options->count; i++)
	{
		const Option *option = &options->items[i];
		const char *property = property_of(option);

		if (property == NULL)
			continue;
		if (option->info->type == OPTION_SECRET ? !set_secret(conf, option, err)
												: !set_property(conf, property, option->text, false, err))
			return false;
	}
	return true;
}

static bool
set_all(rd_kafka_conf_t *conf, const KafkaProperty *properties, size_t count, bool optional, Error *err)
{
	for (size_t i = 0; i < count; i++)
	{
		if (!set_property(conf, properties[i].name, properties[i].value, optional, err))
			return false;
	}
	return true;
}

static bool
set_brokers(rd_kafka_conf_t *conf, const StreamDef *stream, Error *err)
{
	StrBuf brokers = {0};
	bool ok = true;

	if (kafka_connector_of(stream)->embedded)
		ok = embedded_broker_prepare(stream, &brokers, err);
	else
		str_append_cstr(&brokers, options_text(&stream->options, "brokers"));
	ok = ok && set_property(conf, "bootstrap.servers", str_cstr(&brokers), false, err);
	str_free(&brokers);
	return ok;
}

bool
kafka_conf_create(const StreamDef *stream, const KafkaProperty *preferred, size_t preferred_count,
				  const KafkaProperty *required, size_t required_count, rd_kafka_conf_t **out, Error *err)
{
	static const KafkaProperty common[] = {
		{"client.id", "weir"},
		{"socket.keepalive.enable", "true"},
		{"reconnect.backoff.max.ms", "2000"},
	};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	if (!set_all(conf, common, lengthof(common), true, err) ||
		!set_all(conf, preferred, preferred_count, true, err) || !set_given(conf, &stream->options, err) ||
		!set_brokers(conf, stream, err) || !set_all(conf, required, required_count, false, err))
	{
		rd_kafka_conf_destroy(conf);
		return false;
	}
	*out = conf;
	return true;
}
