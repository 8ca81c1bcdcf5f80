/*
 * option_list.h: the command line options, the only list of them; --help is made from it.
 *
 * OPTION(ID, letter, "name", "ARGUMENT" or NULL, group, "help"); letter 0 = none. A line with help NULL is a
 * synonym.
 */
OPTION(COMMAND, 'c', "command", "COMMAND", GENERAL,
	   "run this SQL or meta-command, then exit; may be repeated")
OPTION(FILE, 'f', "file", "FILENAME", GENERAL, "run the statements of a file, then exit; may be repeated")
OPTION(VARIABLE, 'v', "variable", "NAME=VALUE", GENERAL,
	   "set variable NAME, used as :NAME, :'NAME' or :\"NAME\"")
OPTION(SET, 0, "set", "NAME=VALUE", GENERAL, NULL)
OPTION(NO_RC, 'X', "no-weirrc", NULL, GENERAL, "do not read the start-up file ($WEIRRC, else ~/.weirrc)")
OPTION(NO_PSQLRC, 0, "no-psqlrc", NULL, GENERAL, NULL)
OPTION(VERSION, 'V', "version", NULL, GENERAL, "print versions, then exit")
OPTION(HELP, '?', "help", NULL, GENERAL, "print this help, then exit")
OPTION(BATCH, 0, "batch", NULL, JOB, "run the sinks to the end of their input, close all windows, exit")
OPTION(CHECK, 0, "check", NULL, JOB, "parse and plan only; connect to nothing")
OPTION(EXPLAIN, 0, "explain", NULL, JOB, "print the plans of all sinks, run nothing")
OPTION(SNOWFLAKE_DDL, 0, "snowflake-ddl", NULL, JOB,
	   "print the Snowflake statements of all sinks, run nothing")
OPTION(INPUT, 0, "input", "STREAM=FILE", JOB, "read a stream or table from a file in place of its connector")
OPTION(ACCEPT_GAP, 0, "accept-gap", NULL, JOB,
	   "go on although the source lost messages; recorded in the manifest")
OPTION(ALLOW_CORE, 0, "allow-core", NULL, JOB,
	   "permit core dumps and debuggers, which show credentials")
OPTION(SHARD, 0, "shard", "I/N", JOB,
	   "be number I, from 0 on, of N processes that share the partitions of this job")
OPTION(STANDBY, 0, "standby", NULL, JOB,
	   "wait until no other process writes this job (shard), then run it; one that loses it exits 6")
OPTION(QUICK, 0, "quick", NULL, JOB, "verify: compare names and sizes only, read no object")
OPTION(SNOWFLAKE, 0, "snowflake", NULL, JOB,
	   "verify: also ask Snowflake whether each object was loaded, once and with all its rows")
OPTION(SINK, 0, "sink", "NAME", JOB, "reset: discard the state of this sink only")
OPTION(YES, 0, "yes", NULL, JOB, "reset, drain, snowflake apply: do not ask; reset: twice to discard a state that may be in use")
OPTION(ECHO_QUERIES, 'e', "echo-queries", NULL, OUTPUT, "print each statement before it runs")
OPTION(OUTPUT, 'o', "output", "FILENAME", OUTPUT, "write results to a file")
OPTION(QUIET, 'q', "quiet", NULL, OUTPUT, "print results only: no tags, no progress, no summary")
OPTION(NO_ALIGN, 'A', "no-align", NULL, OUTPUT, "unaligned output")
OPTION(CSV, 0, "csv", NULL, OUTPUT, "CSV output")
OPTION(SEPARATOR, 'F', "field-separator", "STRING", OUTPUT,
	   "field separator of unaligned output (default: \"|\")")
OPTION(RECORD_SEPARATOR, 'R', "record-separator", "STRING", OUTPUT,
	   "record separator of unaligned output (default: newline)")
OPTION(FIELD_ZERO, 'z', "field-separator-zero", NULL, OUTPUT,
	   "zero byte as the field separator of unaligned output")
OPTION(RECORD_ZERO, '0', "record-separator-zero", NULL, OUTPUT,
	   "zero byte as the record separator of unaligned output")
OPTION(TUPLES_ONLY, 't', "tuples-only", NULL, OUTPUT, "print rows only")
OPTION(EXPANDED, 'x', "expanded", NULL, OUTPUT, "one line per field")
