/*
 * http_server.h: an HTTP server inside a test program, which does to each request what a script says.
 *
 * Every connection has a thread of its own. When a head is read, the script is asked for the next step: what
 * to answer, whether to read the body first, to wait, to cut the reply off or to break the connection. All
 * requests are kept for the test to look at.
 */
#ifndef WEIR_TESTS_HTTP_SERVER_H
#define WEIR_TESTS_HTTP_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/memory.h"
#include "common/str.h"

struct ServerRequest;

typedef struct ServerStep
{
	int status;          /* 0 = the connection breaks instead of an answer */
	const char *headers; /* "name: value\r\n" lines, or NULL */
	const char *body;    /* or NULL */
	size_t body_len;     /* 0 = it is text */
	int delay;           /* milliseconds before the answer */
	int drip;            /* milliseconds before each byte of the body */
	bool early;          /* answers before the body is read, and closes */
	bool hangs;          /* does not answer until the connection or the server is closed */
	bool deaf;           /* breaks the connection before the body is read, with a reset */
	bool drops;          /* closes the connection after the answer */
	size_t cut;          /* sends only so many bytes of the body, and closes; 0 = all */
	/* Says the body of the answer when that of the request is there; NULL = body. */
	const char *(*choose)(void *context, const struct ServerRequest *request);
	size_t cut_head; /* sends only so many bytes of head and body, and closes; 0 = all */
} ServerStep;

typedef struct ServerRequest
{
	char method[16];
	char target[2048];
	StrBuf head; /* all lines, as they came */
	StrBuf body;
	int connection; /* counted from 0 */
} ServerRequest;

typedef struct HttpServer HttpServer;
/* request: without its body; number: counted from 0. Under the server's lock. */
typedef ServerStep (*ServerScript)(void *context, const ServerRequest *request, int number);

enum
{
	SERVER_LIMIT = 4096
};

struct HttpServer
{
	ServerScript script;
	void *context;
	int listener;
	int port;
	pthread_t thread;
	pthread_mutex_t lock;
	bool closing;
	int connection_count;
	pthread_t threads[SERVER_LIMIT];
	int sockets[SERVER_LIMIT]; /* -1 = closed */
	int request_count;
	ServerRequest requests[SERVER_LIMIT];
};

typedef struct ServerConnection
{
	HttpServer *server;
	int number;
	int socket;
	StrBuf in;
} ServerConnection;

static bool
server_receive(ServerConnection *c)
{
	char buffer[65536];
	ssize_t n = recv(c->socket, buffer, sizeof buffer, 0);

	if (n <= 0)
		return false;
	str_append(&c->in, buffer, (size_t)n);
	return true;
}

static void
server_drop(StrBuf *buf, size_t n)
{
	memmove(buf->data, buf->data + n, buf->len - n + 1);
	buf->len -= n;
}

