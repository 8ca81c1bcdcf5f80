/*
 * s3_client.c: calls, their lists, and the thread that takes them from one to the next (contract in
 * s3_client.h, places of calls in s3_call.h).
 *
 * The thread attempts what is due, judges what was replied, and ten times a second looks at what is over: by
 * patience, by the job's stop, by its caller. Attempts that would only queue in the HTTP engine are kept
 * back, since a signature ages. Where it waits for credentials all calls wait, since none could be signed.
 */
#include "connectors/s3_client.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "common/memory.h"
#include "common/types/calendar.h"
#include "connectors/s3_call.h"

#define TICK (100 * MICROS_PER_MILLISECOND)
/* While there are no calls: the grace of those that come later counts from the stop, not from themselves. */
#define IDLE_TICK MICROS_PER_SECOND
/* Trouble is told when a call has failed for so long, and then each time that so much has passed. */
#define TROUBLE_AFTER (5 * MICROS_PER_SECOND)
#define TROUBLE_EVERY (30 * MICROS_PER_SECOND)

/* ---- moving calls; by the client's thread ---- */

static void
put(S3Call *call, S3Place place)
{
	S3Client *client = call->client;
	S3Call *before;

	pthread_mutex_lock(&client->lock);
	call->place = place;
	if (place == S3_ENDED)
		pthread_cond_broadcast(&client->ended);
	else if (place == S3_WAITING)
	{
		before = TAILQ_LAST(&client->lists[place], S3CallList);
		while (before != NULL && before->due > call->due)
			before = TAILQ_PREV(before, S3CallList, link);
		if (before == NULL)
			TAILQ_INSERT_HEAD(&client->lists[place], call, link);
		else
			TAILQ_INSERT_AFTER(&client->lists[place], before, call, link);
	}
	else
		TAILQ_INSERT_TAIL(&client->lists[place], call, link);
	pthread_mutex_unlock(&client->lock);
}

void
s3_queue(S3Call *call)
{
	if (call->cancelled || s3_is_over(call))
		s3_end_unanswered(call);
	else
		put(call, S3_QUEUED);
}

void
s3_wait_until(S3Call *call, int64_t due)
{
	call->due = due;
	put(call, S3_WAITING);
}

static const S3Call *
longest_failing(S3Client *client)
{
	const S3Call *worst = NULL, *call;

	for (S3Place place = S3_QUEUED; place < S3_ENDED; place++)
		TAILQ_FOREACH(call, &client->lists[place], link)
	if (call->failing_since != 0 && (worst == NULL || call->failing_since < worst->failing_since))
		worst = call;
	return worst;
}

/* Tells that it is over when nothing that was told of goes on. */
static void
end_trouble(S3Client *client)
{
	bool over;

	if (client->told_at == 0)
		return;
	pthread_mutex_lock(&client->lock);
	over = longest_failing(client) == NULL;
	pthread_mutex_unlock(&client->lock);
	if (!over)
		return;
	client->told_at = 0;
	client->open.trouble(client->open.trouble_context, s3_now(client), NULL);
}

void
s3_end(S3Call *call, bool good)
{
	S3Client *client = call->client;

	call->good = good;
	s3_wipe(&call->secrets);
	if (good)
	{
		client->budget += call->charge + 1;
		end_trouble(client);
	}
	put(call, S3_ENDED);
}

/* ---- time ---- */

static int64_t
deadline(const S3Call *call)
{
	const S3Client *client = call->client;
	int64_t end = INT64_MAX, stop;

	if (client->open.patience > 0 && client->open.patience < INT64_MAX - call->begun)
		end = call->begun + client->open.patience;
	if (client->stopped_at != 0 && !__builtin_add_overflow(client->stopped_at, client->open.grace, &stop))
		end = Min(end, stop);
	return end;
}

bool
s3_is_over(const S3Call *call)
{
	return s3_now(call->client) >= deadline(call);
}

static bool
is_unwanted(const S3Call *call, int64_t now)
{
	return call->cancelled || now >= deadline(call);
}

/* Ends, or cancels in the HTTP engine, what is unwanted. Under the lock, which is given up to end one. */
static void
end_unwanted(S3Client *client)
{
	int64_t now = s3_now(client);
	S3Call *call, *next;

	TAILQ_FOREACH(call, &client->lists[S3_SENT], link)
	if (call->http != NULL && is_unwanted(call, now))
		http_cancel(client->open.http, call->http);
	for (S3Place place = S3_QUEUED; place <= S3_WAITING; place++)
		for (call = TAILQ_FIRST(&client->lists[place]); call != NULL; call = next)
		{
			next = TAILQ_NEXT(call, link);
			if (!is_unwanted(call, now))
				continue;
			TAILQ_REMOVE(&client->lists[place], call, link);
			pthread_mutex_unlock(&client->lock);
			s3_end_unanswered(call);
			pthread_mutex_lock(&client->lock);
			/* Others may only have added to the list's end meanwhile. */
		}
}

