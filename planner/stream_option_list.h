/*
 * stream_option_list.h: the options that every stream and table has, whatever its connector and format.
 *
 * OPTION(name, TYPE, required, default, minimum, maximum, choices, help): see OptionInfo in connector.h.
 */
OPTION("connector", TEXT, true, NULL, 0, 0, NULL, "where messages come from")
OPTION("format", TEXT, false, NULL, 0, 0, NULL, "how messages become rows")
OPTION("timestamp_format", ENUM, false, "iso8601", 0, 0, TIMESTAMP_FORMATS,
	   "how timestamps are written in messages; columns may have their own")
OPTION("on_error", ENUM, false, "dead_letter", 0, 0, ERROR_POLICIES, "what becomes of bad messages")
OPTION("max_error_ratio", DOUBLE, false, NULL, 0, 1, NULL, "share of bad messages in an epoch above which the job stops")
OPTION("partitioner", ENUM, false, NULL, 0, 0, PARTITIONERS,
	   "how the producer spreads keys over partitions: murmur2 (Java), crc32 (librdkafka); for --shard")
OPTION("message_key", TEXT, false, NULL, 0, 0, NULL, "the column whose text is the message's key; for --shard")
OPTION("dead_letter_location", TEXT, false, NULL, 0, 0, NULL, "where dead letters go; unset: under the state location")