static bool
server_send(int socket, const char *data, size_t len)
{
	while (len > 0)
	{
		ssize_t n = send(socket, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* The value of a request's header, copied; "" when there is none. */
static UNUSED const char *
server_header(const ServerRequest *request, const char *name, char value[2048])
{
	const char *line = str_cstr(&request->head);
	size_t len = strlen(name);

	value[0] = '\0';
	for (const char *end; (end = strstr(line, "\r\n")) != NULL && end > line; line = end + 2)
		if (strncasecmp(line, name, len) == 0 && line[len] == ':')
			(void)snprintf(value, 2048, "%.*s", (int)(end - line - (ptrdiff_t)len - 2), line + len + 2);
	return value;
}

static bool
server_read_head(ServerConnection *c, ServerRequest *request)
{
	const char *end;

	while ((end = strstr(str_cstr(&c->in), "\r\n\r\n")) == NULL)
		if (!server_receive(c))
			return false;
	str_append(&request->head, c->in.data, (size_t)(end - c->in.data) + 2);
	server_drop(&c->in, (size_t)(end - c->in.data) + 4);
	request->connection = c->number;
	return sscanf(request->head.data, "%15s %2047s", request->method, request->target) == 2;
}

static bool
server_read_body(ServerConnection *c, ServerRequest *request, StrBuf *body)
{
	char value[2048];
	size_t len = strtoul(server_header(request, "content-length", value), NULL, 10);

	if (server_header(request, "expect", value)[0] != '\0' &&
		!server_send(c->socket, "HTTP/1.1 100 Continue\r\n\r\n", 25))
		return false;
	while (c->in.len < len)
		if (!server_receive(c))
			return false;
	str_append(body, str_cstr(&c->in), len);
	if (len > 0)
		server_drop(&c->in, len);
	return true;
}

/* Waits until the peer or the server closes, at most so long. */
static void
server_wait(ServerConnection *c, int milliseconds)
{
	struct pollfd p = {.fd = c->socket, .events = POLLRDHUP};

	(void)poll(&p, 1, milliseconds);
}

static bool
server_answer(ServerConnection *c, const ServerRequest *request, const ServerStep *step)
{
	StrBuf out = {0};
	size_t len = step->body_len > 0 ? step->body_len : step->body != NULL ? strlen(step->body) : 0;
	bool sent;

	str_appendf(&out, "HTTP/1.1 %d Scripted\r\n", step->status);
	if (step->headers != NULL)
		str_append_cstr(&out, step->headers);
	str_appendf(&out, "Content-Length: %zu\r\n\r\n", len);
	if (step->drip > 0)
	{
		sent = server_send(c->socket, out.data, out.len);
		str_free(&out);
		for (size_t i = 0; i < len && sent; i++)
		{
			server_wait(c, step->drip);
			sent = server_send(c->socket, step->body + i, 1);
		}
		return sent;
	}
	if (strcmp(request->method, "HEAD") != 0)
		str_append(&out, step->body != NULL ? step->body : "", step->cut > 0 ? Min(step->cut, len) : len);
	sent = server_send(c->socket, out.data, step->cut_head > 0 ? Min(step->cut_head, out.len) : out.len);
	str_free(&out);
	return sent && step->cut == 0 && step->cut_head == 0 && !step->early && !step->drops;
}

static bool
server_serve(ServerConnection *c)
{
	HttpServer *server = c->server;
	ServerRequest request = {0};
	ServerStep step;
	StrBuf body = {0};
	int number;
	bool goes_on;

	if (!server_read_head(c, &request))
	{
		str_free(&request.head);
		return false;
	}
	pthread_mutex_lock(&server->lock);
	number = server->request_count++;
	assert(number < SERVER_LIMIT);
	step = server->script(server->context, &request, number);
	server->requests[number] = request;
	pthread_mutex_unlock(&server->lock);
	if (step.deaf)
	{
		struct linger reset = {.l_onoff = 1, .l_linger = 0};

		(void)setsockopt(c->socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		return false;
	}
	if (!step.early && !server_read_body(c, &request, &body))
	{
		str_free(&body);
		return false;
	}
	pthread_mutex_lock(&server->lock);
	server->requests[number].body = body;
	if (step.choose != NULL)
		step.body = step.choose(server->context, &server->requests[number]);
	pthread_mutex_unlock(&server->lock);
	if (step.delay > 0 || step.hangs)
		server_wait(c, step.hangs ? -1 : step.delay);
	goes_on = step.status != 0 && !step.hangs && server_answer(c, &request, &step);
	return goes_on;
}

static void *
server_connection(void *context)
{
	ServerConnection *c = context;

	while (server_serve(c))
		;
	pthread_mutex_lock(&c->server->lock);
	c->server->sockets[c->number] = -1;
	pthread_mutex_unlock(&c->server->lock);
	close(c->socket);
	str_free(&c->in);
	mem_free(c);
	return NULL;
}

static void *
server_run(void *context)
{
	HttpServer *server = context;

	for (;;)
	{
		int socket = accept(server->listener, NULL, NULL);
		ServerConnection *c;

		if (socket < 0)
			return NULL;
		pthread_mutex_lock(&server->lock);
		if (server->closing)
		{
			pthread_mutex_unlock(&server->lock);
			close(socket);
			return NULL;
		}
		c = mem_alloc_zero(sizeof *c);
		*c = (ServerConnection){.server = server, .socket = socket, .number = server->connection_count++};
		assert(c->number < SERVER_LIMIT);
		server->sockets[c->number] = socket;
		pthread_create(&server->threads[c->number], NULL, server_connection, c);
		pthread_mutex_unlock(&server->lock);
	}
}

static HttpServer *
server_start(ServerScript script, void *context)
{
	HttpServer *server = mem_alloc_zero(sizeof *server);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof address;

	server->script = script;
	server->context = context;
	pthread_mutex_init(&server->lock, NULL);
	server->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(server->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
		listen(server->listener, 64) != 0 ||
		getsockname(server->listener, (struct sockaddr *)&address, &len) != 0)
		abort();
	server->port = ntohs(address.sin_port);
	pthread_create(&server->thread, NULL, server_run, server);
	return server;
}

static void
server_stop(HttpServer *server)
{
	pthread_mutex_lock(&server->lock);
	server->closing = true;
	for (int i = 0; i < server->connection_count; i++)
		if (server->sockets[i] >= 0)
			shutdown(server->sockets[i], SHUT_RDWR);
	pthread_mutex_unlock(&server->lock);
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
	for (int i = 0; i < server->connection_count; i++)
		pthread_join(server->threads[i], NULL);
	for (int i = 0; i < server->request_count; i++)
	{
		str_free(&server->requests[i].head);
		str_free(&server->requests[i].body);
	}
	pthread_mutex_destroy(&server->lock);
	mem_free(server);
}

/* The n-th request, which the server is done with. */
static UNUSED const ServerRequest *
server_request(HttpServer *server, int n)
{
	const ServerRequest *request;

	pthread_mutex_lock(&server->lock);
	assert(n < server->request_count);
	request = &server->requests[n];
	pthread_mutex_unlock(&server->lock);
	return request;
}

static UNUSED int
server_request_count(HttpServer *server)
{
	int count;

	pthread_mutex_lock(&server->lock);
	count = server->request_count;
	pthread_mutex_unlock(&server->lock);
	return count;
}

#endif