/* Under the lock, which is given up to tell. */
static void
tell_trouble(S3Client *client, int64_t now)
{
	const S3Call *worst;
	char reason[sizeof worst->reason];
	int64_t since;

	if (client->open.trouble == NULL || (client->told_at != 0 && now - client->told_at < TROUBLE_EVERY))
		return;
	worst = longest_failing(client);
	if (worst == NULL || now - worst->failing_since < TROUBLE_AFTER)
		return;
	since = worst->failing_since;
	memcpy(reason, worst->reason, sizeof reason);
	client->told_at = now;
	pthread_mutex_unlock(&client->lock);
	client->open.trouble(client->open.trouble_context, since, reason);
	pthread_mutex_lock(&client->lock);
}

/* Under the lock. */
static void
look(S3Client *client)
{
	int64_t now = s3_now(client);

	if (client->stopped_at == 0 && client->open.stop != NULL && atomic_load(client->open.stop))
		client->stopped_at = now;
	if (!client->cancels && now - client->looked_at < TICK)
		return;
	client->cancels = false;
	client->looked_at = now;
	end_unwanted(client);
	tell_trouble(client, now);
}

/* ---- the thread ---- */

/* What was replied comes first, since it makes room. Under the lock. */
static S3Call *
take_next(S3Client *client, bool *replied)
{
	S3Call *call = TAILQ_FIRST(&client->lists[S3_REPLIED]);

	*replied = call != NULL;
	if (call != NULL)
		client->sent_count--;
	else if (client->sent_count < http_engine_connections(client->open.http))
	{
		call = TAILQ_FIRST(&client->lists[S3_WAITING]);
		if (call == NULL || call->due > s3_now(client))
			call = TAILQ_FIRST(&client->lists[S3_QUEUED]);
	}
	if (call != NULL)
		TAILQ_REMOVE(&client->lists[call->place], call, link);
	return call;
}

/* Under the lock. */
static void
wait_for_work(S3Client *client)
{
	const S3Call *waiting = TAILQ_FIRST(&client->lists[S3_WAITING]);
	bool idle =
		waiting == NULL && TAILQ_EMPTY(&client->lists[S3_QUEUED]) && TAILQ_EMPTY(&client->lists[S3_SENT]);
	int64_t wait = idle ? IDLE_TICK : TICK;
	struct timespec until;

	if (idle && (client->open.stop == NULL || client->stopped_at != 0))
	{
		pthread_cond_wait(&client->work, &client->lock);
		return;
	}
	if (waiting != NULL && client->sent_count < http_engine_connections(client->open.http))
		wait = Max(0, Min(wait, waiting->due - s3_now(client)));
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(wait % MICROS_PER_SECOND) * 1000;
	until.tv_sec += until.tv_nsec / 1000000000 + wait / MICROS_PER_SECOND;
	until.tv_nsec %= 1000000000;
	(void)pthread_cond_timedwait(&client->work, &client->lock, &until);
}

static void *
run(void *context)
{
	S3Client *client = context;

	pthread_mutex_lock(&client->lock);
	while (!client->closing)
	{
		bool replied;
		S3Call *call = take_next(client, &replied);

		if (call != NULL)
		{
			pthread_mutex_unlock(&client->lock);
			if (replied)
				s3_judge(call);
			else if (is_unwanted(call, s3_now(client)))
				s3_end_unanswered(call);
			else
				s3_attempt(call);
			pthread_mutex_lock(&client->lock);
		}
		look(client);
		if (call == NULL && !client->closing && !client->cancels && TAILQ_EMPTY(&client->lists[S3_REPLIED]))
			wait_for_work(client);
	}
	pthread_mutex_unlock(&client->lock);
	return NULL;
}

/* Signals are for the other threads. */
static bool
start_thread(S3Client *client)
{
	sigset_t all, old;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	failed = pthread_create(&client->thread, NULL, run, client);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return failed == 0;
}

static void
init_locks(S3Client *client)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&client->lock, NULL);
	pthread_cond_init(&client->ended, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&client->work, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static void
free_client(S3Client *client)
{
	pthread_cond_destroy(&client->work);
	pthread_cond_destroy(&client->ended);
	pthread_mutex_destroy(&client->lock);
	sigv4_cache_wipe(&client->signing_key);
	s3_endpoint_free(&client->endpoint);
	mem_free(client);
}

bool
s3_client_open(const S3Open *open, S3Client **out, Error *err)
{
	const char *endpoint = open->endpoint != NULL ? open->endpoint : aws_endpoint_url(open->identity);
	const char *region = aws_region(open->identity);
	S3Client *client;

	if (region != NULL && !s3_region_is_valid(region))
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "\"%s\" is not the name of a region", region);
	client = mem_alloc_zero(sizeof *client);
	client->open = *open;
	client->budget_at = s3_now(client);
	client->budget = S3_BUDGET;
	/* Any bucket can be found from there. */
	(void)snprintf(client->region, sizeof client->region, "%s", region != NULL ? region : "us-east-1");
	for (S3Place place = S3_QUEUED; place < S3_ENDED; place++)
		TAILQ_INIT(&client->lists[place]);
	init_locks(client);
	if (!s3_endpoint_init(&client->endpoint, open->bucket, endpoint, open->addressing, open->allow_plaintext,
						  err))
	{
		free_client(client);
		return false;
	}
	if (!start_thread(client))
	{
		free_client(client);
		return error_set(err, SQLSTATE_INTERNAL_ERROR, NO_POSITION,
						 "could not start the thread of an S3 client");
	}
	*out = client;
	return true;
}

