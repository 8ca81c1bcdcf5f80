/*
 * statement_insert.c: INSERT INTO a stream: the rows of a query become messages.
 *
 * The idea: an insert is an ordinary bounded query whose receiver is the producer; nothing is kept in memory.
 */
#include "connectors/kafka_producer.h"
#include "executor/query.h"
#include "planner/plan_query.h"
#include "repl/interrupt.h"
#include "repl/job.h"
#include "repl/statement.h"

static bool
produce(StatementRun *run, const InsertPlan *plan, uint64_t *delivered, Error *err)
{
	ProducerOpen open = {.stream = plan->stream,
						 .columns = plan->columns,
						 .column_count = plan->column_count,
						 .stop = interrupt_flag()};
	RowReceiver receiver = {.receive = producer_receive};
	Producer *producer;
	bool ok;

	if (!job_replace_tables(run->session, plan->query->tables, plan->query->table_count, run->arena, err) ||
		!producer_open(&open, &producer, err))
		return false;
	receiver.context = producer;
	ok = query_run(plan->query, &run->session->settings, &run->types, &system_clock, interrupt_flag(),
				   &receiver, err);
	/* what was sent is waited for in any case, so that the count is true */
	ok = producer_finish(producer, delivered, ok ? err : NULL) && ok;
	producer_close(producer);
	return ok;
}

bool
statement_insert(StatementRun *run, Error *err)
{
	InsertPlan *plan;
	uint64_t delivered = 0;

	if (!plan_insert(&run->plan, (const InsertStatement *)run->tree, &plan, err))
		return false;
	if (run->session->line->mode != MODE_RUN)
		return true;
	if (!produce(run, plan, &delivered, err))
		return false;
	statement_tag(run, arena_printf(run->arena, "INSERT 0 %" PRIu64, delivered));
	return true;
}
