/*
 * Kafka source and producer, on the embedded broker: positions, ends, start options, produced messages,
 * options and errors. What only a real broker has (transactions, authentication, offsets by time) is tested
 * with one.
 */
#include "tests/unit/source_testing.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <unistd.h>

#include "connectors/embedded_broker.h"
#include "connectors/json_encoder.h"
#include "connectors/kafka_client.h"
#include "connectors/kafka_damage.h"
#include "connectors/kafka_options.h"
#include "connectors/kafka_producer.h"
#include "connectors/kafka_source.h"

static KafkaEnvironment environment;
static KafkaConnector kafka;
static KafkaConnector embedded;

static ColumnDef raw_columns[] = {
	{.name = "raw", .type = {TYPE_TEXT, NO_MODIFIER}},
	{.name = "k", .type = {TYPE_TEXT, NO_MODIFIER}, .origin = COLUMN_METADATA, .metadata = METADATA_KEY},
	{.name = "t",
	 .type = {TYPE_TIMESTAMPTZ, NO_MODIFIER},
	 .origin = COLUMN_METADATA,
	 .metadata = METADATA_TIMESTAMP},
};

static void
raw_stream(TestStream *s, const char *topic, const char *partitions, const char *start)
{
	test_stream(s, &embedded.class.info, "raw", "topic", topic, "partitions", partitions, "start", start,
				NULL);
	s->def.columns = raw_columns;
	s->def.column_count = lengthof(raw_columns);
}

/* Batches of texts, keys and times, sent in order. NULL texts are tombstones. */
typedef struct Row
{
	const char *value;
	const char *key;
	int64_t time; /* INT64_MIN: NULL */
} Row;

static void
set_text(Column *c, uint32_t row, const char *text)
{
	Datum d = {.type = TYPE_TEXT, .isnull = text == NULL};

	if (text != NULL)
		d.value.text = text_make(text, strlen(text));
	column_set(c, row, &d);
}

static Producer *
open_producer(const TestStream *s, int column_count)
{
	static const int columns[] = {0, 1, 2};
	ProducerOpen open = {.stream = &s->def, .columns = columns, .column_count = column_count};
	Producer *producer;
	Error err = {0};

	if (!producer_open(&open, &producer, &err))
		fail_msg("%s", err.message);
	return producer;
}

static void
produce(const TestStream *s, const Row *rows, uint32_t n)
{
	static const TypeId types[] = {TYPE_TEXT, TYPE_TEXT, TYPE_TIMESTAMPTZ};
	Producer *producer = open_producer(s, 3);
	uint64_t delivered;
	Batch batch;
	Arena arena;
	Error err = {0};

	arena_init(&arena, "rows");
	batch_init(&batch, types, 3, &arena);
	for (batch.n = 0; batch.n < n; batch.n++)
	{
		const Row *r = &rows[batch.n];
		Datum time = {.type = TYPE_TIMESTAMPTZ, .isnull = r->time == INT64_MIN, .value.i64 = r->time};

		set_text(&batch.columns[0], batch.n, r->value);
		set_text(&batch.columns[1], batch.n, r->key);
		column_set(&batch.columns[2], batch.n, &time);
	}
	assert_true(producer_send(producer, &batch, &err));
	if (!producer_finish(producer, &delivered, &err))
		fail_msg("%s", err.message);
	assert_int_equal(delivered, n);
	producer_close(producer);
	arena_release(&arena);
}

/* count rows "0", "1", … without keys. */
static void
produce_numbers(const TestStream *s, uint32_t count)
{
	Row *rows = mem_alloc_zero(count * sizeof *rows);
	char(*texts)[16] = mem_alloc(count * sizeof *texts);

	for (uint32_t i = 0; i < count; i++)
	{
		snprintf(texts[i], sizeof texts[i], "%u", i);
		rows[i] = (Row){.value = texts[i], .time = INT64_MIN};
	}
	for (uint32_t i = 0; i < count; i += BATCH_ROWS)
		produce(s, rows + i, Min(count - i, (uint32_t)BATCH_ROWS));
	mem_free(rows);
	mem_free(texts);
}

