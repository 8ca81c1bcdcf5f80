/*
 * s3_identity.c: the list of identities that are in use (contract in s3_identity.h). There are a few at most.
 */
#include "connectors/s3_identity.h"

#include "common/memory.h"
#include "connectors/secret.h"

void
s3_identities_init(S3Identities *identities)
{
	*identities = (S3Identities){.first = NULL};
	pthread_mutex_init(&identities->lock, NULL);
}

void
s3_identities_release(S3Identities *identities)
{
	assert(identities->first == NULL);
	pthread_mutex_destroy(&identities->lock);
}

/* Secrets are part of it, so only their hash is kept. */
static void
hash_texts(const AwsOpen *open, char out[HEX_SHA256])
{
	const char *texts[] = {open->profile,           open->region,        open->ca_file,  open->access_key_id,
						   open->secret_access_key, open->session_token, open->role_arn, open->external_id};
	StrBuf all = {0};

	str_reserve(&all, 16384); /* secrets are in it: no copies */
	for (size_t i = 0; i < lengthof(texts); i++)
	{
		str_append_char(&all, texts[i] != NULL ? '=' : '-');
		str_append(&all, texts[i] != NULL ? texts[i] : "", texts[i] != NULL ? strlen(texts[i]) + 1 : 0);
	}
	str_append_char(&all, open->allow_plaintext ? '1' : '0');
	sigv4_sha256(str_view(&all), out);
	secret_wipe(&all);
}

static S3Identity *
find(const S3Identities *identities, const AwsOpen *open, const char *what)
{
	S3Identity *one = identities->first;

	while (one != NULL &&
		   (strcmp(one->what, what) != 0 || one->stop != open->stop || one->grace != open->grace))
		one = one->next;
	return one;
}

bool
s3_identities_get(S3Identities *identities, const AwsOpen *open, S3Identity **out, Error *err)
{
	char what[HEX_SHA256];
	AwsIdentity *identity;

	hash_texts(open, what);
	pthread_mutex_lock(&identities->lock);
	*out = find(identities, open, what);
	if (*out == NULL && aws_identity_open(open, &identity, err))
	{
		*out = mem_alloc_zero(sizeof **out);
		**out = (S3Identity){
			.identity = identity, .stop = open->stop, .grace = open->grace, .next = identities->first};
		memcpy((*out)->what, what, sizeof what);
		identities->first = *out;
	}
	if (*out != NULL)
		(*out)->users++;
	pthread_mutex_unlock(&identities->lock);
	return *out != NULL;
}

void
s3_identities_put(S3Identities *identities, S3Identity *identity)
{
	S3Identity **link = &identities->first;

	if (identity == NULL)
		return;
	pthread_mutex_lock(&identities->lock);
	if (--identity->users == 0)
	{
		while (*link != identity)
			link = &(*link)->next;
		*link = identity->next;
		aws_identity_close(identity->identity);
		mem_free(identity);
	}
	pthread_mutex_unlock(&identities->lock);
}
