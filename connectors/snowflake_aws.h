/*
 * snowflake_aws.h: what is to be done in AWS before Snowflake can read a bucket, printed as comments.
 *
 * The idea: Weir has no rights in the account of the bucket's owner, so documents are printed whole, to be
 * pasted there: the policy of the role that an integration takes, the trust in Snowflake's user, and the
 * notification of the bucket.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_AWS_H
#define WEIR_CONNECTORS_SNOWFLAKE_AWS_H

#include "connectors/snowflake_load.h"

/* Appends the policy that lets a role read the places of some loads: objects, and their lists. */
extern void snowflake_append_aws_policy(const SnowflakeLoad *const *places, int count, StrBuf *out);
/* Appends the trust policy of that role. external_id NULL: Snowflake makes one. */
extern void snowflake_append_aws_trust(const char *external_id, StrBuf *out);
/* Appends comment lines: the notification by which S3 tells the load's pipe of objects. */
extern void snowflake_append_aws_notification(const SnowflakeLoad *load);

#endif