static void
test_read_back(void **state)
{
	TestStream s;
	Source *source;
	StrBuf got = {0};
	int32_t count;

	(void)state;
	raw_stream(&s, "numbers", "3", "earliest");
	produce_numbers(&s, 1000); /* in turn: 0, 3, 6 … are in partition 0 */
	source = open_source(&s);
	assert_true(source->class->partition_count(source, &count, NULL));
	assert_int_equal(count, 3);
	for (int32_t p = 0; p < 3; p++)
	{
		int64_t ends[] = {334, 333, 333};
		char expected[16];

		assert_int_equal(end_of(source, p), ends[p]);
		assign(source, p, 0);
		str_clear(&got);
		assert_int_equal(read_partition(source, p, 100, &got), ends[p]);
		snprintf(expected, sizeof expected, "0:%d\n1:%d\n", p, p + 3);
		assert_memory_equal(got.data, expected, strlen(expected));
		snprintf(expected, sizeof expected, "\n332:%d\n", p + 996);
		assert_non_null(strstr(got.data, expected));
	}
	source->class->close(source);
	/* from the middle, and more that comes while it is read */
	source = open_source(&s);
	assign(source, 0, 330);
	str_clear(&got);
	assert_int_equal(read_partition(source, 0, 2, &got), 334);
	assert_string_equal(str_cstr(&got), "330:990\n331:993\n332:996\n333:999\n");
	produce_numbers(&s, 3);
	str_clear(&got);
	for (int i = 0; i < 500 && got.len == 0; i++)
	{
		source->class->wait(source, 10);
		(void)read_partition(source, 0, 2, &got);
	}
	assert_string_equal(str_cstr(&got), "334:0\n");
	source->class->close(source);
	str_free(&got);
}

/* Two partitions are read in turn; their messages stay valid until they are released. */
static void
test_independent_partitions(void **state)
{
	TestStream s;
	Source *source;
	MessageBatch held[2] = {{0}, {0}};
	StrBuf rest = {0};
	Error err = {0};

	(void)state;
	raw_stream(&s, "independent", "2", "earliest");
	produce_numbers(&s, 400);
	source = open_source(&s);
	for (int32_t p = 0; p < 2; p++)
	{
		assign(source, p, 0);
		for (int i = 0; i < 500 && held[p].n == 0; i++)
		{
			source->class->wait(source, 10);
			(void)source->class->poll(source, p, 50, &held[p], &err);
		}
		assert_int_equal(held[p].n, 50);
	}
	for (int32_t p = 0; p < 2; p++)
	{
		assert_int_equal(read_partition(source, p, 64, &rest), 200);
		for (uint32_t i = 0; i < 50; i++)
		{
			assert_int_equal(held[p].messages[i].offset, i);
			assert_int_equal(strtol(held[p].messages[i].value, NULL, 10) % 200, (2 * (long)i + p) % 200);
		}
		source->class->release(source, p, &held[p]);
	}
	source->class->close(source);
	str_free(&rest);
}

