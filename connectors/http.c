/*
 * http.c: the thread that runs transfers with curl_multi (contract in http.h).
 *
 * A call is in one place at a time: incoming (put there by any thread, under the lock), ready, or active in
 * libcurl. Only the engine's thread moves it on from there, ends it, calls back and frees it. No
 * more transfers are active than there may be connections; libcurl's own queue would let connect time-outs
 * run while a transfer waits for its turn.
 */
#include "connectors/http.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <sys/queue.h>
#include <time.h>

#include "common/clock.h"
#include "common/memory.h"
#include "common/types/calendar.h"
#include "connectors/http_transfer.h"

#define STALL_TIMEOUT (30 * INT64_C(1000000))
/* How often transfers are looked at, at most and at least. */
#define WATCH_MOST (1 * INT64_C(1000000))
#define WATCH_LEAST INT64_C(5000)
/* How soon a waiting caller sees that it should stop. */
#define STOP_TICK_NANOSECONDS 20000000

typedef enum Place
{
	PLACE_INCOMING,
	PLACE_READY,
	PLACE_ACTIVE
} Place;

typedef TAILQ_HEAD(CallList, HttpCall) CallList;

struct HttpCall
{
	HttpTransfer transfer;
	bool invalid;
	HttpCallback done;
	void *context;
	Place place;
	TAILQ_ENTRY(HttpCall) link;        /* of its place */
	TAILQ_ENTRY(HttpCall) cancel_link; /* if cancelling */
	bool cancelling;
	int64_t stall_timeout;
	uint64_t stall_bytes;
	uint64_t moved; /* bytes, when there last were enough of them */
	int64_t moved_at;
};

struct HttpEngine
{
	CURLM *multi;
	CURLSH *share; /* TLS sessions */
	int connections;
	pthread_t thread;
	pthread_mutex_t lock; /* of the next three */
	CallList incoming;
	CallList cancelled;
	bool closing;
	/* Of the thread alone. */
	CallList ready;
	CallList active;
	int active_count;
	int64_t watched_at;
};

static int64_t
monotonic(void)
{
	return clock_monotonic(&system_clock);
}

/* ---- moving calls; by the engine's thread ---- */

static CallList *
list_of(HttpEngine *engine, Place place)
{
	switch (place)
	{
		case PLACE_INCOMING: return &engine->incoming;
		case PLACE_READY: return &engine->ready;
		default: return &engine->active;
	}
}

static void
leave(HttpEngine *engine, HttpCall *call)
{
	TAILQ_REMOVE(list_of(engine, call->place), call, link);
	if (call->place != PLACE_ACTIVE)
		return;
	engine->active_count--;
	curl_multi_remove_handle(engine->multi, call->transfer.easy);
}

/* Calls back and frees; the call is in no place any more. */
static void
finish(HttpEngine *engine, HttpCall *call)
{
	call->done(call->context, &call->transfer.reply);
	/* Until then it may have been cancelled. */
	pthread_mutex_lock(&engine->lock);
	if (call->cancelling)
		TAILQ_REMOVE(&engine->cancelled, call, cancel_link);
	pthread_mutex_unlock(&engine->lock);
	http_transfer_free(&call->transfer);
	mem_free(call);
}

static void
take_incoming(HttpEngine *engine)
{
	HttpCall *call;

	pthread_mutex_lock(&engine->lock);
	while ((call = TAILQ_FIRST(&engine->incoming)) != NULL)
	{
		TAILQ_REMOVE(&engine->incoming, call, link);
		call->place = PLACE_READY;
		TAILQ_INSERT_TAIL(&engine->ready, call, link);
	}
	pthread_mutex_unlock(&engine->lock);
}

/* The next call that is to be cancelled, out of its place; NULL when there is none. */
static HttpCall *
take_cancelled(HttpEngine *engine)
{
	HttpCall *call;

	pthread_mutex_lock(&engine->lock);
	call = TAILQ_FIRST(&engine->cancelled);
	if (call == NULL && engine->closing)
	{
		call = TAILQ_FIRST(&engine->incoming);
		for (Place place = PLACE_READY; call == NULL && place <= PLACE_ACTIVE; place++)
			call = TAILQ_FIRST(list_of(engine, place));
	}
	if (call != NULL)
		leave(engine, call);
	pthread_mutex_unlock(&engine->lock);
	return call;
}

static void
cancel_calls(HttpEngine *engine)
{
	HttpCall *call;

	while ((call = take_cancelled(engine)) != NULL)
	{
		http_transfer_abort(&call->transfer, HTTP_CANCELED, "cancelled");
		finish(engine, call);
	}
}

