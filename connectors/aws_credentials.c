/*
 * aws_credentials.c: credentials that are there when they are needed (contract in aws_credentials.h).
 *
 * Every fetch runs on a thread of its own, one at a time. Whoever asks gets the present credentials while
 * they are good, and starts a fetch when it is due; who finds none that are good waits for the fetch, several
 * times over if the service asks for patience. What is due when depends on two clocks: expiry on the time of
 * day, the pause after a failure on the monotonic one.
 *
 * After the first success every failure counts as one that may pass: a token file that is being replaced, a
 * role whose trust is being changed. A job that has been running is not ended by that.
 */
#include "connectors/aws_credentials.h"

#include <pthread.h>
#include <time.h>

#include "common/memory.h"
#include "common/types/calendar.h"
#include "connectors/aws_assume_role.h"
#include "connectors/aws_chain.h"
#include "connectors/aws_imds.h"
#include "connectors/secret.h"

#define REFRESH_AHEAD (5 * MICROS_PER_MINUTE)
/* After failures while the old ones last: 10, 20, 40, 60, 60 … seconds. */
#define RETRY_FIRST (10 * MICROS_PER_SECOND)
#define RETRY_LIMIT MICROS_PER_MINUTE
/* Between the attempts of one who waits; and at least between fetches that a server's refusal asks for. */
#define WAIT_PAUSE MICROS_PER_SECOND
/* How soon who waits sees that it is over. */
#define WAIT_TICK_NANOSECONDS 100000000

enum
{
	WAIT_ATTEMPTS = 3
};

struct AwsIdentity
{
	AwsConfiguration configuration;
	AwsProvider *provider;
	char *endpoint;          /* NULL = none is configured */
	const atomic_bool *stop; /* of who uses it; NULL = never */
	int64_t grace;
	atomic_bool over; /* grace is over, too, or it is being closed: the stop of what fetches */

	pthread_mutex_t lock;
	pthread_cond_t ended; /* a fetch has */
	/* Guarded by lock: */
	int users;
	int64_t stopped_at;     /* monotonic, when *stop was first seen; 0 = not yet */
	AwsCredentials current; /* generation 0 = there are none yet */
	bool refused;           /* current, by a server */
	bool fetching;
	bool joinable; /* thread has run and was not joined */
	pthread_t thread;
	int failures;       /* in a row */
	Error error;        /* of the last fetch, if it failed */
	int64_t refresh_at; /* time of day */
	int64_t retry_at;   /* monotonic */
};

void
aws_credentials_free(AwsCredentials *credentials)
{
	secret_free(credentials->key_id);
	secret_free(credentials->secret);
	secret_free(credentials->session_token);
	*credentials = (AwsCredentials){0};
}

/* ---- fetching ---- */

static bool
fetch_current(AwsIdentity *identity, AwsCredentials *out, Error *err)
{
	const Clock *clock = identity->configuration.clock;

	if (!aws_provider_fetch(identity->provider, out, err))
		return false;
	if (out->expires > clock_now(clock))
		return true;
	aws_credentials_free(out);
	error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION, "AWS credentials of %s have expired",
			  identity->provider->name);
	return false;
}

static void
take_credentials(AwsIdentity *identity, AwsCredentials *fetched)
{
	int64_t now = clock_now(identity->configuration.clock);
	uint64_t generation = identity->current.generation + 1;

	aws_credentials_free(&identity->current);
	identity->current = *fetched;
	identity->current.generation = generation;
	identity->refused = false;
	identity->failures = 0;
	error_clear(&identity->error);
	/* Those that last less than ten minutes are exchanged after half of their time. */
	identity->refresh_at = fetched->expires == INT64_MAX
							   ? INT64_MAX
							   : Max(fetched->expires - REFRESH_AHEAD, now + (fetched->expires - now) / 2);
	identity->retry_at = clock_monotonic(identity->configuration.clock) + WAIT_PAUSE;
}

static void
take_failure(AwsIdentity *identity, Error *err)
{
	int64_t pause = RETRY_LIMIT;

	if (identity->failures < 3)
		pause = Min(pause, RETRY_FIRST << identity->failures);
	identity->failures++;
	identity->retry_at = clock_monotonic(identity->configuration.clock) + pause;
	error_clear(&identity->error);
	error_move(&identity->error, err);
	if (identity->current.generation > 0)
		identity->error.retriable = true;
}

