/*
 * aws_process.c: a program that prints credentials (credential_process of a profile).
 *
 * It is run without a shell, its arguments cut as shlex.split() does. It has a minute and may print 64 kB;
 * then it is killed, with all that it started. What it prints is JSON of Version 1. What it says on standard
 * error goes nowhere, since it may hold secrets.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "common/memory.h"
#include "common/types/calendar.h"
#include "connectors/aws_service.h"
#include "connectors/aws_words.h"
#include "connectors/secret.h"

#define PROCESS_TIMEOUT MICROS_PER_MINUTE

enum
{
	PROCESS_OUTPUT_LIMIT = 64 * 1024,
	PROCESS_POLL = 50 /* milliseconds between looks at the clock */
};

typedef struct ProcessProvider
{
	AwsProvider provider;
	AwsWords words;
} ProcessProvider;

static bool
process_open(const AwsProviderOpen *open, AwsProvider **out, Error *err)
{
	const AwsSetting *setting = aws_profile_setting(open->configuration, open->profile, "credential_process");
	ProcessProvider *process;

	if (setting == NULL)
		return true;
	process = mem_alloc_zero(sizeof *process);
	aws_provider_init(&process->provider, &aws_process_class, open, "credential_process of profile \"%s\"",
					  open->profile);
	if (!aws_words_split(setting->value, &process->words) || process->words.count == 0)
	{
		aws_provider_close(&process->provider);
		return aws_setting_error(err, setting, "credential_process of AWS profile \"%s\" is no command",
								 open->profile);
	}
	*out = &process->provider;
	return true;
}

/* ---- running ---- */

/* In a process group of its own, with default signals, standard output to the pipe, the others to nowhere. */
static int
spawn(char **words, int output, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes,
							 POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	rc = posix_spawnp(pid, words[0], &files, &attributes, words, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

static bool failed(const AwsProvider *provider, Error *err, const char *fmt, ...) PRINTF_LIKE(3, 4);

static bool
failed(const AwsProvider *provider, Error *err, const char *fmt, ...)
{
	StrBuf reason = {0};
	va_list args;

	va_start(args, fmt);
	str_vappendf(&reason, fmt, args);
	va_end(args);
	error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION, "%s %s", provider->name, str_cstr(&reason));
	str_free(&reason);
	return false;
}

/* Whether it may go on. */
static bool
has_time(const AwsProvider *provider, int64_t end, Error *err)
{
	const AwsConfiguration *c = provider->configuration;

	if (c->stop != NULL && atomic_load(c->stop))
		return error_set(err, SQLSTATE_QUERY_CANCELED, NO_POSITION, "stopped while fetching AWS credentials");
	return clock_monotonic(c->clock) < end ||
		   failed(provider, err, "did not end within %d s", (int)(PROCESS_TIMEOUT / MICROS_PER_SECOND));
}

/* Reads up to the end of the output. */
static bool
read_output(const AwsProvider *provider, int fd, int64_t end, StrBuf *out, Error *err)
{
	str_reserve(out, PROCESS_OUTPUT_LIMIT + 1);
	for (;;)
	{
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		int rc = poll(&ready, 1, PROCESS_POLL);
		ssize_t n = rc > 0 ? read(fd, out->data + out->len, PROCESS_OUTPUT_LIMIT + 1 - out->len) : -1;

		if (rc > 0 && n == 0)
			return true;
		if (n > 0)
			out->len += (size_t)n;
		out->data[out->len] = '\0';
		if (out->len > PROCESS_OUTPUT_LIMIT)
			return failed(provider, err, "printed more than %d bytes", PROCESS_OUTPUT_LIMIT);
		if (!has_time(provider, end, err))
			return false;
	}
}

/* Waits for its end, which may come later than that of its output; it is collected in any case. */
static bool
collect(const AwsProvider *provider, pid_t pid, int64_t end, bool ok, int *status, Error *err)
{
	while (ok && waitpid(pid, status, WNOHANG) == 0)
	{
		ok = has_time(provider, end, err);
		poll(NULL, 0, 1);
	}
	if (ok)
		return true;
	kill(-pid, SIGKILL);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	return false;
}

static bool
check_end(const AwsProvider *provider, int status, Error *err)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (WIFEXITED(status))
		failed(provider, err, "ended with exit code %d", WEXITSTATUS(status));
	else
		failed(provider, err, "was ended by signal %d", WTERMSIG(status));
	return error_hint(err, "Run it by hand to see what it says.");
}

/* Runs the program: what it printed, or why there is nothing. */
static bool
run(ProcessProvider *process, StrBuf *output, Error *err)
{
	AwsProvider *provider = &process->provider;
	int64_t end = clock_monotonic(provider->configuration->clock) + PROCESS_TIMEOUT;
	int ends[2], status = 0, rc;
	pid_t pid;
	bool ok;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return failed(provider, err, "could not be started: %s", strerror(errno));
	rc = spawn(process->words.items, ends[1], &pid);
	close(ends[1]);
	if (rc != 0)
	{
		close(ends[0]);
		return failed(provider, err, "could not be started: %s", strerror(rc));
	}
	ok = read_output(provider, ends[0], end, output, err);
	close(ends[0]);
	return collect(provider, pid, end, ok, &status, err) && check_end(provider, status, err);
}

/* ---- what it printed ---- */

static bool
check_version(const AwsProvider *provider, const StrBuf *output, Error *err)
{
	json_t *root = json_loadb(str_cstr(output), output->len, 0, NULL);
	bool object = json_is_object(root);
	bool one = json_integer_value(json_object_get(root, "Version")) == 1;

	aws_json_release(root);
	if (!object)
		return failed(provider, err, "did not print a JSON object");
	return one || failed(provider, err, "did not print credentials of \"Version\": 1");
}

static bool
process_fetch(AwsProvider *provider, AwsCredentials *out, Error *err)
{
	StrBuf output = {0};
	bool ok = run(container_of(provider, ProcessProvider, provider), &output, err) &&
			  check_version(provider, &output, err) &&
			  aws_json_credentials(provider, str_view(&output), "SessionToken", out, err);

	secret_wipe(&output);
	return ok;
}

static void
process_close(AwsProvider *provider)
{
	aws_words_free(&container_of(provider, ProcessProvider, provider)->words);
}

const AwsProviderClass aws_process_class = {
	.of_profile = true,
	.open = process_open,
	.fetch = process_fetch,
	.close = process_close,
};
