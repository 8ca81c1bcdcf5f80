/*
 * snowflake_account.h: what the tables of a job have in common: the role, and the integration with S3.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_ACCOUNT_H
#define WEIR_CONNECTORS_SNOWFLAKE_ACCOUNT_H

#include "connectors/snowflake_load.h"

/* The role of a sink: as it says, or one of the job. False: a name that Snowflake would not take. */
extern bool snowflake_role_read(const SinkPlan *sink, const char *job_name, SnowflakeName *out);
/* Appends each role and integration once. False: two sinks give one integration different roles of AWS. */
extern bool snowflake_append_account(const SnowflakeLoad *loads, int count, Error *err);

#endif
