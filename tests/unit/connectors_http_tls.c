/*
 * connectors_http_tls: what is asked of a server's certificate: a chain to a trusted one, the host's name, a
 * date that has not passed, and TLS 1.2 at least. Certificates are made here.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "connectors/http.h"

typedef struct TlsServer
{
	SSL_CTX *context;
	int listener;
	int port;
	pthread_t thread;
	atomic_int requests;
	char ca_file[64];
} TlsServer;

/* A certificate of its own for a name, good until so many seconds from now. */
static X509 *
make_certificate(EVP_PKEY *key, const char *name, long seconds)
{
	X509 *x = X509_new();
	X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, name);

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -7200);
	X509_gmtime_adj(X509_getm_notAfter(x), seconds);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
							   (const unsigned char *)"weir test", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_add_ext(x, names, -1);
	X509_EXTENSION_free(names);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	return x;
}

static void
answer(TlsServer *server, SSL *ssl)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
	char buffer[4096];

	if (SSL_accept(ssl) != 1 || SSL_read(ssl, buffer, sizeof buffer) <= 0)
		return;
	atomic_fetch_add(&server->requests, 1);
	(void)SSL_write(ssl, reply, sizeof reply - 1);
	(void)SSL_shutdown(ssl);
}

static void *
serve(void *context)
{
	TlsServer *server = context;
	int socket;

	while ((socket = accept(server->listener, NULL, NULL)) >= 0)
	{
		SSL *ssl = SSL_new(server->context);

		SSL_set_fd(ssl, socket);
		answer(server, ssl);
		SSL_free(ssl);
		close(socket);
	}
	return NULL;
}

static void
start(TlsServer *server, const char *name, long seconds, int version)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof address;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = make_certificate(key, name, seconds);
	FILE *file;

	*server =
		(TlsServer){.context = SSL_CTX_new(TLS_server_method()), .listener = socket(AF_INET, SOCK_STREAM, 0)};
	strcpy(server->ca_file, "/tmp/weir_tls_XXXXXX");
	file = fdopen(mkstemp(server->ca_file), "w");
	PEM_write_X509(file, certificate);
	fclose(file);
	SSL_CTX_use_certificate(server->context, certificate);
	SSL_CTX_use_PrivateKey(server->context, key);
	/* Old versions need old algorithms. */
	SSL_CTX_set_security_level(server->context, 0);
	SSL_CTX_set_min_proto_version(server->context, version);
	SSL_CTX_set_max_proto_version(server->context, version);
	X509_free(certificate);
	EVP_PKEY_free(key);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(server->listener, 8), 0);
	assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &len), 0);
	server->port = ntohs(address.sin_port);
	pthread_create(&server->thread, NULL, serve, server);
}

static void
stop(TlsServer *server)
{
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
	unlink(server->ca_file);
	SSL_CTX_free(server->context);
}

typedef struct Case
{
	const char *what;
	const char *name;
	long seconds;
	int version;
	const char *ca_file; /* NULL = the server's certificate */
	HttpFault fault;
} Case;

static const Case cases[] = {
	{"all is well", "DNS:localhost", 3600, TLS1_2_VERSION, NULL, HTTP_DONE},
	{"TLS 1.3", "DNS:localhost", 3600, TLS1_3_VERSION, NULL, HTTP_DONE},
	{"nobody we trust", "DNS:localhost", 3600, TLS1_3_VERSION, "", HTTP_UNTRUSTED},
	{"a CA file that is not there", "DNS:localhost", 3600, TLS1_3_VERSION, "/nonexistent", HTTP_UNTRUSTED},
	{"another name", "DNS:elsewhere.test", 3600, TLS1_3_VERSION, NULL, HTTP_UNTRUSTED},
	{"out of date", "DNS:localhost", -3600, TLS1_3_VERSION, NULL, HTTP_UNTRUSTED},
	{"TLS 1.1", "DNS:localhost", 3600, TLS1_1_VERSION, NULL, HTTP_CONNECT},
};

static void
test_certificates(void **state UNUSED)
{
	for (size_t i = 0; i < lengthof(cases); i++)
	{
		const Case *c = &cases[i];
		HttpEngine *engine;
		TlsServer server;
		HttpReply reply = {0};
		char url[64];
		HttpRequest request = {.method = "GET", .url = url};

		print_message("%s\n", c->what);
		start(&server, c->name, c->seconds, c->version);
		assert_true(http_engine_open(1, &engine, NULL));
		(void)snprintf(url, sizeof url, "https://localhost:%d/", server.port);
		request.ca_file = c->ca_file == NULL ? server.ca_file : c->ca_file[0] == '\0' ? NULL : c->ca_file;
		http_perform(engine, &request, NULL, &reply);
		assert_int_equal(reply.fault, c->fault);
		assert_int_equal(reply.unsent, c->fault != HTTP_DONE);
		assert_int_equal(atomic_load(&server.requests), c->fault == HTTP_DONE);
		http_reply_free(&reply);
		http_engine_close(engine);
		stop(&server);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_certificates)};

	setenv("no_proxy", "localhost", 1);
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