static void
activate(HttpEngine *engine, HttpCall *call)
{
	TAILQ_REMOVE(&engine->ready, call, link);
	if (call->invalid)
	{
		finish(engine, call);
		return;
	}
	call->place = PLACE_ACTIVE;
	call->moved_at = monotonic();
	curl_easy_setopt(call->transfer.easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(call->transfer.easy, CURLOPT_SHARE, engine->share);
	TAILQ_INSERT_TAIL(&engine->active, call, link);
	engine->active_count++;
	if (curl_multi_add_handle(engine->multi, call->transfer.easy) == CURLM_OK)
		return;
	leave(engine, call);
	http_transfer_abort(&call->transfer, HTTP_CONNECT, "libcurl does not take the request");
	finish(engine, call);
}

static void
activate_ready(HttpEngine *engine)
{
	HttpCall *call;

	while (engine->active_count < engine->connections && (call = TAILQ_FIRST(&engine->ready)) != NULL)
		activate(engine, call);
}

/* ---- what libcurl has done ---- */

static void
finish_done(HttpEngine *engine)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(engine->multi, &left)) != NULL)
	{
		CURLcode result = message->data.result;
		char *private = NULL;
		HttpCall *call;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
		call = (HttpCall *)(void *)private;
		leave(engine, call);
		http_transfer_end(&call->transfer, result);
		finish(engine, call);
	}
}

/* How often the active calls must be looked at to see their stalls in time. */
static int64_t
watch_interval(const HttpEngine *engine)
{
	int64_t interval = WATCH_MOST;
	const HttpCall *call;

	TAILQ_FOREACH(call, &engine->active, link)
	interval = Min(interval, call->stall_timeout / 8);
	return Max(interval, WATCH_LEAST);
}

static bool
has_stalled(HttpCall *call, int64_t now)
{
	uint64_t moved = http_transfer_moved(&call->transfer);

	if (moved - call->moved >= call->stall_bytes)
	{
		call->moved = moved;
		call->moved_at = now;
	}
	/* libcurl itself ends what does not get a connection. */
	return call->transfer.begun && now - call->moved_at >= call->stall_timeout;
}

/* Ends what stalls. Returns the interval to the next look. */
static int64_t
watch_active(HttpEngine *engine)
{
	int64_t now = monotonic(), interval = watch_interval(engine);
	HttpCall *call, *next;

	if (now - engine->watched_at < interval)
		return interval;
	engine->watched_at = now;
	for (call = TAILQ_FIRST(&engine->active); call != NULL; call = next)
	{
		next = TAILQ_NEXT(call, link);
		if (!has_stalled(call, now))
			continue;
		leave(engine, call);
		http_transfer_abort(&call->transfer, HTTP_TIMEOUT, "too little came or went within the time-out");
		finish(engine, call);
	}
	return interval;
}

/* ---- the thread ---- */

static int
poll_milliseconds(const HttpEngine *engine, int64_t watch)
{
	int64_t wait = TAILQ_EMPTY(&engine->active) ? 60 * INT64_C(1000000) : watch;

	if (!TAILQ_EMPTY(&engine->ready) && engine->active_count < engine->connections)
		return 0;
	return (int)(Max(wait, 0) / 1000 + (wait > 0));
}

static bool
is_over(HttpEngine *engine)
{
	bool over;

	pthread_mutex_lock(&engine->lock);
	over = engine->closing && TAILQ_EMPTY(&engine->incoming);
	pthread_mutex_unlock(&engine->lock);
	return over;
}

static void *
run(void *context)
{
	HttpEngine *engine = context;

	for (;;)
	{
		int running;
		int64_t watch;

		take_incoming(engine);
		cancel_calls(engine);
		if (is_over(engine))
			return NULL;
		activate_ready(engine);
		curl_multi_perform(engine->multi, &running);
		finish_done(engine);
		watch = watch_active(engine);
		curl_multi_poll(engine->multi, NULL, 0, poll_milliseconds(engine, watch), NULL);
	}
}

static void
init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Signals are for the other threads. */
static bool
start_thread(HttpEngine *engine)
{
	sigset_t all, old;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	failed = pthread_create(&engine->thread, NULL, run, engine);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return failed == 0;
}

static void
free_engine(HttpEngine *engine)
{
	if (engine->multi != NULL)
		curl_multi_cleanup(engine->multi);
	if (engine->share != NULL)
		curl_share_cleanup(engine->share);
	pthread_mutex_destroy(&engine->lock);
	mem_free(engine);
}

