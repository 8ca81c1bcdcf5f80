/*
 * show.c: lists of objects, functions and settings (contract in show.h).
 */
#include "repl/show.h"

#include <ctype.h>

#include "parser/deparse.h"
#include "parser/parse.h"
#include "planner/plan_job.h"

static const struct
{
	const char *name;
	ShowCallback callback;
	const char *help;
} rows[] = {
#define SHOW(name, callback, help) {name, callback, help},
#include "repl/show_list.h"
#undef SHOW
};

ShowCallback
show_find(const char *name)
{
	for (size_t i = 0; i < lengthof(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].callback;
	return NULL;
}

const char *
show_name(size_t i)
{
	return i < lengthof(rows) ? rows[i].name : NULL;
}

void
show_print_help(FILE *out)
{
	fputs("\nwhere name is a setting or one of:\n", out);
	for (size_t i = 0; i < lengthof(rows); i++)
		fprintf(out, "  %-12s %s\n", rows[i].name, rows[i].help);
}

/* ---- objects ---- */

static void
show_kind(const Session *session, ObjectKind kind, Result *result)
{
	static const char *const names[] = {"name", "connector", "format"};
	const CatalogObject *object;
	int next = 0;

	result_init_text(result, names, kind == OBJECT_STREAM || kind == OBJECT_TABLE ? 3 : 1);
	while ((object = catalog_next(&session->catalog, kind, &next)) != NULL)
	{
		const char *texts[3] = {object->name};

		if (kind == OBJECT_STREAM || kind == OBJECT_TABLE)
		{
			texts[1] = object->stream->source->name;
			texts[2] = object->stream->format ? object->stream->format->name : NULL;
		}
		result_add_texts(result, texts);
	}
}

bool
show_streams(const Session *session, Result *result, Error *err)
{
	(void)err;
	show_kind(session, OBJECT_STREAM, result);
	return true;
}

bool
show_tables(const Session *session, Result *result, Error *err)
{
	(void)err;
	show_kind(session, OBJECT_TABLE, result);
	return true;
}

bool
show_views(const Session *session, Result *result, Error *err)
{
	(void)err;
	show_kind(session, OBJECT_VIEW, result);
	return true;
}

void
show_relations(const Session *session, ObjectKind kind, Result *result)
{
	static const char *const names[] = {"Name", "Type"};
	const CatalogObject *object;
	int next = 0;

	result_init_text(result, names, lengthof(names));
	while ((object = catalog_next(&session->catalog, kind, &next)) != NULL)
	{
		const char *texts[] = {object->name, catalog_kind_name(object->kind)};

		result_add_texts(result, texts);
	}
}

static const char *
written_definition(const CatalogObject *object)
{
	if (object->kind == OBJECT_SINK)
		return object->sink->sql;
	return object->kind == OBJECT_VIEW ? object->view->sql : object->stream->sql;
}

/* Puts the columns that ALTER added into the CREATE statement that stands before. */
static void
fold_alterations(const StatementList *list, Arena *arena)
{
	CreateRelationStatement *relation = (CreateRelationStatement *)list->items[0].tree;
	SyntaxNode **columns;

	if (list->count == 1)
		return;
	columns = ARENA_ARRAY(arena, SyntaxNode *, relation->columns.count + list->count);
	memcpy(columns, relation->columns.items, (size_t)relation->columns.count * sizeof *columns);
	relation->columns.items = columns;
	for (int i = 1; i < list->count; i++)
		columns[relation->columns.count++] =
			&((const AlterAddColumnStatement *)list->items[i].tree)->column->node;
}

/* What was only about the moment of declaring. */
static void
forget_conditions(SyntaxNode *tree)
{
	if (tree->kind == SYNTAX_CREATE_VIEW)
		((CreateViewStatement *)tree)->or_replace = ((CreateViewStatement *)tree)->if_not_exists = false;
	else if (tree->kind == SYNTAX_CREATE_SINK)
		((CreateSinkStatement *)tree)->or_replace = ((CreateSinkStatement *)tree)->if_not_exists = false;
	else
		((CreateRelationStatement *)tree)->or_replace = ((CreateRelationStatement *)tree)->if_not_exists =
			false;
}

const char *
show_definition(const CatalogObject *object, Arena *arena)
{
	StatementList list;
	StrBuf text = {0};
	Error err = {0};
	const char *copy;
	bool ok = parse_statements(str_from_cstr(written_definition(object)), arena, &list, &err);

	assert(ok); /* it was parsed when it was declared */
	(void)ok;
	forget_conditions(list.items[0].tree);
	fold_alterations(&list, arena);
	deparse(list.items[0].tree, &text);
	copy = arena_strdup(arena, str_cstr(&text));
	str_free(&text);
	return copy;
}

/* ---- columns ---- */

static void
show_stream_columns(const StreamDef *stream, Result *result)
{
	static const char *const names[] = {"Column", "Type", "Nullable", "Default", "Source"};

	result_init_text(result, names, lengthof(names));
	for (uint32_t i = 0; i < stream->column_count; i++)
	{
		const ColumnDef *column = &stream->columns[i];
		const char *texts[] = {
			column->name,
			type_spec_name(column->type, &result->arena),
			column->not_null ? "not null" : "",
			column->origin == COLUMN_GENERATED
				? arena_printf(&result->arena, "generated always as (%s) stored", column->generated_text)
				: column->default_text,
			column->origin == COLUMN_METADATA ? "metadata"
			: (int)i == stream->time_column   ? "event time"
											  : "",
		};

		result_add_texts(result, texts);
	}
}

static void
show_result_columns(const ResultColumn *columns, uint32_t count, Result *result)
{
	static const char *const names[] = {"Column", "Type"};

	result_init_text(result, names, lengthof(names));
	for (uint32_t i = 0; i < count; i++)
	{
		const char *texts[] = {columns[i].name, type_spec_name(columns[i].type, &result->arena)};

		result_add_texts(result, texts);
	}
}

/* A sink's columns are known only to its plan. */
static bool
show_sink_columns(const Session *session, const SinkDef *sink, Result *result, Error *err)
{
	Arena arena;
	TypeContext types = session_type_context(session);
	PlanContext context;
	JobPlan *plan;
	bool ok;

	arena_init(&arena, "describe");
	context = session_plan_context((Session *)(uintptr_t)session, &arena, (StrView){0}, &types);
	ok = plan_job(&context, &sink, 1, &plan, err);
	if (ok)
		show_result_columns(plan->sinks[0]->input->columns, plan->sinks[0]->visible_count, result);
	arena_release(&arena);
	return ok;
}

bool
show_columns(const Session *session, const CatalogObject *object, Result *result, Error *err)
{
	if (object->kind == OBJECT_SINK)
		return show_sink_columns(session, object->sink, result, err);
	if (object->kind == OBJECT_VIEW)
		show_result_columns(object->view->columns, object->view->column_count, result);
	else
		show_stream_columns(object->stream, result);
	return true;
}

/* ---- functions and settings ---- */

static void
add_function(Result *result, const char *name, TypeId type, const TypeId *args, int arg_count,
			 const char *kind)
{
	StrBuf list = {0};
	const char *texts[4];

	for (int i = 0; i < arg_count; i++)
		str_appendf(&list, "%s%s", i > 0 ? ", " : "",
					args[i] == TYPE_ANY ? "any" : type_class(args[i])->name);
	texts[0] = name;
	texts[1] = type_class(type)->name;
	texts[2] = str_cstr(&list);
	texts[3] = kind;
	result_add_texts(result, texts);
	str_free(&list);
}

bool
show_functions(const Session *session, Result *result, Error *err)
{
	static const char *const names[] = {"Name", "Result", "Arguments", "Kind"};

	(void)session;
	result_init_text(result, names, lengthof(names));
	for (int id = 0; id < FUNCTION_COUNT; id++)
	{
		const FunctionInfo *f = function_info((FunctionId)id);

		if (f->name[0] != '$')
			add_function(result, f->name, f->result, f->args, f->arg_count,
						 isalpha((unsigned char)f->name[0]) ? "function" : "operator");
	}
	for (int id = 0; id < AGGREGATE_COUNT_OF_LIST; id++)
	{
		const AggregateInfo *a = aggregate_info((AggregateId)id);

		add_function(result, a->name, a->result, a->args, a->arg_count, "aggregate");
	}
	(void)err;
	return true;
}

bool
show_settings(const Session *session, Result *result, Error *err)
{
	static const char *const names[] = {"name", "setting", "description"};
	StrBuf value = {0};

	result_init_text(result, names, lengthof(names));
	for (size_t i = 0; i < settings_count(); i++)
	{
		const SettingInfo *info = settings_info(i);
		const char *texts[3] = {info->name, NULL, info->help};

		str_clear(&value);
		settings_print(&session->settings, info, &value);
		texts[1] = str_cstr(&value);
		result_add_texts(result, texts);
	}
	str_free(&value);
	(void)err;
	return true;
}