void
s3_client_close(S3Client *client)
{
	if (client == NULL)
		return;
	pthread_mutex_lock(&client->lock);
	for (S3Place place = S3_QUEUED; place < S3_ENDED; place++)
		assert(TAILQ_EMPTY(&client->lists[place]));
	client->closing = true;
	pthread_cond_signal(&client->work);
	pthread_mutex_unlock(&client->lock);
	pthread_join(client->thread, NULL);
	aws_identity_close(client->open.identity);
	free_client(client);
}

S3Traffic
s3_traffic(S3Client *client)
{
	S3Traffic traffic;

	pthread_mutex_lock(&client->lock);
	traffic = client->traffic;
	pthread_mutex_unlock(&client->lock);
	return traffic;
}

/* ---- calls; by any thread ---- */

static const char *
copy_text(S3Call *call, const char *text)
{
	return text != NULL ? arena_strdup(&call->arena, text) : NULL;
}

static void
copy_request(S3Call *call, const S3Request *request)
{
	SigV4Parameter *parameters =
		arena_alloc(&call->arena, sizeof *parameters * (request->parameter_count + 1));
	HttpHeader *headers = arena_alloc(&call->arena, sizeof *headers * (request->header_count + 1));

	for (size_t i = 0; i < request->parameter_count; i++)
		parameters[i] = (SigV4Parameter){copy_text(call, request->parameters[i].name),
										 copy_text(call, request->parameters[i].value)};
	for (size_t i = 0; i < request->header_count; i++)
	{
		headers[i] = (HttpHeader){copy_text(call, request->headers[i].name),
								  copy_text(call, request->headers[i].value)};
		call->xml = call->xml || strcmp(headers[i].name, "x-amz-copy-source") == 0;
		call->conditional = call->conditional || strcmp(headers[i].name, "if-none-match") == 0;
	}
	call->request = *request;
	call->request.method = copy_text(call, request->method);
	call->request.key = copy_text(call, request->key);
	call->request.parameters = parameters;
	call->request.headers = headers;
	call->request.payload_sha256 = call->payload_sha256;
	call->xml = call->xml || strcmp(request->method, "POST") == 0 ||
				(strcmp(request->method, "GET") == 0 && request->key == NULL);
	if (request->payload_sha256 != NULL)
		(void)snprintf(call->payload_sha256, sizeof call->payload_sha256, "%s", request->payload_sha256);
	else
		sigv4_sha256(request->body, call->payload_sha256);
}

S3Call *
s3_begin(S3Client *client, const S3Request *request)
{
	S3Call *call = mem_alloc_zero(sizeof *call);

	call->client = client;
	arena_init(&call->arena, "S3 call");
	copy_request(call, request);
	call->begun = s3_now(client);
	pthread_mutex_lock(&client->lock);
	call->place = S3_QUEUED;
	TAILQ_INSERT_TAIL(&client->lists[S3_QUEUED], call, link);
	pthread_cond_signal(&client->work);
	pthread_mutex_unlock(&client->lock);
	return call;
}

bool
s3_ended(S3Call *call)
{
	bool ended;

	pthread_mutex_lock(&call->client->lock);
	ended = call->place == S3_ENDED;
	pthread_mutex_unlock(&call->client->lock);
	return ended;
}

const S3Request *
s3_call_request(const S3Call *call)
{
	return &call->request;
}

static void
wait_for_end(S3Call *call, bool cancel)
{
	S3Client *client = call->client;

	pthread_mutex_lock(&client->lock);
	if (cancel && call->place != S3_ENDED)
	{
		call->cancelled = true;
		client->cancels = true;
		pthread_cond_signal(&client->work);
	}
	while (call->place != S3_ENDED)
		pthread_cond_wait(&client->ended, &client->lock);
	pthread_mutex_unlock(&client->lock);
}

bool
s3_wait(S3Call *call, S3Reply *reply, Error *err)
{
	wait_for_end(call, false);
	*reply = call->reply;
	call->reply = (S3Reply){0};
	if (call->good)
		return true;
	if (err == NULL)
		return false;
	error_clear(err);
	error_move(err, &call->error);
	return false;
}

void
s3_call_free(S3Call *call)
{
	if (call == NULL)
		return;
	wait_for_end(call, true);
	s3_reply_free(&call->reply);
	http_reply_free(&call->raw);
	error_clear(&call->error);
	s3_wipe(&call->secrets);
	str_free(&call->secrets);
	arena_release(&call->arena);
	mem_free(call);
}

void
s3_reply_free(S3Reply *reply)
{
	http_reply_free(&reply->http);
	*reply = (S3Reply){0};
}

bool
s3_perform(S3Client *client, const S3Request *request, S3Reply *reply, Error *err)
{
	S3Call *call = s3_begin(client, request);
	bool good = s3_wait(call, reply, err);

	s3_call_free(call);
	return good;
}
