/*
 * produce_events.c BROKERS TOPIC PARTITIONS COUNT: fills a topic with click events for benchmarks; with "-"
 * for BROKERS, TOPIC is a file that takes them as lines.
 *
 * Event n is a pure function of n: 1 ms of event time per event, up to 2 s of disorder, 1,000 campaigns,
 * three event types; about 200 bytes of JSON in constant key order, no compression. Partition = n mod
 * PARTITIONS.
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned long long
mix(unsigned long long x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static int
format_event(char *out, size_t size, long n)
{
	static const char *const types[] = {"view", "click", "purchase"};
	static const long base = 1795341600; /* 2026-11-22 10:00:00 UTC */
	unsigned long long r = mix((unsigned long long)n);
	long millis = n - (long)(r % 2000);
	time_t second;
	struct tm tm;
	char moment[32];

	if (millis < 0)
		millis = 0;
	second = base + millis / 1000;
	gmtime_r(&second, &tm);
	strftime(moment, sizeof moment, "%Y-%m-%dT%H:%M:%S", &tm);
	return snprintf(out, size,
					"{\"event_id\":\"%08llx-%04llx-4%03llx-a%03llx-%012llx\",\"user_id\":%llu,"
					"\"campaign_id\":\"campaign-%04llu\",\"event_type\":\"%s\",\"amount\":%llu.%02llu,"
					"\"country\":\"de\",\"event_time\":\"%s.%03ldZ\"}",
					r & 0xffffffff, r >> 32 & 0xffff, r >> 48 & 0xfff, r >> 12 & 0xfff,
					mix(r) & 0xffffffffffffULL, 100000 + (r >> 8) % 900000, (r >> 20) % 1000,
					types[(r >> 40) % 3], 1 + (r >> 16) % 900, (r >> 30) % 100, moment, millis % 1000);
}

static int
write_file(const char *path, long count)
{
	char text[512];
	FILE *file = fopen(path, "w");

	if (file == NULL)
	{
		perror(path);
		return 1;
	}
	for (long n = 0; n < count; n++)
		fprintf(file, "%.*s\n", format_event(text, sizeof text, n), text);
	return fclose(file) == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	char text[512];
	rd_kafka_conf_t *conf;
	rd_kafka_topic_t *topic;
	rd_kafka_t *producer;
	long count;
	int partitions;

	if (argc != 5)
	{
		fprintf(stderr, "usage: produce_events BROKERS TOPIC PARTITIONS COUNT\n");
		return 1;
	}
	partitions = atoi(argv[3]);
	count = atol(argv[4]);
	if (strcmp(argv[1], "-") == 0)
		return write_file(argv[2], count);
	conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "bootstrap.servers", argv[1], NULL, 0);
	rd_kafka_conf_set(conf, "queue.buffering.max.messages", "1000000", NULL, 0);
	rd_kafka_conf_set(conf, "linger.ms", "50", NULL, 0);
	rd_kafka_conf_set(conf, "enable.idempotence", "true", NULL, 0);
	producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
	if (producer == NULL)
	{
		fprintf(stderr, "%s\n", text);
		return 1;
	}
	topic = rd_kafka_topic_new(producer, argv[2], NULL);
	for (long n = 0; n < count; n++)
	{
		int len = format_event(text, sizeof text, n);

		while (rd_kafka_produce(topic, (int32_t)(n % partitions), RD_KAFKA_MSG_F_COPY, text, (size_t)len,
								NULL, 0, NULL) != 0)
			rd_kafka_poll(producer, 10);
		if (n % 1000 == 0)
			rd_kafka_poll(producer, 0);
	}
	rd_kafka_flush(producer, 600000);
	if (rd_kafka_outq_len(producer) != 0)
	{
		fprintf(stderr, "%d messages were not delivered\n", rd_kafka_outq_len(producer));
		return 1;
	}
	rd_kafka_topic_destroy(topic);
	rd_kafka_destroy(producer);
	return 0;
}
