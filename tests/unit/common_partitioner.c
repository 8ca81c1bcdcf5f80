/*
 * common_partitioner.c: keys lie where librdkafka puts them, which places them as Java does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <librdkafka/rdkafka.h>

#include "common/partitioner.h"

static void
places_are_those_of_librdkafka(void **state UNUSED)
{
	char key[40];
	uint32_t seed = 1;

	for (int i = 0; i < 20000; i++)
	{
		size_t len = (size_t)i % sizeof key;
		int32_t count = 1 + i % 97;

		for (size_t b = 0; b < len; b++)
			key[b] = (char)((seed = seed * 1664525 + 1013904223) >> 24);
		assert_int_equal(partitioner_place(PARTITIONER_MURMUR2, key, len, count),
						 rd_kafka_msg_partitioner_murmur2(NULL, key, len, count, NULL, NULL));
		assert_int_equal(partitioner_place(PARTITIONER_CRC32, key, len, count),
						 rd_kafka_msg_partitioner_consistent(NULL, key, len, count, NULL, NULL));
	}
}

/* What Kafka's own tests say of Utils.murmur2(), with its sign bit cleared. */
static void
murmur2_is_that_of_java(void **state UNUSED)
{
	static const struct
	{
		const char *key;
		int32_t hash;
	} cases[] = {{"21", -973932308}, {"foobar", -790332482}, {"a-little-bit-long-string", -985981536}};

	for (size_t i = 0; i < lengthof(cases); i++)
		assert_int_equal(
			partitioner_place(PARTITIONER_MURMUR2, cases[i].key, strlen(cases[i].key), INT32_MAX),
			(cases[i].hash & INT32_MAX) % INT32_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_those_of_librdkafka),
		cmocka_unit_test(murmur2_is_that_of_java),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
