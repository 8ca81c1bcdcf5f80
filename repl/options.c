/*
 * options.c: parsing the command line (contract in options.h).
 */
#include "repl/options.h"

#include <curl/curl.h>
#include <getopt.h>
#include <librdkafka/rdkafka.h>
#include <openssl/crypto.h>

#include "common/memory.h"

enum
{
	SHARDS_MAX = 10000
};

typedef enum OptionId
{
	OPTION_ID_NONE = 255, /* above every letter */
#define OPTION(id, letter, name, argument, group, help) OPTION_ID_##id,
#include "repl/option_list.h"
#undef OPTION
} OptionId;

typedef enum OptionGroup
{
	GROUP_GENERAL,
	GROUP_JOB,
	GROUP_OUTPUT
} OptionGroup;

typedef struct OptionRow
{
	OptionId id;
	char letter;
	const char *name;
	const char *argument;
	OptionGroup group;
	const char *help;
} OptionRow;

static const OptionRow rows[] = {
#define OPTION(id, letter, name, argument, group, help) \
	{OPTION_ID_##id, letter, name, argument, GROUP_##group, help},
#include "repl/option_list.h"
#undef OPTION
};

/* ---- help and version ---- */

static void
print_group(FILE *out, OptionGroup group, const char *title)
{
	fprintf(out, "\n%s:\n", title);
	for (size_t i = 0; i < lengthof(rows); i++)
	{
		char letter[8] = "    ";
		char text[64];

		if (rows[i].group != group || rows[i].help == NULL)
			continue;
		if (rows[i].letter != '\0')
			snprintf(letter, sizeof letter, "-%c, ", rows[i].letter);
		snprintf(text, sizeof text, "%s--%s%s%s", letter, rows[i].name, rows[i].argument ? "=" : "",
				 rows[i].argument ? rows[i].argument : "");
		fprintf(out, "  %-30s %s\n", text, rows[i].help);
	}
}

void
print_help(FILE *out)
{
	fputs("weir is a PostgreSQL-style SQL stream processor: Kafka in, CSV files and Snowflake tables out.\n\n"
		  "Usage:\n"
		  "  weir [OPTION]...                      interactive terminal\n"
		  "  weir [OPTION]... -f job.sql           run every sink of the file until SIGTERM\n"
		  "  weir --batch [OPTION]... -f job.sql   run to the end of the input, close all windows, exit\n"
		  "  weir verify [--quick] -f job.sql      compare what lies in the job's locations with its state\n"
		  "  weir verify --snowflake -f job.sql    the same, and with what Snowflake has loaded of it\n"
		  "  weir drain -f job.sql                 read to the present end, close all windows, exit\n"
		  "  weir reset [--sink=NAME] -f job.sql   discard the state of the job, or what it knows of a sink\n"
		  "  weir snowflake apply -f job.sql       execute the Snowflake statements of all sinks\n"
		  "  weir snowflake query STATEMENT        ask Snowflake, with the settings snowflake.*\n",
		  out);
	print_group(out, GROUP_GENERAL, "General options");
	print_group(out, GROUP_JOB, "Job options");
	print_group(out, GROUP_OUTPUT, "Output options");
	fputs("\nExit codes:\n"
		  "  0  done, or drained after a signal\n"
		  "  1  usage error, file missing\n"
		  "  2  no connection to Kafka, S3 or Snowflake (refused, no credentials, no such topic; Kafka or\n"
		  "     Snowflake unreachable, or gone after retries; an S3 that does not answer is waited for)\n"
		  "  3  error in a SQL statement\n"
		  "  4  the job failed at run time (limit, error ratio, full disk, unsafe store); its state is safe\n"
		  "     verify: something is missing, different, extra or broken, or with --snowflake not loaded\n"
		  "     just once and whole; 0 means that all is right\n"
		  "  5  stopped before it was done; its state is safe, the next start goes on\n"
		  "  6  fenced: another writer holds the state; do not restart automatically\n"
		  "  7  data gap in the source, or topic recreated (--accept-gap)\n"
		  "  8  plan, job or batch result incompatible with the stored state\n"
		  "  128 and the signal's number: ended by a second signal; its state is safe\n"
		  "\nInside the terminal, type \"\\?\" for help on meta-commands.\n",
		  out);
}

void
print_version(FILE *out)
{
	fprintf(out, "weir (Weir) %s\n", WEIR_VERSION);
	fprintf(out, "librdkafka %s, %s, %s\n", rd_kafka_version_str(), curl_version(),
			OpenSSL_version(OPENSSL_VERSION));
	fputs("Licence: Apache-2.0\n", out);
}

/* ---- parsing ---- */

static void
usage_hint(void)
{
	fputs("Try \"weir --help\" for more information.\n", stderr);
}

static void
add_action(CommandLine *line, bool is_file, const char *text)
{
	line->actions = mem_realloc(line->actions, (line->action_count + 1) * sizeof *line->actions);
	line->actions[line->action_count++] = (Action){.is_file = is_file, .text = text};
}

/* Splits NAME=VALUE in place. */
static bool
add_assignment(Assignment **list, size_t *count, char *text, const char *option)
{
	char *equals = strchr(text, '=');

	if (equals == NULL || equals == text)
	{
		fprintf(stderr, "weir: error: --%s takes NAME=VALUE, not \"%s\"\n", option, text);
		usage_hint();
		return false;
	}
	*equals = '\0';
	*list = mem_realloc(*list, (*count + 1) * sizeof **list);
	(*list)[(*count)++] = (Assignment){.name = text, .value = equals + 1};
	return true;
}

/* A number of digits only, below the most; NULL when there is none. */
static const char *
take_number(const char *text, int most, int *number)
{
	*number = 0;
	if (*text < '0' || *text > '9')
		return NULL;
	for (; *text >= '0' && *text <= '9'; text++)
		if ((*number = *number * 10 + (*text - '0')) > most)
			return NULL;
	return text;
}

/* "I/N" */
static bool
set_shard(CommandLine *line, const char *text)
{
	const char *rest = take_number(text, SHARDS_MAX - 1, &line->shard);

	rest = rest != NULL && *rest == '/' ? take_number(rest + 1, SHARDS_MAX, &line->shards) : NULL;
	if (rest != NULL && *rest == '\0' && line->shard < line->shards)
		return true;
	fprintf(stderr, "weir: error: --shard takes I/N, with I from 0 to N - 1 and N at most %d, not \"%s\"\n",
			SHARDS_MAX, text);
	usage_hint();
	return false;
}

static bool
set_mode(CommandLine *line, RunMode mode)
{
	line->mode = mode;
	return true;
}

static bool
apply_option(CommandLine *line, OptionId id, char *argument)
{
	switch (id)
	{
		case OPTION_ID_COMMAND: add_action(line, false, argument); break;
		case OPTION_ID_FILE: add_action(line, true, argument); break;
		case OPTION_ID_VARIABLE:
		case OPTION_ID_SET:
			return add_assignment(&line->variables, &line->variable_count, argument, "variable");
		case OPTION_ID_INPUT: return add_assignment(&line->inputs, &line->input_count, argument, "input");
		case OPTION_ID_NO_RC:
		case OPTION_ID_NO_PSQLRC: line->no_rc = true; break;
		case OPTION_ID_VERSION: return set_mode(line, MODE_VERSION);
		case OPTION_ID_HELP: return set_mode(line, MODE_HELP);
		case OPTION_ID_CHECK: return set_mode(line, MODE_CHECK);
		case OPTION_ID_EXPLAIN: return set_mode(line, MODE_EXPLAIN);
		case OPTION_ID_SNOWFLAKE_DDL: return set_mode(line, MODE_SNOWFLAKE_DDL);
		case OPTION_ID_BATCH: line->batch = true; break;
		case OPTION_ID_ACCEPT_GAP: line->accept_gap = true; break;
		case OPTION_ID_ALLOW_CORE: line->allow_core = true; break;
		case OPTION_ID_STANDBY: line->standby = true; break;
		case OPTION_ID_SHARD: return set_shard(line, argument);
		case OPTION_ID_SINK: line->sink = argument; break;
		case OPTION_ID_QUICK: line->quick = true; break;
		case OPTION_ID_SNOWFLAKE: line->snowflake = true; break;
		case OPTION_ID_YES: line->yes++; break;
		case OPTION_ID_ECHO_QUERIES: line->echo_queries = true; break;
		case OPTION_ID_OUTPUT: line->output = argument; break;
		case OPTION_ID_QUIET: line->quiet = true; break;
		case OPTION_ID_NO_ALIGN: line->print.format = PRINT_UNALIGNED; break;
		case OPTION_ID_CSV: line->print.format = PRINT_CSV; break;
		case OPTION_ID_SEPARATOR: line->print.field_separator = argument; break;
		case OPTION_ID_RECORD_SEPARATOR: line->print.record_separator = argument; break;
		case OPTION_ID_FIELD_ZERO: line->print.field_zero = true; break;
		case OPTION_ID_RECORD_ZERO: line->print.record_zero = true; break;
		case OPTION_ID_TUPLES_ONLY: line->print.tuples_only = true; break;
		case OPTION_ID_EXPANDED: line->print.expanded = true; break;
		case OPTION_ID_NONE: return false;
	}
	return true;
}

static const OptionRow *
find_row(int code)
{
	for (size_t i = 0; i < lengthof(rows); i++)
		if (code == (int)rows[i].id || (rows[i].letter != '\0' && code == rows[i].letter))
			return &rows[i];
	return NULL;
}

static bool
usage_error(const char *text, const char *argument)
{
	fprintf(stderr, "weir: error: %s%s%s%s\n", text, argument ? " \"" : "", argument ? argument : "",
			argument ? "\"" : "");
	usage_hint();
	return false;
}

/* ---- commands ---- */

typedef struct CommandRow
{
	const char *name;
	RunMode mode;
	bool takes_sink, takes_yes, takes_text;
	bool verifies;
} CommandRow;

static const CommandRow commands[] = {
	{"reset", MODE_RESET, .takes_sink = true, .takes_yes = true},
	{"drain", MODE_DRAIN, .takes_yes = true},
	{"verify", MODE_VERIFY, .verifies = true},
	{"snowflake apply", MODE_SNOWFLAKE_APPLY, .takes_yes = true},
	{"snowflake query", MODE_SNOWFLAKE_QUERY, .takes_text = true},
};

/* The command that the words begin with, of one word or two; *used is how many. */
static const CommandRow *
find_command(int count, char **words, int *used)
{
	for (size_t i = 0; i < lengthof(commands); i++)
	{
		const char *second = strchr(commands[i].name, ' ');
		size_t len = second != NULL ? (size_t)(second - commands[i].name) : strlen(commands[i].name);

		*used = second != NULL ? 2 : 1;
		if (count >= *used && strlen(words[0]) == len && strncmp(words[0], commands[i].name, len) == 0 &&
			(second == NULL || strcmp(words[1], second + 1) == 0))
			return &commands[i];
	}
	*used = 0;
	return NULL;
}

bool
command_line_is_command(const CommandLine *line)
{
	for (size_t i = 0; i < lengthof(commands); i++)
		if (commands[i].mode == line->mode)
			return true;
	return false;
}

/* A command takes the job as it is: nothing that says how else to run it. */
static bool
check_command(const CommandRow *command, const CommandLine *line)
{
	const char *other = line->mode == MODE_CHECK           ? "--check"
						: line->mode == MODE_EXPLAIN       ? "--explain"
						: line->mode == MODE_SNOWFLAKE_DDL ? "--snowflake-ddl"
						: line->batch                      ? "--batch"
						: line->input_count > 0            ? "--input"
														   : NULL;

	if (other == NULL)
		return true;
	fprintf(stderr, "weir: error: %s and %s can't be combined\n", command->name, other);
	usage_hint();
	return false;
}

/* What is no option: a command, or nothing. */
static bool
take_command(int count, char **words, CommandLine *line)
{
	static const CommandRow none = {.name = NULL};
	int used;
	const CommandRow *command = find_command(count, words, &used);

	if (command != NULL && command->takes_text)
	{
		if (count == used || words[used][strspn(words[used], " \t\r\n;")] == '\0')
			return usage_error("snowflake query takes a statement", NULL);
		line->text = words[used++];
	}
	if (count > used && strcmp(words[used], "snowflake") == 0)
		return usage_error("snowflake takes apply or query", NULL);
	if (count > used)
		return usage_error("unexpected argument", words[used]);
	if (line->mode == MODE_HELP || line->mode == MODE_VERSION)
		return true;
	if (command != NULL && !check_command(command, line))
		return false;
	command = command != NULL ? command : &none;
	if (line->sink != NULL && !command->takes_sink)
		return usage_error("--sink belongs to reset", NULL);
	if (line->yes > 0 && !command->takes_yes)
		return usage_error("--yes belongs to reset, drain and snowflake apply", NULL);
	if (line->quick && !command->verifies)
		return usage_error("--quick belongs to verify", NULL);
	if (line->snowflake && !command->verifies)
		return usage_error("--snowflake belongs to verify", NULL);
	return command == &none || set_mode(line, command->mode);
}

bool
command_line_parse(int argc, char **argv, CommandLine *out)
{
	struct option longs[lengthof(rows) + 1] = {0};
	char shorts[3 * lengthof(rows) + 2] = "";
	int code;

	*out = (CommandLine){0};
	print_options_init(&out->print);
	for (size_t i = 0; i < lengthof(rows); i++)
	{
		size_t used = strlen(shorts);

		longs[i] = (struct option){rows[i].name, rows[i].argument ? required_argument : no_argument, NULL,
								   (int)rows[i].id};
		if (rows[i].letter != '\0')
			snprintf(shorts + used, sizeof shorts - used, "%c%s", rows[i].letter,
					 rows[i].argument ? ":" : "");
	}
	while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1)
	{
		const OptionRow *row = find_row(code);

		/* getopt says '?' for unknown options too; "-?" itself is the one it points at */
		if (code == '?' && strcmp(argv[optind - 1], "-?") != 0)
		{
			usage_hint();
			return false;
		}
		if (row == NULL || !apply_option(out, row->id, optarg))
			return false;
	}
	if (out->standby && out->batch)
		return usage_error("--standby and --batch exclude each other", NULL);
	return take_command(argc - optind, argv + optind, out);
}

void
command_line_free(CommandLine *line)
{
	mem_free(line->actions);
	mem_free(line->variables);
	mem_free(line->inputs);
}
