/*
 * snowflake_state.h: what the state of the session's job knows that Snowflake's statements need: revisions of
 * sinks, and the objects that are out.
 */
#ifndef WEIR_REPL_SNOWFLAKE_STATE_H
#define WEIR_REPL_SNOWFLAKE_STATE_H

#include "connectors/snowflake_ddl.h"
#include "repl/session.h"

/* One per sink of the plan, in the arena; *out NULL: the job has no state yet. */
extern bool snowflake_state_read(const Session *session, const JobPlan *plan, Arena *arena,
								 SnowflakeSinkState **out, Error *err) WARN_UNUSED;

#endif
