/*
 * planner_oracle.c: every function, aggregate and cast is in some statement of tests/oracle, which is
 * compared with PostgreSQL: what is added without one fails here.
 *
 * The statements are planned without folding, so that calls of constants stay in the plans.
 */
#include <dirent.h>

#include "parser/parse.h"
#include "planner/plan_query.h"
#include "planner_fixture.h"

static bool functions_seen[FUNCTION_COUNT];
static bool aggregates_seen[AGGREGATE_COUNT_OF_LIST];
static int statements_planned;

static void
see_expr(const Expr *expr)
{
	if (expr == NULL)
		return;
	if (expr->kind == EXPR_FUNCTION || expr->kind == EXPR_NULLIF)
		functions_seen[expr->function] = true;
	for (int i = 0; i < expr->arg_count; i++)
		see_expr(expr->args[i]);
}

static void
see_aggregate(const PlanNode *node)
{
	for (int i = 0; i < node->aggregate.key_count; i++)
		see_expr(node->aggregate.keys[i]);
	for (int i = 0; i < node->aggregate.call_count; i++)
	{
		const AggregateCall *call = &node->aggregate.calls[i];

		aggregates_seen[call->id] = true;
		for (int a = 0; a < call->arg_count; a++)
			see_expr(call->args[a]);
		see_expr(call->filter);
	}
}

static void
see_node(const PlanNode *node)
{
	for (; node != NULL; node = node->input)
	{
		if (node->kind == NODE_FILTER)
			see_expr(node->filter.condition);
		else if (node->kind == NODE_PROJECT)
			for (uint32_t i = 0; i < node->column_count; i++)
				see_expr(node->project.exprs[i]);
		else if (node->kind == NODE_VALUES)
			for (uint32_t i = 0; i < node->values.row_count * node->column_count; i++)
				see_expr(node->values.rows[i / node->column_count][i % node->column_count]);
		else if (node->kind == NODE_AGGREGATE)
			see_aggregate(node);
		else if (node->kind == NODE_APPEND)
			for (int i = 0; i < node->append.input_count; i++)
				see_node(node->append.inputs[i]);
	}
}

/* What is refused is none of our business. */
static void
see_statement(Fixture *f, const char *sql)
{
	StatementList list;
	QueryPlan *plan;
	Error err = {0};
	PlanContext context = fixture_context(f, sql);

	if (parse_statements(context.source, &f->arena, &list, &err) && list.count == 1 &&
		list.items[0].tree->kind == SYNTAX_SELECT &&
		plan_query(&context, (const SelectStatement *)list.items[0].tree, &plan, &err))
	{
		see_node(plan->root);
		statements_planned++;
	}
	error_clear(&err);
}

static void
see_file(Fixture *f, const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;

	assert_non_null(file);
	while (getline(&line, &size, file) > 0)
		see_statement(f, line);
	free(line);
	fclose(file);
}

static void
see_folder(Fixture *f)
{
	DIR *folder = opendir("tests/oracle");

	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
	{
		char path[512];

		if (strstr(entry->d_name, ".sql") == NULL)
			continue;
		snprintf(path, sizeof path, "tests/oracle/%s", entry->d_name);
		see_file(f, path);
	}
	closedir(folder);
}

static void
describe(StrBuf *out, const char *name, int count, const TypeId *args)
{
	str_appendf(out, "  %s(", name);
	for (int i = 0; i < count; i++)
		str_appendf(out, "%s%s", i > 0 ? ", " : "", args[i] == TYPE_ANY ? "any" : type_class(args[i])->name);
	str_append_cstr(out, ")\n");
}

/* What the planner puts in for TUMBLE has no counterpart in PostgreSQL. */
static bool
is_internal(const FunctionInfo *info)
{
	return strncmp(info->name, "$tumble", strlen("$tumble")) == 0;
}

static void
test_everything_is_compared(void **state)
{
	StrBuf missing = {0};

	see_folder(*state);
	assert_true(statements_planned > 500);
	for (int id = 0; id < (int)FUNCTION_COUNT; id++)
	{
		const FunctionInfo *info = function_info((FunctionId)id);

		if (!functions_seen[id] && !is_internal(info))
			describe(&missing, info->name, info->arg_count, info->args);
	}
	for (int id = 0; id < (int)AGGREGATE_COUNT_OF_LIST; id++)
	{
		const AggregateInfo *info = aggregate_info((AggregateId)id);

		if (!aggregates_seen[id])
			describe(&missing, info->name, info->arg_count, info->args);
	}
	if (missing.len > 0)
		fprintf(stderr, "in no statement of tests/oracle:\n%s", str_cstr(&missing));
	assert_int_equal(missing.len, 0);
	str_free(&missing);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_everything_is_compared, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
