/*
 * job_protocol.c: a run as the commit protocol sees it: its events, and the one way to make a link.
 */
#include "executor/job_run.h"

void
job_advance(JobRun *run, ProtocolEvent event)
{
	if (run->state != NULL)
		protocol_step(&run->protocol, event);
}

bool
job_append(JobRun *run, FailurePoint point, Error *err)
{
	protocol_check(&run->protocol, DEED_CREATE_LINK);
	job_loads_record(run);
	if (!chain_append(&run->chain, &run->record, point, err))
		return false;
	job_advance(run, EVENT_CREATED);
	return true;
}

void
job_end(JobRun *run, Error *err)
{
	if (run->protocol.facts & FACT_CLAIMED)
		chain_explain(&run->chain, err);
	job_advance(run, err->state == SQLSTATE_FENCED ? EVENT_CLASH : EVENT_ERROR);
}
