/*
 * kafka_client.c: librdkafka instances (contract in kafka_client.h).
 */
#include "connectors/kafka_client.h"

#include <stdio.h>
#include <time.h>

#include "common/suggest.h"

enum
{
	LINES_PER_SECOND = 5,
	ATTEMPT_MS = 500,
	ATTEMPTS = 20,
	DOWN_ATTEMPTS = 10, /* when no broker takes a connection at all */
	SCRAM_WORKS_SINCE = 0x020601ff
};

/* ---- trouble ---- */

/* What librdkafka says, and what a user can do about it; the first that fits. */
#define CHECK_PROTOCOL                                                                            \
	"Check that the option \"kafka.security.protocol\" is that of the listener: PLAINTEXT, SSL, " \
	"SASL_PLAINTEXT or "                                                                          \
	"SASL_SSL."

static const struct
{
	const char *trouble;
	const char *hint;
} remedies[] = {
	{"Unsupported SASL mechanism",
	 "Set the option \"kafka.sasl.mechanism\" to a mechanism that the broker supports."},
	{"current SASL state", "The listener may not use SASL: check the option \"kafka.security.protocol\"."},
	{"certificate verify failed",
	 "Set the option \"kafka.ssl.ca.location\" to the file with the certificate of the broker's authority."},
	{"security.protocol", CHECK_PROTOCOL},
	{"SSL handshake", CHECK_PROTOCOL},
	{"unexpected eof", CHECK_PROTOCOL},
	{"Failed to resolve", "Check the host names of the option \"brokers\"."},
	{"Connection refused", "Check that a broker is running there, and the option \"brokers\"."},
	{"", "Check the options \"brokers\" and \"kafka.security.protocol\", and that the broker can be reached "
		 "from this "
		 "machine."},
};

static size_t
remedy_of(const char *trouble)
{
	size_t i = 0;

	while (strstr(trouble, remedies[i].trouble) == NULL)
		i++;
	return i;
}

/* Whether the text says what is wrong, and not only that something is. */
static bool
is_telling(const char *trouble)
{
	return remedy_of(trouble) < lengthof(remedies) - 1;
}

/* ---- log ---- */

/* Whether a line may pass now; *dropped says how many did not before it. */
static bool
admit_line(KafkaClient *client, int *dropped)
{
	int64_t second = clock_monotonic(&system_clock) / 1000000;
	bool admitted;

	pthread_mutex_lock(&client->lock);
	if (second != client->log_second)
	{
		client->log_second = second;
		client->log_lines = 0;
	}
	admitted = client->log_lines < LINES_PER_SECOND;
	client->log_lines++;
	*dropped = admitted ? client->log_dropped : 0;
	client->log_dropped = admitted ? 0 : client->log_dropped + 1;
	pthread_mutex_unlock(&client->lock);
	return admitted;
}

void
kafka_client_log(KafkaClient *client, LogLevel level, const char *fmt, ...)
{
	StrBuf line = {0};
	va_list args;
	int dropped;

	if (client->environment->log == NULL || level < client->environment->log->level ||
		!admit_line(client, &dropped))
		return;
	va_start(args, fmt);
	str_vappendf(&line, fmt, args);
	va_end(args);
	if (dropped > 0)
		str_appendf(&line, " (%d more messages were left out)", dropped);
	log_write(client->environment->log, level, "%s", str_cstr(&line));
	str_free(&line);
}

/* A log line without the name of librdkafka's thread that leads it. */
static const char *
without_thread(const char *text)
{
	const char *end = strncmp(text, "[thrd:", 6) == 0 ? strstr(text, "]: ") : NULL;

	return end != NULL ? end + 3 : text;
}

static void
on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	KafkaClient *client = rd_kafka_opaque(rk);

	LogLevel severity = level <= 4 ? LOG_WARNING : level <= 6 ? LOG_INFO : LOG_DEBUG;

	/* Warnings about properties of the other kind of client say nothing to the user. */
	if (client == NULL || strcmp(facility, "CONFWARN") == 0)
		return;
	pthread_mutex_lock(&client->lock);
	if (!client->answered)
	{
		severity = LOG_DEBUG;
		if (level <= 4 && client->trouble[0] == '\0')
			snprintf(client->trouble, sizeof client->trouble, "%s", without_thread(text));
	}
	pthread_mutex_unlock(&client->lock);
	kafka_client_log(client, severity, "Kafka: %s", text);
}

static void
on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
	KafkaClient *client = opaque;

	(void)rk;
	pthread_mutex_lock(&client->lock);
	if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED)
		client->refused = true;
	if (client->trouble[0] == '\0' || is_telling(reason) ||
		(code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !is_telling(client->trouble)))
		snprintf(client->trouble, sizeof client->trouble, "%s", reason);
	pthread_mutex_unlock(&client->lock);
	if (code == RD_KAFKA_RESP_ERR__FATAL)
		atomic_store(&client->broken, true);
}