static void *
fetch_thread(void *argument)
{
	AwsIdentity *identity = argument;
	AwsCredentials fetched = {0};
	Error err = {0};
	bool ok = fetch_current(identity, &fetched, &err);

	pthread_mutex_lock(&identity->lock);
	if (ok)
		take_credentials(identity, &fetched);
	else
		take_failure(identity, &err);
	identity->fetching = false;
	pthread_cond_broadcast(&identity->ended);
	pthread_mutex_unlock(&identity->lock);
	return NULL;
}

static void
join_thread(AwsIdentity *identity)
{
	if (identity->joinable)
		pthread_join(identity->thread, NULL);
	identity->joinable = false;
}

/* Under the lock, which is given up for a moment when there is no room for a thread. */
static void
begin_fetch(AwsIdentity *identity)
{
	if (identity->fetching)
		return;
	join_thread(identity);
	identity->fetching = true;
	identity->joinable = pthread_create(&identity->thread, NULL, fetch_thread, identity) == 0;
	if (identity->joinable)
		return;
	pthread_mutex_unlock(&identity->lock);
	fetch_thread(identity);
	pthread_mutex_lock(&identity->lock);
}

/* Under the lock. Fetching goes on as long as its user does, and the job's other requests do. */
static bool
is_over(AwsIdentity *identity)
{
	int64_t now = clock_monotonic(identity->configuration.clock);

	if (identity->stop == NULL || !atomic_load(identity->stop))
		return false;
	if (identity->stopped_at == 0)
		identity->stopped_at = now;
	if (now - identity->stopped_at < identity->grace)
		return false;
	atomic_store(&identity->over, true);
	return true;
}

/* Under the lock. Who waits looks whether it is over, for the thread that fetches. */
static void
wait_for_fetch(AwsIdentity *identity)
{
	struct timespec until;

	while (identity->fetching)
	{
		(void)is_over(identity);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += WAIT_TICK_NANOSECONDS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		(void)pthread_cond_timedwait(&identity->ended, &identity->lock, &until);
	}
}

/* ---- asking ---- */

static bool
are_good(const AwsIdentity *identity)
{
	return identity->current.generation > 0 && !identity->refused &&
		   clock_now(identity->configuration.clock) < identity->current.expires;
}

static bool
refresh_due(const AwsIdentity *identity)
{
	const Clock *clock = identity->configuration.clock;

	return clock_now(clock) >= identity->refresh_at && clock_monotonic(clock) >= identity->retry_at;
}

static void
copy_credentials(const AwsCredentials *from, AwsCredentials *out)
{
	*out = (AwsCredentials){.key_id = mem_strdup(from->key_id),
							.secret = mem_strdup(from->secret),
							.session_token = secret_copy(from->session_token),
							.expires = from->expires,
							.generation = from->generation};
}

/* Whoever can't say who they are gets one kind of error, wherever the mistake is. */
static void
classify(Error *err)
{
	if (err != NULL && err->state != SQLSTATE_CONNECTION_FAILURE && err->state != SQLSTATE_QUERY_CANCELED)
		err->state = SQLSTATE_INVALID_AUTHORIZATION;
}

static void
copy_error(const Error *from, Error *out)
{
	error_set(out, from->state, from->position, "%s", from->message);
	if (from->detail != NULL)
		error_detail(out, "%s", from->detail);
	if (from->hint != NULL)
		error_hint(out, "%s", from->hint);
	if (out != NULL)
		out->retriable = from->retriable;
	classify(out);
}

/* Under the lock, which is given up meanwhile. */
static void
pause_unlocked(AwsIdentity *identity, int64_t micros)
{
	int64_t left = micros;

	if (identity->stopped_at != 0)
		left = identity->stopped_at + identity->grace - clock_monotonic(identity->configuration.clock);
	pthread_mutex_unlock(&identity->lock);
	aws_pause(&identity->configuration, Max(0, Min(micros, left)));
	pthread_mutex_lock(&identity->lock);
}