bool
http_engine_open(int connections, HttpEngine **out, Error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	HttpEngine *engine;

	assert(connections > 0);
	pthread_once(&once, init_curl);
	engine = mem_alloc_zero(sizeof *engine);
	engine->connections = connections;
	engine->multi = curl_multi_init();
	engine->share = curl_share_init();
	pthread_mutex_init(&engine->lock, NULL);
	TAILQ_INIT(&engine->incoming);
	TAILQ_INIT(&engine->cancelled);
	TAILQ_INIT(&engine->ready);
	TAILQ_INIT(&engine->active);
	if (engine->multi != NULL && engine->share != NULL)
	{
		curl_multi_setopt(engine->multi, CURLMOPT_MAXCONNECTS, (long)connections);
		curl_share_setopt(engine->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
		if (start_thread(engine))
		{
			*out = engine;
			return true;
		}
	}
	free_engine(engine);
	return error_set(err, SQLSTATE_INTERNAL_ERROR, NO_POSITION,
					 "could not start the thread of HTTP requests");
}

void
http_engine_close(HttpEngine *engine)
{
	if (engine == NULL)
		return;
	pthread_mutex_lock(&engine->lock);
	engine->closing = true;
	pthread_mutex_unlock(&engine->lock);
	curl_multi_wakeup(engine->multi);
	pthread_join(engine->thread, NULL);
	free_engine(engine);
}

int
http_engine_connections(const HttpEngine *engine)
{
	return engine->connections;
}

/* ---- calls; by any thread ---- */

HttpCall *
http_begin(HttpEngine *engine, const HttpRequest *request, HttpCallback done, void *context)
{
	HttpCall *call = mem_alloc_zero(sizeof *call);

	call->invalid = !http_transfer_init(&call->transfer, request);
	call->done = done;
	call->context = context;
	call->stall_timeout = request->stall_timeout > 0 ? request->stall_timeout : STALL_TIMEOUT;
	call->stall_bytes = Max(request->stall_bytes, 1);
	pthread_mutex_lock(&engine->lock);
	TAILQ_INSERT_TAIL(&engine->incoming, call, link);
	pthread_mutex_unlock(&engine->lock);
	curl_multi_wakeup(engine->multi);
	return call;
}

void
http_cancel(HttpEngine *engine, HttpCall *call)
{
	pthread_mutex_lock(&engine->lock);
	if (!call->cancelling)
	{
		call->cancelling = true;
		TAILQ_INSERT_TAIL(&engine->cancelled, call, cancel_link);
	}
	pthread_mutex_unlock(&engine->lock);
	curl_multi_wakeup(engine->multi);
}

/* Who waits in http_perform(). */
typedef struct Waiter
{
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool ended;
	HttpReply *reply;
} Waiter;

static void
wake_waiter(void *context, HttpReply *reply)
{
	Waiter *waiter = context;

	pthread_mutex_lock(&waiter->lock);
	*waiter->reply = *reply;
	waiter->ended = true;
	pthread_cond_signal(&waiter->wake);
	pthread_mutex_unlock(&waiter->lock);
}

/* True: the call has ended. */
static bool
wait_a_tick(Waiter *waiter)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += STOP_TICK_NANOSECONDS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	if (!waiter->ended)
		(void)pthread_cond_timedwait(&waiter->wake, &waiter->lock, &until);
	return waiter->ended;
}

void
http_perform(HttpEngine *engine, const HttpRequest *request, const atomic_bool *stop, HttpReply *reply)
{
	Waiter waiter = {.reply = reply};
	HttpCall *call;
	int64_t grace = request->stop_grace;
	bool cancelled = false;

	pthread_mutex_init(&waiter.lock, NULL);
	pthread_cond_init(&waiter.wake, NULL);
	pthread_mutex_lock(&waiter.lock);
	call = http_begin(engine, request, wake_waiter, &waiter);
	while (stop != NULL ? !wait_a_tick(&waiter) : !waiter.ended)
	{
		if (stop == NULL)
			pthread_cond_wait(&waiter.wake, &waiter.lock);
		else if (!cancelled && atomic_load(stop) && (grace -= STOP_TICK_NANOSECONDS / 1000) < 0)
		{
			http_cancel(engine, call);
			cancelled = true;
		}
	}
	pthread_mutex_unlock(&waiter.lock);
	pthread_cond_destroy(&waiter.wake);
	pthread_mutex_destroy(&waiter.lock);
}

/* ---- hosts ---- */

bool
http_is_loopback(const char *host)
{
	struct in_addr four;

	return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 || strcmp(host, "::1") == 0 ||
		   (inet_pton(AF_INET, host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127);
}

/* ---- replies ---- */

const char *
http_reply_header(const HttpReply *reply, const char *name, StrBuf *value)
{
	const char *line = str_cstr(&reply->head);
	size_t len = strlen(name);

	for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
	{
		if ((size_t)(end - line) < len + 2 || memcmp(line, name, len) != 0 || line[len] != ':')
			continue;
		str_clear(value);
		str_append(value, line + len + 2, (size_t)(end - line) - len - 2);
		return str_cstr(value);
	}
	return NULL;
}

bool
http_reply_date(const HttpReply *reply, int64_t *out)
{
	StrBuf value = {0};
	const char *text = http_reply_header(reply, "date", &value);
	time_t seconds = text != NULL ? curl_getdate(text, NULL) : -1;

	str_free(&value);
	if (seconds < 0)
		return false;
	*out = ((int64_t)seconds - CLOCK_UNIX_EPOCH_OFFSET) * MICROS_PER_SECOND;
	return true;
}

int64_t
http_reply_retry_after(const HttpReply *reply)
{
	StrBuf value = {0};
	const char *text = http_reply_header(reply, "retry-after", &value);
	int64_t seconds = text != NULL ? strtoll(text, NULL, 10) : 0;

	str_free(&value);
	return Max(0, Min(seconds, INT32_MAX)) * MICROS_PER_SECOND;
}

void
http_reply_free(HttpReply *reply)
{
	str_free(&reply->head);
	str_free(&reply->body);
	*reply = (HttpReply){0};
}