/* ---- life ---- */

bool
kafka_client_open(KafkaClient *client, rd_kafka_type_t type, rd_kafka_conf_t *conf, const StreamDef *stream,
				  Error *err)
{
	char reason[512];
	const char *brokers = options_text(&stream->options, "brokers");

	*client = (KafkaClient){
		.environment = kafka_connector_of(stream)->environment,
		.brokers = brokers != NULL ? brokers : "the embedded broker",
	};
	pthread_mutex_init(&client->lock, NULL);
	rd_kafka_conf_set_opaque(conf, client);
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_conf_set_error_cb(conf, on_error);
	client->rk = rd_kafka_new(type, conf, reason, sizeof reason);
	if (client->rk != NULL)
		return true;
	rd_kafka_conf_destroy(conf);
	pthread_mutex_destroy(&client->lock);
	(void)error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
					"could not use the Kafka properties of \"%s\"", stream->name);
	return client->trouble[0] != '\0' ? error_detail(err, "%s: %s", reason, client->trouble)
									  : error_detail(err, "%s", reason);
}

void
kafka_client_close(KafkaClient *client)
{
	if (client->rk == NULL)
		return;
	rd_kafka_destroy_flags(client->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	pthread_mutex_destroy(&client->lock);
	client->rk = NULL;
}

/* ---- errors ---- */

static bool
uses_scram(KafkaClient *client)
{
	char value[64];
	size_t size = sizeof value;
	const rd_kafka_conf_t *conf = rd_kafka_conf(client->rk);

	return rd_kafka_conf_get(conf, "sasl.mechanism", value, &size) == RD_KAFKA_CONF_OK &&
		   strncmp(value, "SCRAM", 5) == 0;
}

static bool
authentication_error(KafkaClient *client, const char *trouble, Error *err)
{
	(void)error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION,
					"Kafka brokers %s refused the authentication", client->brokers);
	error_detail(err, "%s", trouble);
	if (strstr(trouble, "handshake failed") != NULL)
		error_hint(err, "%s", remedies[remedy_of(trouble)].hint);
	else if (uses_scram(client) && rd_kafka_version() < SCRAM_WORKS_SINCE)
		error_hint(err,
				   "librdkafka %s can't do SCRAM with Kafka 3.7.2, 3.8.1, 3.9 and later. Run \"make "
				   "librdkafka\" and build again to use a newer one.",
				   rd_kafka_version_str());
	else
		error_hint(err, "Check the options \"kafka.sasl.mechanism\", \"kafka.sasl.username\" and "
						"\"kafka.sasl.password\".");
	return false;
}

