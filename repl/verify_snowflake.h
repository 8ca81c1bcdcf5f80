/*
 * verify_snowflake.h: the part of weir verify --snowflake that asks Snowflake, and prints what it finds.
 */
#ifndef WEIR_REPL_VERIFY_SNOWFLAKE_H
#define WEIR_REPL_VERIFY_SNOWFLAKE_H

#include "connectors/snowflake_verify.h"
#include "repl/snowflake_link.h"

typedef struct VerifySnowflake
{
	Session *session;
	const JobPlan *plan;
	SnowflakeLink link;
	int64_t now; /* by Snowflake's clock */
} VerifySnowflake;

/* Opens the link and asks for the time, before anything long begins. Close it in any case. */
extern bool verify_snowflake_open(VerifySnowflake *verify, Session *session, const JobPlan *plan,
								  Error *err) WARN_UNUSED;
/* Prints findings, totals and remedies; appends "1 pending, 2 failed" to classes, nothing when all is right.
 */
extern bool verify_snowflake_run(VerifySnowflake *verify, const StateLook *look, StrBuf *classes,
								 Error *err) WARN_UNUSED;
extern void verify_snowflake_close(VerifySnowflake *verify);

#endif