static void
test_message_parts(void **state)
{
	static const Row rows[] = {
		{"v1", "k1", 0},
		{NULL, "k1", 1000},
		{"", NULL, INT64_MIN},
		{"v4", "", -1},
	};
	TestStream s;
	Source *source;
	MessageBatch batch = {0};
	Error err = {0};
	int64_t now = clock_now(&system_clock);

	(void)state;
	raw_stream(&s, "parts", "1", "earliest");
	produce(&s, rows, lengthof(rows));
	source = open_source(&s);
	assign(source, 0, 0);
	for (int i = 0; i < 500 && batch.n == 0; i++)
	{
		source->class->wait(source, 10);
		(void)source->class->poll(source, 0, 50, &batch, &err);
	}
	assert_int_equal(batch.n, 4);
	assert_memory_equal(batch.messages[0].key, "k1", 2);
	assert_int_equal(batch.messages[0].timestamp, 0); /* 2000-01-01 */
	assert_null(batch.messages[1].value);
	assert_int_equal(batch.messages[1].timestamp, 1000);
	assert_non_null(batch.messages[2].value);
	assert_int_equal(batch.messages[2].value_len, 0);
	assert_null(batch.messages[2].key);
	assert_in_range(batch.messages[2].timestamp, now - 5000000, now + 5000000);
	assert_non_null(batch.messages[3].key);
	assert_int_equal(batch.messages[3].key_len, 0);
	assert_int_equal(batch.messages[3].timestamp, -1000); /* whole milliseconds, rounded down */
	source->class->release(source, 0, &batch);
	source->class->close(source);
}

/* Messages carry milliseconds since 1970, of which 0 means "now"; what does not fit is refused, or is no
 * time. */
static void
test_times(void **state)
{
	static const TypeId types[] = {TYPE_TEXT, TYPE_TEXT, TYPE_TIMESTAMPTZ};
	static const char *const bad[] = {"infinity", "-infinity", "1970-01-01 00:00:00.000999+00",
									  "0044-03-15 00:00:00+00 BC"};
	TestStream s;
	Batch batch;
	Arena arena;
	Datum time = {.type = TYPE_TIMESTAMPTZ};
	char message[100];
	Error err = {0};

	(void)state;
	assert_int_equal(kafka_time_to_weir(946684800001), 1000);
	assert_int_equal(kafka_time_to_weir(INT64_MAX), INT64_MIN);
	assert_int_equal(kafka_time_to_weir(INT64_MIN), INT64_MIN);
	assert_int_equal(kafka_time_from_weir(INT64_C(9223371331199999999)), INT64_C(9224318015999999));
	raw_stream(&s, "times", "1", "earliest");
	arena_init(&arena, "rows");
	batch_init(&batch, types, 3, &arena);
	batch.n = 1;
	set_text(&batch.columns[0], 0, "v");
	set_text(&batch.columns[1], 0, NULL);
	for (size_t i = 0; i < lengthof(bad); i++)
	{
		Producer *producer = open_producer(&s, 3);

		assert_true(type_class(TYPE_TIMESTAMPTZ)
						->parse(str_from_cstr(bad[i]), &(TypeContext){0}, &arena, &time.value, &err));
		column_set(&batch.columns[2], 0, &time);
		assert_false(producer_send(producer, &batch, &err));
		snprintf(message, sizeof message, "timestamp \"%s\" can't be that of a Kafka message", bad[i]);
		expect_error(&err, SQLSTATE_DATETIME_FIELD_OVERFLOW, message);
		producer_close(producer);
	}
	arena_release(&arena);
}

static void
expect_starts(const char *topic, const char *start, int64_t first, int64_t second)
{
	TestStream s;
	Source *source;
	int64_t offset;
	Error err = {0};

	raw_stream(&s, topic, "2", start);
	source = open_source(&s);
	assert_true(source->class->start_offset(source, 0, &offset, &err));
	assert_int_equal(offset, first);
	assert_true(source->class->start_offset(source, 1, &offset, &err));
	assert_int_equal(offset, second);
	source->class->close(source);
}