bool
kafka_client_error(KafkaClient *client, rd_kafka_resp_err_t rc, const char *action, Error *err)
{
	char trouble[sizeof client->trouble];
	bool refused, answered;

	pthread_mutex_lock(&client->lock);
	refused = client->refused;
	answered = client->answered;
	memcpy(trouble, client->trouble, sizeof trouble);
	pthread_mutex_unlock(&client->lock);
	if (refused || rc == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
		rc == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED)
		return authentication_error(client, trouble[0] != '\0' ? trouble : rd_kafka_err2str(rc), err);
	if (rc == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
		rc == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
		rc == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
		return error_set(err, SQLSTATE_INSUFFICIENT_PRIVILEGE, NO_POSITION, "could not %s: permission denied",
						 action);
	(void)error_set(err, SQLSTATE_CONNECTION_FAILURE, NO_POSITION, "could not %s (Kafka brokers: %s)", action,
					client->brokers);
	if (trouble[0] != '\0')
		error_detail(err, "%s", trouble);
	else if (rc == RD_KAFKA_RESP_ERR__TRANSPORT || rc == RD_KAFKA_RESP_ERR__TIMED_OUT)
		error_detail(err, "No broker answered.");
	else
		error_detail(err, "%s", rd_kafka_err2str(rc));
	if (err != NULL && !answered)
		error_hint(err, "%s", remedies[remedy_of(trouble)].hint);
	if (err != NULL)
		err->retriable = true;
	return false;
}

/* ---- topics ---- */

/* 42P01, with the nearest topic's name. */
static bool
missing_topic(KafkaClient *client, const char *topic, Error *err)
{
	const struct rd_kafka_metadata *all = NULL;
	Suggestion near = suggest_begin(str_from_cstr(topic));

	(void)error_set(err, SQLSTATE_UNDEFINED_TABLE, NO_POSITION, "Kafka topic \"%s\" does not exist", topic);
	if (rd_kafka_metadata(client->rk, 1, NULL, &all, 3000) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	for (int i = 0; i < all->topic_cnt; i++)
	{
		if (all->topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR && strcmp(all->topics[i].topic, topic) != 0)
			suggest_offer(&near, all->topics[i].topic);
	}
	if (near.best != NULL)
		error_hint(err, "Perhaps you meant the topic \"%s\".", near.best);
	else
		error_hint(err, "Check the option \"topic\", or create the topic.");
	rd_kafka_metadata_destroy(all);
	return false;
}

void
kafka_client_answered(KafkaClient *client)
{
	pthread_mutex_lock(&client->lock);
	client->refused = false;
	client->answered = true;
	client->trouble[0] = '\0';
	pthread_mutex_unlock(&client->lock);
}

void
kafka_client_append_trouble(KafkaClient *client, StrBuf *out)
{
	pthread_mutex_lock(&client->lock);
	str_append_cstr(out, client->trouble);
	pthread_mutex_unlock(&client->lock);
}

/* One request for the topic's metadata. */
static rd_kafka_resp_err_t
ask_topic(KafkaClient *client, rd_kafka_topic_t *rkt, int32_t *count)
{
	const struct rd_kafka_metadata *found;
	rd_kafka_resp_err_t rc = rd_kafka_metadata(client->rk, 0, rkt, &found, ATTEMPT_MS);

	(void)rd_kafka_poll(client->rk, 0);
	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
		return rc;
	kafka_client_answered(client);
	if (found->topic_cnt != 1)
		rc = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	else
	{
		rc = found->topics[0].err;
		*count = found->topics[0].partition_cnt;
	}
	rd_kafka_metadata_destroy(found);
	return rc;
}

/* Whether asking again is of no use. */
static bool
is_final(KafkaClient *client, rd_kafka_resp_err_t rc)
{
	bool refused;

	pthread_mutex_lock(&client->lock);
	refused = client->refused;
	pthread_mutex_unlock(&client->lock);
	return refused || rc == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
		   rc == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
}

static bool
has_trouble(KafkaClient *client)
{
	bool trouble;

	pthread_mutex_lock(&client->lock);
	trouble = client->trouble[0] != '\0';
	pthread_mutex_unlock(&client->lock);
	return trouble;
}

/* Asks until there is an answer, or it is time to give up. */
static rd_kafka_resp_err_t
wait_for_topic(KafkaClient *client, rd_kafka_topic_t *rkt, const atomic_bool *stop, int32_t *count)
{
	rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR__TRANSPORT;

	for (int attempt = 0; attempt < ATTEMPTS && !(stop != NULL && *stop); attempt++)
	{
		struct timespec pause = {.tv_nsec = ATTEMPT_MS * 1000000L};

		*count = 0;
		rc = ask_topic(client, rkt, count);
		if ((rc == RD_KAFKA_RESP_ERR_NO_ERROR && *count > 0) ||
			rc == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || is_final(client, rc))
			return rc;
		if (rc == RD_KAFKA_RESP_ERR__TRANSPORT && has_trouble(client) && attempt >= DOWN_ATTEMPTS)
			return rc;
		if (rc == RD_KAFKA_RESP_ERR_NO_ERROR ||
			rc > 0) /* a leader is being elected: the broker answers at once */
			nanosleep(&pause, NULL);
	}
	return rc == RD_KAFKA_RESP_ERR_NO_ERROR ? RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE : rc;
}

bool
kafka_client_count_partitions(KafkaClient *client, rd_kafka_topic_t *rkt, int32_t *count, Error *err)
{
	rd_kafka_resp_err_t rc = ask_topic(client, rkt, count);

	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR && *count > 0)
		return true;
	if (rc == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		return missing_topic(client, rd_kafka_topic_name(rkt), err);
	return kafka_client_error(client,
							  rc == RD_KAFKA_RESP_ERR_NO_ERROR ? RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE : rc,
							  "ask for the partitions of the topic", err);
}

bool
kafka_client_find_topic(KafkaClient *client, const char *topic, const atomic_bool *stop, bool may_be_missing,
						int32_t *count, Error *err)
{
	rd_kafka_topic_t *rkt = rd_kafka_topic_new(client->rk, topic, NULL);
	rd_kafka_resp_err_t rc;

	if (rkt == NULL)
		return error_set(err, SQLSTATE_INVALID_NAME, NO_POSITION, "invalid Kafka topic name \"%s\"", topic);
	rc = wait_for_topic(client, rkt, stop, count);
	rd_kafka_topic_destroy(rkt);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		return true;
	if (rc == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
	{
		*count = 0;
		return may_be_missing || missing_topic(client, topic, err);
	}
	if (rc == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
		return error_set(err, SQLSTATE_INVALID_NAME, NO_POSITION, "invalid Kafka topic name \"%s\"", topic);
	if (stop != NULL && *stop)
		return error_set(err, SQLSTATE_QUERY_CANCELED, NO_POSITION,
						 "canceling statement due to user request");
	return kafka_client_error(client, rc, "connect to Kafka", err);
}
