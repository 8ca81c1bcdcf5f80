/*
 * sink_option_list.h: the options that every sink has, whatever its format and store, the only list of them.
 *
 * OPTION(name, TYPE, required, default, minimum, maximum, choices, help): see OptionInfo in connector.h.
 * A format's or a store's own options are in its ConnectorInfo.
 */
OPTION("location", TEXT, true, NULL, 0, 0, NULL, "directory or s3://bucket/prefix/ that the files are written to")
OPTION("format", TEXT, false, "csv", 0, 0, NULL, "how rows become bytes")
OPTION("compression", ENUM, false, "none", 0, 0, "none|gzip|zstd", "how files are compressed")
OPTION("partition_by", EXPRESSION, false, NULL, 0, 0, NULL,
	   "expressions over the output columns, each with AS name, that make name=value/ folders")
OPTION("max_file_size", SIZE, false, "128MB", UNIT_KB, 5 * UNIT_GB, NULL, "size, compressed, at which a file is cut")
OPTION("on_error", ENUM, false, "dead_letter", 0, 0, ERROR_POLICIES,
	   "what becomes of a row for which an expression fails")
OPTION("late_rows", ENUM, false, "divert", 0, 0, LATE_POLICIES, "what becomes of rows whose window is closed")
OPTION("late_location", TEXT, false, NULL, 0, 0, NULL, "where late rows go; unset: under the state location")
OPTION("snowflake_table", TEXT, false, NULL, 0, 0, NULL, "Snowflake table that the files are loaded into")
OPTION("snowflake_integration", TEXT, false, NULL, 0, 0, NULL, "Snowflake storage integration of the external stage")
OPTION("snowflake_load", ENUM, false, "auto_ingest", 0, 0, "auto_ingest|rest|copy", "who loads: a pipe that S3 tells of objects, a pipe that the job tells of them, or the job by COPY")
OPTION("snowflake_url", TEXT, false, NULL, 0, 0, NULL, "external place that a local directory will be copied to")
OPTION("snowflake_metadata", BOOLEAN, false, "false", 0, 0, NULL,
	   "add columns WEIR_FILE and WEIR_ROW, and a view that has each row of a file once")
OPTION("snowflake_role", TEXT, false, NULL, 0, 0, NULL, "Snowflake role that Weir works with; unset: WEIR_ and the job's name")
OPTION("snowflake_warehouse", TEXT, false, NULL, 0, 0, NULL, "Snowflake warehouse of COPY and of queries; unset: the setting snowflake.warehouse")
OPTION("snowflake_aws_role", TEXT, false, NULL, 0, 0, NULL, "ARN of the AWS role that the storage integration takes")
OPTION("snowflake_external_id", TEXT, false, NULL, 0, 0, NULL,
	   "external id in the trust policy of that role; unset: Snowflake makes one")
OPTION("snowflake_task_minutes", INTEGER, false, NULL, 1, 11520, NULL,
	   "with snowflake_load = 'copy': minutes between the runs of a task that loads")
OPTION("snowflake_late_table", TEXT, false, NULL, 0, 0, NULL, "Snowflake table for the late rows in late_location")
OPTION("snowflake_dead_table", TEXT, false, NULL, 0, 0, NULL,
	   "Snowflake table for the dead letters in dead_letter_location of the streams")