static void
test_start(void **state)
{
	TestStream s;
	Source *source;
	int64_t offset;
	Error err = {0};

	(void)state;
	raw_stream(&s, "starts", "2", "earliest");
	produce_numbers(&s, 9);
	expect_starts("starts", "earliest", 0, 0);
	expect_starts("starts", "latest", 5, 4);
	expect_starts("starts", "0:2,1:4", 2, 4);
	expect_starts("starts", "1:0, 0:5", 5, 0);
	raw_stream(&s, "starts", "2", "0:1");
	err = open_failure(&s);
	expect_error(&err, SQLSTATE_INVALID_PARAMETER_VALUE,
				 "option \"start\" names 1 of the 2 partitions of topic \"starts\"");
	raw_stream(&s, "starts", "2", "0:1,2:1");
	err = open_failure(&s);
	expect_error(&err, SQLSTATE_INVALID_PARAMETER_VALUE,
				 "option \"start\" names partition 2, but topic \"starts\" has 2 partitions");
	raw_stream(&s, "starts", "2", "0:6,1:0");
	source = open_source(&s);
	assert_false(source->class->start_offset(source, 0, &offset, &err));
	assert_string_equal(err.detail, "The partition has offsets 0 to 5.");
	expect_error(&err, SQLSTATE_DATA_GAP, "offset 6 of partition 0 is not in topic \"starts\"");
	source->class->close(source);
}

/* A position beyond the end (the topic was made anew) is an error that names the numbers, not a jump. */
static void
test_gap(void **state)
{
	TestStream s;
	Source *source;
	MessageBatch batch;
	Error err = {0};
	PollStatus status = POLL_EMPTY;

	(void)state;
	raw_stream(&s, "gap", "1", "earliest");
	produce_numbers(&s, 5);
	source = open_source(&s);
	assign(source, 0, 100);
	for (int i = 0; i < 500 && status == POLL_EMPTY; i++)
	{
		source->class->wait(source, 10);
		status = source->class->poll(source, 0, 10, &batch, &err);
	}
	assert_int_equal(status, POLL_FAILED);
	assert_string_equal(err.detail, "The partition has offsets 0 to 5.");
	expect_error(&err, SQLSTATE_DATA_GAP, "offset 100 of partition 0 is not in topic \"gap\" any more");
	source->class->close(source);
}

static void
test_options(void **state)
{
	static const struct
	{
		const char *name;
		const char *value;
		SqlStateName state;
		const char *message;
		const char *hint;
	} cases[] = {
		{"kafka.fetch.wait.max.msx", "5", SQLSTATE_FDW_INVALID_OPTION_NAME, NULL,
		 "Perhaps you meant the option \"kafka.fetch.wait.max.ms\"."},
		{"kafka.group.id", "g", SQLSTATE_FDW_INVALID_OPTION_NAME, "option \"kafka.group.id\" can't be set",
		 "Use the option \"group\"."},
		{"kafka.enable.auto.commit", "true", SQLSTATE_FDW_INVALID_OPTION_NAME,
		 "option \"kafka.enable.auto.commit\" can't be set", "Offsets are kept in the job's state."},
		{"kafka.allow.auto.create.topics", "true", SQLSTATE_FDW_INVALID_OPTION_NAME,
		 "option \"kafka.allow.auto.create.topics\" can't be set",
		 "INSERT creates a topic that is not there; reading never does."},
		{"kafka.security.protocol", "telnet", SQLSTATE_INVALID_PARAMETER_VALUE,
		 "invalid value for option \"kafka.security.protocol\": \"telnet\"", NULL},
		{"start", "sometime", SQLSTATE_INVALID_PARAMETER_VALUE,
		 "invalid value for option \"start\": \"sometime\"",
		 "Available values: earliest, latest, a timestamp, offsets such as '0:1200,1:1180'."},
		{"start", "0:1,", SQLSTATE_INVALID_PARAMETER_VALUE, "invalid value for option \"start\": \"0:1,\"",
		 "Write partition:offset pairs, such as '0:1200,1:1180'."},
		{"start", "0:1,0:2", SQLSTATE_INVALID_PARAMETER_VALUE, "option \"start\" names partition 0 twice",
		 NULL},
	};
	TestStream s;
	Error err = {0};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++)
	{
		test_stream(&s, &kafka.class.info, "json", "brokers", "x:1", "topic", "t", cases[i].name,
					cases[i].value, NULL);
		err = check_failure(&s);
		assert_int_equal(err.state, cases[i].state);
		assert_int_equal(err.position, 10);
		if (cases[i].hint != NULL)
			assert_string_equal(err.hint, cases[i].hint);
		if (cases[i].message != NULL)
			assert_string_equal(err.message, cases[i].message);
		error_clear(&err);
	}
	test_stream(&s, &kafka.class.info, "json", "brokers", "x:1", "topic", "t", "kafka.fetch.wait.max.ms", "5",
				"kafka.sasl.password", "env:NOT_LOOKED_AT_NOW", "start", "2026-11-22 10:00", NULL);
	assert_true(s.def.source->check_stream(&s.def, &err));
}

