/*
 * job_loader.c: from the session's settings to a Loader (contract in job_loader.h).
 */
#include "repl/job_loader.h"

#include "connectors/snowflake_loader.h"

/* A job may be run where Snowflake is not to be had. */
static bool
offer_without(Error *err)
{
	StrBuf hint = {0};

	if (err == NULL)
		return false;
	str_appendf(&hint,
				"%s%sThe job loads the tables of its sinks; SET snowflake.load = off leaves that to others.",
				err->hint != NULL ? err->hint : "", err->hint != NULL ? " " : "");
	error_hint(err, "%s", str_cstr(&hint));
	str_free(&hint);
	return false;
}

bool
job_loader_open(const Session *session, const JobPlan *plan, const char *job_name, JobLoader *out, Error *err)
{
	*out = (JobLoader){.loader = NULL};
	if (!session->settings.snowflake_load || !snowflake_loader_is_needed(plan))
		return true;
	if (!snowflake_link_open(session, &out->link, err))
		return offer_without(err);
	return snowflake_loader_open(
		&(SnowflakeLoaderOpen){.plan = plan,
							   .job_name = job_name,
							   .server = &out->link.server,
							   .context = &out->link.context,
							   .submit_again = session->settings.snowflake_submit_again},
		&out->loader, err);
}

void
job_loader_close(JobLoader *loader)
{
	if (loader->loader != NULL)
		loader->loader->class->close(loader->loader);
	snowflake_link_close(&loader->link);
	*loader = (JobLoader){.loader = NULL};
}
