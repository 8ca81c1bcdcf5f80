/*
 * secret.c: reading secrets (contract in secret.h).
 */
#include "connectors/secret.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>

#include "common/memory.h"

static bool
read_secret_file(const Option *option, const char *path, StrBuf *out, Error *err)
{
	FILE *file = fopen(path, "re");
	char chunk[256];
	size_t n;

	if (file == NULL)
		return error_set(err, SQLSTATE_UNDEFINED_FILE, option->position,
						 "could not open file \"%s\" of option \"%s\": %s", path, option->name,
						 strerror(errno));
	while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
		str_append(out, chunk, n);
	explicit_bzero(chunk, sizeof chunk);
	if (ferror(file))
	{
		error_set(err, SQLSTATE_IO_ERROR, option->position, "could not read file \"%s\" of option \"%s\": %s",
				  path, option->name, strerror(errno));
		fclose(file);
		return false;
	}
	fclose(file);
	while (out->len > 0 && (out->data[out->len - 1] == '\n' || out->data[out->len - 1] == '\r'))
		out->data[--out->len] = '\0';
	return true;
}

bool
secret_read(const Option *option, StrBuf *out, Error *err)
{
	const char *value;

	assert(option->info->type == OPTION_SECRET);
	if (strncmp(option->text, "file:", 5) == 0)
		return read_secret_file(option, option->text + 5, out, err);
	assert(strncmp(option->text, "env:", 4) == 0);
	value = getenv(option->text + 4);
	if (value == NULL)
		return error_set(err, SQLSTATE_UNDEFINED_OBJECT, option->position,
						 "environment variable \"%s\" of option \"%s\" is not set", option->text + 4,
						 option->name);
	str_append_cstr(out, value);
	return true;
}

char *
secret_copy(const char *secret)
{
	return secret != NULL ? mem_strdup(secret) : NULL;
}

void
secret_free(char *secret)
{
	if (secret != NULL)
		OPENSSL_cleanse(secret, strlen(secret));
	mem_free(secret);
}

void
secret_wipe(StrBuf *buf)
{
	if (buf->data != NULL)
		OPENSSL_cleanse(buf->data, buf->capacity);
	str_free(buf);
}