/* A secret is read when the client is made; its value is in no message. */
static void
test_secrets(void **state)
{
	rd_kafka_conf_t *conf;
	TestStream s;
	char value[64];
	size_t size = sizeof value;
	Error err = {0};

	(void)state;
	test_stream(&s, &kafka.class.info, "json", "brokers", "x:1", "topic", "t", "kafka.sasl.password",
				"env:WEIR_TEST_PASSWORD", NULL);
	unsetenv("WEIR_TEST_PASSWORD");
	assert_false(kafka_conf_create(&s.def, NULL, 0, NULL, 0, &conf, &err));
	expect_error(&err, SQLSTATE_UNDEFINED_OBJECT,
				 "environment variable \"WEIR_TEST_PASSWORD\" of option \"kafka.sasl.password\" is not set");
	setenv("WEIR_TEST_PASSWORD", "opensesame", 1);
	assert_true(kafka_conf_create(&s.def, NULL, 0, NULL, 0, &conf, &err));
	assert_int_equal(rd_kafka_conf_get(conf, "sasl.password", value, &size), RD_KAFKA_CONF_OK);
	assert_string_equal(value, "opensesame");
	rd_kafka_conf_destroy(conf);
}

static void
test_connection_errors(void **state)
{
	TestStream s;
	atomic_bool stop = true;
	SourceOpen open = {.stream = &s.def, .clock = &system_clock, .queue_bytes = 1 << 20, .stop = &stop};
	Source *source;
	Error err;

	(void)state;
	/* nobody listens there; asked to stop, it does not wait */
	test_stream(&s, &kafka.class.info, "json", "brokers", "127.0.0.1:1", "topic", "t", NULL);
	err = (Error){0};
	assert_false(kafka.class.open(&open, &source, &err));
	assert_int_equal(err.state, SQLSTATE_QUERY_CANCELED);
	error_clear(&err);
	err = open_failure(&s);
	assert_int_equal(err.state, SQLSTATE_CONNECTION_FAILURE);
	assert_true(err.retriable);
	assert_string_equal(err.message, "could not connect to Kafka (Kafka brokers: 127.0.0.1:1)");
	assert_non_null(strstr(err.detail, "Connection refused"));
	error_clear(&err);
}

/* A client that broke for good is replaced; reading goes on, and what was handed out stays valid. */
static void
test_broken_client(void **state)
{
	TestStream s;
	Source *source;
	MessageBatch held = {0};
	StrBuf rest = {0};
	const char *brokers;
	Error err = {0};

	(void)state;
	raw_stream(&s, "broken", "2", "earliest");
	produce_numbers(&s, 400);
	source = open_source(&s);
	for (int32_t p = 0; p < 2; p++)
		assign(source, p, 0);
	for (int i = 0; i < 500 && held.n == 0; i++)
	{
		source->class->wait(source, 10);
		(void)source->class->poll(source, 0, 50, &held, &err);
	}
	assert_int_equal(held.n, 50);
	sleep(1); /* connections are not made anew all the time */
	for (int round = 0; round < 2; round++)
	{
		KafkaClient *broken = kafka_source_client(source);

		brokers = broken->brokers;
		assert_int_equal(
			rd_kafka_test_fatal_error(broken->rk, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, "made up"), 0);
		for (int i = 0; i < 500 && kafka_source_client(source) == broken; i++)
			source->class->wait(source, 10);
		assert_ptr_not_equal(kafka_source_client(source), broken);
		assert_string_equal(kafka_source_client(source)->brokers, brokers);
		str_clear(&rest);
		assert_int_equal(read_partition(source, round, 64, &rest), 200);
		assert_memory_equal(str_cstr(&rest), round == 0 ? "50:100\n" : "0:1\n", round == 0 ? 7 : 4);
	}
	for (uint32_t i = 0; i < 50; i++)
		assert_int_equal(strtol(held.messages[i].value, NULL, 10), 2 * i);
	source->class->release(source, 0, &held);
	source->class->commit_hint(source, (const int64_t[]){1, 1}, 2);
	source->class->close(source);
	str_free(&rest);
}

