/*
 * snowflake_pipe.c: insertFiles, insertReport and loadHistoryScan (contract in snowflake_pipe.h).
 *
 * Documents and clients differ in small things: the outcome of insertFiles is "status" or "responseCode", in
 * any case of letters; keys that are not known here are passed over.
 */
#include "connectors/snowflake_pipe.h"

#include <jansson.h>
#include <strings.h>

#include "common/ascii.h"
#include "common/types/timestamp.h"
#include "connectors/snowflake_load.h"

/* ---- places ---- */

static bool
is_alnum(char c)
{
	return ascii_alpha(c) || ascii_digit(c);
}

static void
append_encoded(StrBuf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
	{
		unsigned char c = (unsigned char)text[i];

		if (is_alnum(text[i]) || strchr("-._~$", c) != NULL)
			str_append_char(out, text[i]);
		else
			str_appendf(out, "%%%02X", c);
	}
}

/* Case counts; only what has other characters stands in quotes. */
static void
append_part(StrBuf *out, const char *part)
{
	StrBuf quoted = {0};
	bool plain = part[0] != '\0';

	for (const char *p = part; *p != '\0'; p++)
		plain = plain && (is_alnum(*p) || *p == '_' || *p == '$');
	if (plain)
		str_append_cstr(&quoted, part);
	else
		str_append_quoted(&quoted, str_from_cstr(part));
	append_encoded(out, str_cstr(&quoted), quoted.len);
	str_free(&quoted);
}

/* "/v1/data/pipes/<pipe>/<call>?requestId=<id>" */
static void
append_path(const SnowflakePipe *pipe, const char *call, StrBuf *out)
{
	char id[SNOWFLAKE_REQUEST_ID_SIZE];

	str_append_cstr(out, "/v1/data/pipes/");
	append_part(out, pipe->database);
	str_append_char(out, '.');
	append_part(out, pipe->schema);
	str_append_char(out, '.');
	append_part(out, pipe->name);
	snowflake_request_id(pipe->server, id);
	str_appendf(out, "/%s?requestId=%s", call, id);
}

/* ---- calls ---- */

static bool
no_pipe(const SnowflakePipe *pipe, Error *err)
{
	error_set(err, SQLSTATE_UNDEFINED_OBJECT, NO_POSITION,
			  "pipe \"%s.%s.%s\" does not exist in Snowflake, or the user's default role may not use it",
			  pipe->database, pipe->schema, pipe->name);
	return error_hint(err,
					  "weir snowflake apply -f job.sql creates pipes and grants their use; the role is to be "
					  "granted to %s, and to be its DEFAULT_ROLE.",
					  snowflake_key_subject(pipe->server->key));
}

/* The answer's object, for json_decref(); NULL: there is none, or it is an error. */
static json_t *
call(const SnowflakePipe *pipe, const SnowflakeRequest *request, Error *err)
{
	HttpReply reply = {0};
	json_t *root = NULL;

	if (snowflake_call(pipe->server, request, &reply, err))
	{
		if (reply.status == 200)
			root = snowflake_answer(&reply, err);
		else if (reply.status == 404)
			no_pipe(pipe, err);
		else
			snowflake_refused(&reply, err);
	}
	http_reply_free(&reply);
	return root;
}

/* ---- insertFiles ---- */

static char *
make_body(const SnowflakePipeFile *files, size_t count)
{
	json_t *body = json_object(), *list = json_array();
	char *text;

	for (size_t i = 0; i < count; i++)
	{
		json_t *file = json_object();

		assert(files[i].path.len <= SNOWFLAKE_PIPE_PATH);
		json_object_set_new(file, "path", json_stringn(files[i].path.data, files[i].path.len));
		json_object_set_new(file, "size", json_integer((json_int_t)files[i].bytes));
		json_array_append_new(list, file);
	}
	json_object_set_new(body, "files", list);
	text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	return text;
}

static bool
is_success(const json_t *root)
{
	const char *status = json_string_value(json_object_get(root, "status"));

	if (status == NULL)
		status = json_string_value(json_object_get(root, "responseCode"));
	return status != NULL && strcasecmp(status, "success") == 0;
}

static void
tell_refused(const json_t *list, bool known, SnowflakePipeRefusal refused, void *context)
{
	const json_t *path;
	size_t i;

	json_array_foreach(list, i, path)
	{
		/* a name, or an object with one */
		const char *text = json_string_value(json_is_object(path) ? json_object_get(path, "path") : path);

		if (text != NULL)
			refused(context, text, known);
	}
}

bool
snowflake_pipe_insert(const SnowflakePipe *pipe, const SnowflakePipeFile *files, size_t count,
					  SnowflakePipeRefusal refused, void *context, Error *err)
{
	StrBuf path = {0};
	char *body = make_body(files, count);
	json_t *root;
	bool ok;

	assert(count > 0 && count <= SNOWFLAKE_PIPE_FILES && body != NULL);
	append_path(pipe, "insertFiles", &path);
	str_append_cstr(&path, "&showSkippedFiles=true");
	root = call(pipe,
				&(SnowflakeRequest){.method = "POST", .path = str_cstr(&path), .body = str_from_cstr(body)},
				err);
	ok = root != NULL &&
		 (is_success(root) || snowflake_not_understood("it does not say that files were queued", err));
	if (ok)
	{
		tell_refused(json_object_get(root, "skippedFiles"), true, refused, context);
		tell_refused(json_object_get(root, "unmatchedPatternFiles"), false, refused, context);
	}
	json_decref(root);
	free(body);
	str_free(&path);
	return ok;
}

