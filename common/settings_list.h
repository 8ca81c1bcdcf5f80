/*
 * settings_list.h: every setting of a session (SET, SHOW), the only list of them.
 *
 * SETTING(field, TYPE, default, min, max, choices, help)
 * NAMED_SETTING(field, name, TYPE, …): the same with a name that is no field's
 * OPTION_SETTING(field, name, TYPE, choices, help): the text that stands in for an option of this name and type
 *   field    its name, and its member of struct Settings
 *   TYPE     TEXT, BOOLEAN, INTEGER, DURATION (microseconds), SIZE (bytes), ENUM (index into choices), ZONE (a time zone),
 *            SECRET ('env:NAME' or 'file:/path')
 *   default  as text, as SET would take it
 *   min, max of INTEGER, DURATION, SIZE
 *   choices  of ENUM, "a|b|c"; else NULL
 *   help     one line
 *
 * In alphabetical order, as SHOW ALL prints them. To add a setting: a line here. Those of S3 are options of sinks too
 * and have their own list; those of Snowflake stand in for environment variables; a text or a secret that is empty is unset.
 */
SETTING(commit_bytes, SIZE, "1GB", UNIT_KB, 1024 * UNIT_GB, NULL,
		"Input bytes after which an epoch is cut and committed.")
SETTING(commit_interval, DURATION, "1min", 10 * MICROS_PER_MILLISECOND, MICROS_PER_DAY, NULL,
		"Time after which an epoch is cut and committed; the age limit of a file.")
SETTING(commit_rows, INTEGER, "250000", 1, INT64_C(1000000000000), NULL,
		"Messages per partition after which an epoch is cut and committed: on average when streaming; in batch mode of each, the grid of cuts.")
SETTING(drain_timeout, DURATION, "25s", 0, MICROS_PER_DAY, NULL, "Time that a stopped job has to commit and publish.")
SETTING(idle_advance, BOOLEAN, "off", 0, 0, NULL,
		"Moves the watermark to now less the delay when all partitions are idle.")
SETTING(idle_timeout, DURATION, "1min", 0, 36500 * MICROS_PER_DAY, NULL,
		"Time at its end after which a partition no longer holds the watermark; 0 never.")
SETTING(job_name, TEXT, "", 0, 0, NULL, "Name of the job, under which its state is kept.")
SETTING(log_format, ENUM, "text", 0, 0, "text|json", "Format of log lines.")
SETTING(log_level, ENUM, "info", 0, 0, "debug|info|notice|warning|error", "Least severe messages that are logged.")
SETTING(max_drift, DURATION, "1h", 0, 36500 * MICROS_PER_DAY, NULL,
		"Event time that a partition may be ahead of the watermark before it is no longer read; 0 is no limit.")
SETTING(max_future, DURATION, "1h", 0, 36500 * MICROS_PER_DAY, NULL,
		"Event time that a row may be in the future before it is a dead letter.")
SETTING(memory_limit, SIZE, "1GB", 16 * UNIT_MB, 1024 * 1024 * UNIT_GB, NULL,
		"Memory for fetch queues, state, rendering and uploads together.")
#define S3_OPTION(field, name, TYPE, choices, help) OPTION_SETTING(field, name, TYPE, choices, help)
#include "common/s3_option_list.h"
#undef S3_OPTION
OPTION_SETTING(snowflake_account, "snowflake.account", TEXT, NULL,
			   "account of Snowflake for jobs, \\snow and weir snowflake: 'orgname-account_name'; unset: SNOWFLAKE_ACCOUNT")
OPTION_SETTING(snowflake_ca_file, "snowflake.ca_file", TEXT, NULL,
			   "PEM file of the certificates that Snowflake's is checked against; unset: SNOWFLAKE_CA_FILE, the system's")
OPTION_SETTING(snowflake_database, "snowflake.database", TEXT, NULL,
			   "database of statements for Snowflake; unset: SNOWFLAKE_DATABASE, the user's default")
OPTION_SETTING(snowflake_host, "snowflake.host", TEXT, NULL,
			   "host of Snowflake, or its URL; unset: SNOWFLAKE_HOST, the account's at snowflakecomputing.com")
NAMED_SETTING(snowflake_load, "snowflake.load", BOOLEAN, "on", 0, 0, NULL,
			  "Loads what sinks with snowflake_load = 'rest' or 'copy' write into their tables.")
OPTION_SETTING(snowflake_private_key, "snowflake.private_key", SECRET, NULL,
			   "private key of the user in PEM: 'env:NAME' or 'file:/path'; unset: SNOWFLAKE_PRIVATE_KEY, the file in SNOWFLAKE_PRIVATE_KEY_PATH")
OPTION_SETTING(snowflake_private_key_passphrase, "snowflake.private_key_passphrase", SECRET, NULL,
			   "passphrase of that key: 'env:NAME' or 'file:/path'; unset: SNOWFLAKE_PRIVATE_KEY_PASSPHRASE")
OPTION_SETTING(snowflake_role, "snowflake.role", TEXT, NULL,
			   "role of statements for Snowflake; unset: SNOWFLAKE_ROLE, the user's default")
OPTION_SETTING(snowflake_schema, "snowflake.schema", TEXT, NULL,
			   "schema of statements for Snowflake; unset: SNOWFLAKE_SCHEMA, the user's default")
NAMED_SETTING(snowflake_submit_again, "snowflake.submit_again", DURATION, "10min", MICROS_PER_SECOND, MICROS_PER_DAY, NULL,
			  "Time after which Snowflake is told again of an object that it does not speak of.")
OPTION_SETTING(snowflake_user, "snowflake.user", TEXT, NULL, "login name of the user of Snowflake; unset: SNOWFLAKE_USER")
OPTION_SETTING(snowflake_warehouse, "snowflake.warehouse", TEXT, NULL,
			   "warehouse of statements for Snowflake; unset: SNOWFLAKE_WAREHOUSE, the user's default")
SETTING(state_location, TEXT, "", 0, 0, NULL,
		"Directory or s3://bucket/prefix/ for state and manifests; unset: .weir beside the first file.")
SETTING(timezone, ZONE, "UTC", 0, 0, NULL, "Time zone for text forms and calendar arithmetic of timestamps.")
SETTING(workers, INTEGER, "0", 0, 1024, NULL, "Worker threads; 0 is one per core.")