/* The end of a damage of any length is found, in few reads, wherever reading began and whether or not the end
 * of the partition is known. */
static void
test_damage(void **state)
{
	(void)state;
	for (int64_t length = 1; length < 3000; length += length / 7 + 1)
		for (int64_t into = 0; into < length; into += length / 3 + 1)
			for (int64_t behind = -1; behind < 20; behind += 7) /* -1: unknown */
			{
				int64_t base = 1000, end = base + length;
				int64_t high = behind < 0 ? -1 : end + behind;
				KafkaDamage d = {0};
				int reads = 1;

				kafka_damage_begin(&d, base, base + into, high, "damaged");
				assert_int_equal(d.first, base + into);
				while (!kafka_damage_met(&d, d.probe < end, high))
				{
					assert_true(high < 0 || d.probe <= high);
					reads++;
				}
				assert_int_equal(d.beyond, end);
				assert_true(reads <= 30);
				assert_string_equal(d.reason, "damaged");
				kafka_damage_end(&d);
			}
}

/* What the group has for a partition of the topic; -1001 (RD_KAFKA_OFFSET_INVALID): nothing. */
static int64_t
committed(const char *brokers, const char *topic, int32_t partition)
{
	char reason[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_t *rk;
	int64_t offset;

	(void)rd_kafka_conf_set(conf, "bootstrap.servers", brokers, reason, sizeof reason);
	(void)rd_kafka_conf_set(conf, "group.id", "lag", reason, sizeof reason);
	rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
	rd_kafka_topic_partition_list_add(list, topic, partition);
	assert_int_equal(rd_kafka_committed(rk, list, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
	offset = list->elems[0].offset;
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(rk);
	return offset;
}

/* Lag tools see the newest offsets, through a group that nobody is a member of. */
static void
test_commit_hint(void **state)
{
	TestStream numbers, s;
	StrBuf brokers = {0};
	Source *source;
	Error err = {0};

	(void)state;
	raw_stream(&numbers, "lagging", "3", "earliest");
	produce_numbers(&numbers, 9);
	assert_true(embedded_broker_prepare(&numbers.def, &brokers, &err));
	test_stream(&s, &kafka.class.info, "json", "brokers", str_cstr(&brokers), "topic", "lagging", "group",
				"lag", NULL);
	source = open_source(&s);
	source->class->commit_hint(source, (const int64_t[]){1, -1, 1}, 3);
	source->class->commit_hint(source, (const int64_t[]){2, -1, 1}, 3);
	source->class->commit_hint(source, (const int64_t[]){3, -1, 2}, 3);
	source->class->close(source);
	assert_int_equal(committed(str_cstr(&brokers), "lagging", 0), 3);
	assert_int_equal(committed(str_cstr(&brokers), "lagging", 1), RD_KAFKA_OFFSET_INVALID);
	assert_int_equal(committed(str_cstr(&brokers), "lagging", 2), 2);
	str_free(&brokers);
}

static void
test_embedded_topics(void **state)
{
	TestStream s;
	Error err;

	(void)state;
	raw_stream(&s, "twice", "2", "earliest");
	produce_numbers(&s, 2);
	raw_stream(&s, "twice", "3", "earliest");
	err = open_failure(&s);
	expect_error(&err, SQLSTATE_INVALID_TABLE_DEFINITION,
				 "topic \"twice\" of the embedded broker has 2 partitions already");
}

/* The embedded broker forgets what exceeds its bound; the producer must not call that a success. */
static void
test_embedded_overflow(void **state)
{
	static const TypeId types[] = {TYPE_TEXT};
	TestStream s;
	Producer *producer;
	uint64_t delivered;
	char *big = mem_alloc(10000);
	Batch batch;
	Arena arena;
	Error err = {0};

	(void)state;
	raw_stream(&s, "overflow", "1", "earliest");
	arena_init(&arena, "rows");
	batch_init(&batch, types, 1, &arena);
	memset(big, 'x', 9999);
	big[9999] = '\0';
	for (batch.n = 0; batch.n < 1000; batch.n++)
		set_text(&batch.columns[0], batch.n, big);
	producer = open_producer(&s, 1);
	assert_true(producer_send(producer, &batch, &err));
	assert_false(producer_finish(producer, &delivered, &err));
	assert_int_equal(delivered, 1000);
	assert_int_equal(err.state, SQLSTATE_CONFIGURATION_LIMIT_EXCEEDED);
	error_clear(&err);
	producer_close(producer);
	arena_release(&arena);
	mem_free(big);
}

static void
test_not_writable(void **state)
{
	static const ConnectorInfo file = {.name = "file"};
	StreamDef stream = {.name = "f", .source = &file};
	ProducerOpen open = {.stream = &stream};
	Producer *producer;
	Error err = {0};

	(void)state;
	assert_false(producer_open(&open, &producer, &err));
	expect_error(&err, SQLSTATE_FEATURE_NOT_SUPPORTED, "cannot insert into \"f\"");
}

/* ---- JSON objects; expected texts are to_json()'s of PostgreSQL 15, TimeZone UTC ---- */

static void
expect_json(TypeId type, const char *text, TimestampFormat format, const char *expected)
{
	TypeContext context = {0};
	StrBuf out = {0};
	Value value;
	Arena arena;
	Error err = {0};

	arena_init(&arena, "value");
	if (!type_class(type)->parse(str_from_cstr(text), &context, &arena, &value, &err))
		fail_msg("%s", err.message);
	json_encode_value(type, &value, format, &out);
	assert_string_equal(str_cstr(&out), expected);
	str_free(&out);
	arena_release(&arena);
}

static void
test_json_values(void **state)
{
	(void)state;
	expect_json(TYPE_BOOLEAN, "t", 0, "true");
	expect_json(TYPE_INTEGER, "-5", 0, "-5");
	expect_json(TYPE_NUMERIC, "1.50", 0, "1.50");
	expect_json(TYPE_NUMERIC, "NaN", 0, "\"NaN\"");
	expect_json(TYPE_DOUBLE, "0.1", 0, "0.1");
	expect_json(TYPE_DOUBLE, "-Infinity", 0, "\"-Infinity\"");
	expect_json(TYPE_TEXT, "a\"b\\\n\xc3\xa9", 0, "\"a\\\"b\\\\\\n\xc3\xa9\"");
	expect_json(TYPE_DATE, "2026-11-22", 0, "\"2026-11-22\"");
	expect_json(TYPE_TIMESTAMP, "2026-11-22 10:00:00.5", 0, "\"2026-11-22T10:00:00.5\"");
	expect_json(TYPE_TIMESTAMPTZ, "2026-11-22 10:00:00.5+01", 0, "\"2026-11-22T09:00:00.5+00:00\"");
	expect_json(TYPE_TIMESTAMPTZ, "4000-01-01 BC", 0, "\"4000-01-01T00:00:00+00:00 BC\"");
	expect_json(TYPE_TIMESTAMPTZ, "infinity", 0, "\"infinity\"");
	expect_json(TYPE_TIMESTAMPTZ, "1970-01-01 00:00:01.5+00", TIMESTAMP_UNIX_S, "1.500000");
	expect_json(TYPE_TIMESTAMPTZ, "1969-12-31 23:59:59+00", TIMESTAMP_UNIX_MS, "-1000");
	expect_json(TYPE_TIMESTAMP, "1970-01-01 00:00:01", TIMESTAMP_UNIX_US, "1000000");
	expect_json(TYPE_INTERVAL, "1 day", 0, "\"1 day\"");
	expect_json(TYPE_UUID, "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", 0,
				"\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"");
	expect_json(TYPE_JSONB, "{\"b\":1, \"a\":2}", 0, "{\"a\": 2, \"b\": 1}");
}

static void
test_json_objects(void **state)
{
	static PathStep id[] = {{"id", 0}}, country[] = {{"geo", 0}, {"country", 0}},
					city[] = {{"geo", 0}, {"city", 0}}, geo[] = {{"geo", 0}},
					first[] = {{"list", 0}, {NULL, 0}};
	static const int order[] = {0, 1, 2};
	static const TypeId types[] = {TYPE_INTEGER, TYPE_TEXT, TYPE_TEXT};
	ColumnDef columns[] = {
		{.name = "country", .type = {TYPE_TEXT, NO_MODIFIER}, .path_length = 2, .path = country},
		{.name = "id", .type = {TYPE_INTEGER, NO_MODIFIER}, .path_length = 1, .path = id},
		{.name = "city", .type = {TYPE_TEXT, NO_MODIFIER}, .path_length = 2, .path = city},
	};
	StreamDef stream = {.name = "s", .columns = columns, .column_count = 3};
	static const int id_first[] = {1, 0, 2};
	JsonEncoder encoder;
	StrBuf out = {0};
	Batch batch;
	Arena arena;
	Error err = {0};

	(void)state;
	arena_init(&arena, "encoder");
	batch_init(&batch, types, 3, &arena);
	batch.n = 1;
	column_set(&batch.columns[0], 0, &(Datum){.type = TYPE_INTEGER, .value.i32 = 7});
	set_text(&batch.columns[1], 0, "DE");
	set_text(&batch.columns[2], 0, NULL);
	assert_true(json_encoder_init(&encoder, &stream, id_first, 3, &arena, &err));
	json_encoder_row(&encoder, &batch, 0, &out);
	assert_string_equal(str_cstr(&out), "{\"id\":7,\"geo\":{\"country\":\"DE\",\"city\":null}}");
	str_free(&out);
	columns[1].path = geo;
	columns[1].path_length = 1;
	assert_false(json_encoder_init(&encoder, &stream, order, 3, &arena, &err));
	expect_error(&err, SQLSTATE_FEATURE_NOT_SUPPORTED,
				 "column \"id\" can't be written: other columns are parts of it");
	assert_false(json_encoder_init(&encoder, &stream, id_first, 3, &arena, &err));
	expect_error(&err, SQLSTATE_FEATURE_NOT_SUPPORTED,
				 "column \"country\" can't be written: it is part of another column");
	columns[1].path = first;
	columns[1].path_length = 2;
	assert_false(json_encoder_init(&encoder, &stream, id_first, 3, &arena, &err));
	expect_error(&err, SQLSTATE_FEATURE_NOT_SUPPORTED,
				 "column \"id\" can't be written: it is an element of an array");
	arena_release(&arena);
}

static int
set_up(void **state)
{
	(void)state;
	kafka_environment_init(&environment, NULL);
	kafka_source_class(&kafka, &environment);
	embedded_source_class(&embedded, &environment);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	kafka_environment_release(&environment);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_values),
		cmocka_unit_test(test_json_objects),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_independent_partitions),
		cmocka_unit_test(test_message_parts),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_embedded_topics),
		cmocka_unit_test(test_embedded_overflow),
		cmocka_unit_test(test_not_writable),
		cmocka_unit_test(test_broken_client),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_commit_hint),
		cmocka_unit_test(test_connection_errors),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