/* ---- events ---- */

/* The first error and where it is, or what went wrong with the file as a whole. */
static void
append_error(const json_t *file, StrBuf *out)
{
	const char *first = json_string_value(json_object_get(file, "firstError"));
	const char *column = json_string_value(json_object_get(file, "firstErrorColumnName"));
	json_int_t line = json_integer_value(json_object_get(file, "firstErrorLineNum"));

	if (first == NULL || first[0] == '\0')
		first = json_string_value(json_object_get(file, "systemError"));
	snowflake_append_file_error(out, first, line, column);
}

static bool
visit_events(const json_t *root, SnowflakePipeVisitor visit, void *context, Error *err)
{
	const json_t *files = json_object_get(root, "files"), *file;
	StrBuf error = {0};
	size_t i;

	if (files != NULL && !json_is_array(files))
		return snowflake_not_understood("files is no list", err);
	json_array_foreach(files, i, file)
	{
		const char *status = json_string_value(json_object_get(file, "status"));
		SnowflakePipeEvent event = {
			.path = json_string_value(json_object_get(file, "path")),
			.rows = (uint64_t)Max(json_integer_value(json_object_get(file, "rowsInserted")), 0),
		};

		if (event.path == NULL || status == NULL || !snowflake_load_status(status, &event.status))
			continue; /* what is not known here is no outcome */
		str_clear(&error);
		append_error(file, &error);
		event.error = error.len > 0 ? str_cstr(&error) : NULL;
		visit(context, &event);
	}
	str_free(&error);
	return true;
}

/* ---- insertReport ---- */

bool
snowflake_pipe_report(SnowflakePipe *pipe, bool *complete, SnowflakePipeVisitor visit, void *context,
					  Error *err)
{
	StrBuf path = {0};
	json_t *root;
	bool ok = false;

	append_path(pipe, "insertReport", &path);
	if (pipe->mark.len > 0)
	{
		str_append_cstr(&path, "&beginMark=");
		append_encoded(&path, pipe->mark.data, pipe->mark.len);
	}
	root = call(pipe, &(SnowflakeRequest){.method = "GET", .path = str_cstr(&path)}, err);
	if (root != NULL && visit_events(root, visit, context, err))
	{
		const json_t *mark = json_object_get(root, "nextBeginMark");

		*complete = !json_is_false(json_object_get(root, "completeResult"));
		if (json_string_length(mark) > 0)
		{
			str_clear(&pipe->mark);
			str_append(&pipe->mark, json_string_value(mark), json_string_length(mark));
		}
		ok = true;
	}
	json_decref(root);
	str_free(&path);
	return ok;
}

/* ---- loadHistoryScan ---- */

/* ISO 8601 in UTC. */
static void
append_moment(StrBuf *out, int64_t ts)
{
	char text[TIMESTAMP_ISO_SIZE];
	char *end = timestamp_put_iso(text, ts, NULL);

	assert(end != NULL);
	text[10] = 'T';
	str_append(out, text, (size_t)(end - text));
	str_append_char(out, 'Z');
}

/* One range; *from becomes where the next one begins, "" at the end. */
static bool
scan_range(const SnowflakePipe *pipe, StrBuf *from, SnowflakePipeVisitor visit, void *context, Error *err)
{
	StrBuf path = {0};
	json_t *root;
	bool ok = false;

	append_path(pipe, "loadHistoryScan", &path);
	str_append_cstr(&path, "&startTimeInclusive=");
	append_encoded(&path, from->data, from->len);
	root = call(pipe, &(SnowflakeRequest){.method = "GET", .path = str_cstr(&path)}, err);
	if (root != NULL && visit_events(root, visit, context, err))
	{
		const json_t *end = json_object_get(root, "rangeEndTime");
		bool complete = !json_is_false(json_object_get(root, "completeResult"));
		StrView next = {json_string_value(end), json_string_length(end)};

		ok = complete || (next.len > 0 && !str_equal(next, str_view(from))) ||
			 snowflake_not_understood("the range of events does not end", err);
		str_clear(from);
		if (!complete && next.len > 0)
			str_append_view(from, next);
	}
	json_decref(root);
	str_free(&path);
	return ok;
}

bool
snowflake_pipe_scan(const SnowflakePipe *pipe, int64_t from, SnowflakePipeVisitor visit, void *context,
					Error *err)
{
	StrBuf start = {0};
	bool ok = true;

	append_moment(&start, from);
	while (ok && start.len > 0)
		ok = scan_range(pipe, &start, visit, context, err);
	str_free(&start);
	return ok;
}

void
snowflake_pipe_free(SnowflakePipe *pipe)
{
	str_free(&pipe->mark);
}
