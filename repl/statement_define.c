/*
 * statement_define.c: CREATE, ALTER and DROP of streams, tables, views and sinks.
 */
#include "planner/define.h"
#include "repl/statement.h"

bool
statement_create_relation(StatementRun *run, Error *err)
{
	if (!define_relation(&run->plan, (const CreateRelationStatement *)run->tree, err))
		return false;
	statement_tag(run, run->tree->kind == SYNTAX_CREATE_TABLE ? "CREATE TABLE" : "CREATE STREAM");
	return true;
}

bool
statement_create_view(StatementRun *run, Error *err)
{
	if (!define_view(&run->plan, (const CreateViewStatement *)run->tree, err))
		return false;
	statement_tag(run, "CREATE VIEW");
	return true;
}

bool
statement_create_sink(StatementRun *run, Error *err)
{
	if (!define_sink(&run->plan, (const CreateSinkStatement *)run->tree, err))
		return false;
	statement_tag(run, "CREATE SINK");
	return true;
}

bool
statement_add_column(StatementRun *run, Error *err)
{
	const AlterAddColumnStatement *alter = (const AlterAddColumnStatement *)run->tree;

	if (!define_add_column(&run->plan, alter, err))
		return false;
	statement_tag(run, alter->object == OBJECT_TABLE ? "ALTER TABLE" : "ALTER STREAM");
	return true;
}

bool
statement_drop(StatementRun *run, Error *err)
{
	static const char *const tags[] = {
		[OBJECT_STREAM] = "DROP STREAM",
		[OBJECT_TABLE] = "DROP TABLE",
		[OBJECT_VIEW] = "DROP VIEW",
		[OBJECT_SINK] = "DROP SINK",
	};
	const DropStatement *drop = (const DropStatement *)run->tree;

	if (!define_drop(&run->plan, drop, err))
		return false;
	statement_tag(run, tags[drop->object]);
	return true;
}