/* Under the lock. Fetches until the credentials are good. */
static bool
make_good(AwsIdentity *identity, Error *err)
{
	for (int attempt = 1; !are_good(identity); attempt++)
	{
		/* A server that refuses whatever is fetched shall not become a storm of fetches. */
		if (identity->refused && clock_monotonic(identity->configuration.clock) < identity->retry_at)
			pause_unlocked(identity, WAIT_PAUSE);
		if (is_over(identity))
			return error_set(err, SQLSTATE_QUERY_CANCELED, NO_POSITION,
							 "stopped while fetching AWS credentials");
		begin_fetch(identity);
		wait_for_fetch(identity);
		if (are_good(identity))
			break;
		if (identity->error.set && (!identity->error.retriable || attempt >= WAIT_ATTEMPTS))
		{
			copy_error(&identity->error, err);
			return false;
		}
		if (identity->error.set)
			pause_unlocked(identity, WAIT_PAUSE << (attempt - 1));
	}
	return true;
}

bool
aws_credentials_get(AwsIdentity *identity, AwsCredentials *out, Error *err)
{
	bool ok;

	pthread_mutex_lock(&identity->lock);
	(void)is_over(identity);
	ok = make_good(identity, err);
	if (ok)
		copy_credentials(&identity->current, out);
	if (ok && refresh_due(identity))
		begin_fetch(identity);
	pthread_mutex_unlock(&identity->lock);
	return ok;
}

void
aws_credentials_refused(AwsIdentity *identity, uint64_t generation)
{
	pthread_mutex_lock(&identity->lock);
	if (identity->current.generation == generation)
		identity->refused = true;
	pthread_mutex_unlock(&identity->lock);
}

void
aws_credentials_settle(AwsIdentity *identity)
{
	pthread_mutex_lock(&identity->lock);
	wait_for_fetch(identity);
	pthread_mutex_unlock(&identity->lock);
}

/* ---- opening ---- */

static bool
open_chain(AwsIdentity *identity, const AwsOpen *open, Error *err)
{
	AwsConfiguration *c = &identity->configuration;

	if (!aws_configuration_open(c, open, err) || !aws_chain_open(c, &identity->provider, err))
		return false;
	/* Only where the keys come from there, too: elsewhere nobody shall wait for an address that is not there.
	 */
	if (c->region == NULL && aws_imds_is(identity->provider) && (c->http != NULL || c->seams != NULL))
		c->region = aws_imds_region(identity->provider);
	if (c->role_arn != NULL)
		identity->provider = aws_assume_role_over(c, identity->provider);
	identity->endpoint = secret_copy(aws_configured_endpoint(c, "s3"));
	return true;
}

bool
aws_identity_open(const AwsOpen *open, AwsIdentity **out, Error *err)
{
	AwsIdentity *identity = mem_alloc_zero(sizeof *identity);

	*out = NULL;
	pthread_mutex_init(&identity->lock, NULL);
	pthread_cond_init(&identity->ended, NULL);
	identity->users = 1;
	if (!open_chain(identity, open, err))
	{
		classify(err);
		aws_identity_close(identity);
		return false;
	}
	identity->stop = open->stop;
	identity->grace = open->grace;
	identity->configuration.stop = &identity->over;
	*out = identity;
	return true;
}

AwsIdentity *
aws_identity_share(AwsIdentity *identity)
{
	pthread_mutex_lock(&identity->lock);
	identity->users++;
	pthread_mutex_unlock(&identity->lock);
	return identity;
}

static bool
has_other_users(AwsIdentity *identity)
{
	bool others;

	pthread_mutex_lock(&identity->lock);
	others = --identity->users > 0;
	pthread_mutex_unlock(&identity->lock);
	return others;
}

void
aws_identity_close(AwsIdentity *identity)
{
	if (identity == NULL || has_other_users(identity))
		return;
	atomic_store(&identity->over, true);
	aws_credentials_settle(identity);
	join_thread(identity);
	pthread_cond_destroy(&identity->ended);
	pthread_mutex_destroy(&identity->lock);
	aws_credentials_free(&identity->current);
	error_clear(&identity->error);
	aws_provider_close(identity->provider);
	aws_configuration_close(&identity->configuration);
	mem_free(identity->endpoint);
	mem_free(identity);
}

const char *
aws_region(const AwsIdentity *identity)
{
	return identity->configuration.region;
}

const char *
aws_endpoint_url(const AwsIdentity *identity)
{
	return identity->endpoint;
}

const char *
aws_ca_file(const AwsIdentity *identity)
{
	return identity->configuration.ca_file;
}

const char *
aws_provider_name(const AwsIdentity *identity)
{
	return identity->provider->name;
}
