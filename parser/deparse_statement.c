/*
 * deparse_statement.c: definitions and the statements that act, as text.
 */
#include "parser/deparse_parts.h"

static const char *const object_words[] = {[OBJECT_ANY] = "",
										   [OBJECT_STREAM] = "STREAM ",
										   [OBJECT_TABLE] = "TABLE ",
										   [OBJECT_VIEW] = "VIEW ",
										   [OBJECT_SINK] = "SINK "};

static void
append_parenthesised(const char *before, const SyntaxList *list, StrBuf *out)
{
	str_append_cstr(out, before);
	str_append_char(out, '(');
	deparse_list(list, out);
	str_append_char(out, ')');
}

static void
append_parenthesised_if_any(const char *before, const SyntaxList *list, StrBuf *out)
{
	if (list->count > 0)
		append_parenthesised(before, list, out);
}

/* ---- options ---- */

static void
append_option_value(const OptionItem *n, StrBuf *out)
{
	if (n->value_kind == OPTION_VALUE_STRING)
		deparse_string(n->value, out);
	else if (n->value_kind == OPTION_VALUE_WORD)
		deparse_label(n->value, out);
	else
		str_append_cstr(out, n->value);
}

/* Names with dots stay as they are; what the scanner would not read back becomes a string. */
static void
append_option_name(const char *name, StrBuf *out)
{
	bool plain = name[0] != 0 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.") == strlen(name);

	for (const char *p = name; *p; p++)
		plain =
			plain && !((p == name || p[-1] == '.') && (*p == '.' || (*p >= '0' && *p <= '9') || p[1] == 0));
	if (plain)
		str_append_cstr(out, name);
	else
		deparse_string(name, out);
}

/* WITH (name = value, ...), with what stands before it. */
static void
append_with_options(const char *before, const SyntaxList *options, StrBuf *out)
{
	if (options->count > 0)
		str_append_cstr(out, before);
	for (int i = 0; i < options->count; i++)
	{
		const OptionItem *n = (const OptionItem *)options->items[i];

		str_append_cstr(out, i > 0 ? ", " : "WITH (");
		append_option_name(n->name, out);
		if (n->value_kind == OPTION_VALUE_NONE)
			continue;
		str_append_cstr(out, " = ");
		append_option_value(n, out);
	}
	if (options->count > 0)
		str_append_char(out, ')');
}

/* name value */
static void
deparse_option(const OptionItem *n, StrBuf *out)
{
	deparse_label(n->name, out);
	if (n->value_kind == OPTION_VALUE_NONE)
		return;
	str_append_char(out, ' ');
	append_option_value(n, out);
}

/* ---- definitions ---- */

static void
deparse_column_definition(const ColumnDefinition *n, StrBuf *out)
{
	deparse_name(n->name, out);
	str_append_char(out, ' ');
	deparse_type(n->type, out);
	if (n->collation.count > 0)
	{
		str_append_cstr(out, " COLLATE ");
		deparse_names(&n->collation, out);
	}
	if (n->not_null)
		str_append_cstr(out, " NOT NULL");
	if (n->primary_key)
		str_append_cstr(out, " PRIMARY KEY");
	if (n->default_value)
	{
		str_append_cstr(out, " DEFAULT ");
		deparse_operand(n->default_value, BINDING_UNARY, out);
	}
	if (n->generated)
	{
		str_append_cstr(out, " GENERATED ALWAYS AS (");
		deparse(n->generated, out);
		str_append_cstr(out, ") STORED");
	}
	append_parenthesised_if_any(" OPTIONS ", &n->options, out);
	if (n->metadata)
	{
		str_append_cstr(out, " METADATA FROM ");
		deparse_string(n->metadata, out);
	}
}

static void
deparse_watermark(const Watermark *n, StrBuf *out)
{
	str_append_cstr(out, "WATERMARK FOR ");
	deparse(&n->column->node, out);
	str_append_cstr(out, " AS ");
	deparse(n->expression, out);
}

static void
append_create(bool or_replace, const char *what, bool if_not_exists, const QualifiedName *name, StrBuf *out)
{
	str_append_cstr(out, or_replace ? "CREATE OR REPLACE " : "CREATE ");
	str_append_cstr(out, what);
	if (if_not_exists)
		str_append_cstr(out, "IF NOT EXISTS ");
	deparse(&name->node, out);
}

/* Begins the next element, on a line of its own. */
static void
append_separator(int *count, StrBuf *out)
{
	str_append_cstr(out, (*count)++ > 0 ? ",\n    " : " (\n    ");
}

static void
append_elements(const CreateRelationStatement *n, StrBuf *out)
{
	int count = 0;

	for (int i = 0; i < n->columns.count; i++)
	{
		append_separator(&count, out);
		deparse(n->columns.items[i], out);
	}
	if (n->watermark)
	{
		append_separator(&count, out);
		deparse(&n->watermark->node, out);
	}
	if (n->primary_key.count > 0)
	{
		append_separator(&count, out);
		append_parenthesised("PRIMARY KEY ", &n->primary_key, out);
	}
	str_append_cstr(out, count > 0 ? "\n)" : " ()");
}

static void
deparse_create_relation(const CreateRelationStatement *n, StrBuf *out)
{
	append_create(n->or_replace, n->node.kind == SYNTAX_CREATE_STREAM ? "STREAM " : "TABLE ",
				  n->if_not_exists, n->name, out);
	append_elements(n, out);
	append_with_options(" ", &n->options, out);
}

static void
deparse_create_view(const CreateViewStatement *n, StrBuf *out)
{
	append_create(n->or_replace, "VIEW ", n->if_not_exists, n->name, out);
	append_parenthesised_if_any(" ", &n->columns, out);
	str_append_cstr(out, " AS\n");
	deparse(&n->query->node, out);
}

static void
deparse_create_sink(const CreateSinkStatement *n, StrBuf *out)
{
	append_create(n->or_replace, "SINK ", n->if_not_exists, n->name, out);
	if (n->from)
	{
		str_append_cstr(out, " FROM ");
		deparse(&n->from->node, out);
	}
	append_with_options("\n    ", &n->options, out);
	if (n->query)
	{
		str_append_cstr(out, "\nAS ");
		deparse(&n->query->node, out);
	}
}

static void
deparse_alter(const AlterAddColumnStatement *n, StrBuf *out)
{
	str_appendf(out, "ALTER %s%s", object_words[n->object], n->if_exists ? "IF EXISTS " : "");
	deparse(&n->name->node, out);
	str_append_cstr(out, n->if_not_exists ? " ADD COLUMN IF NOT EXISTS " : " ADD COLUMN ");
	deparse(&n->column->node, out);
}

static void
deparse_drop(const DropStatement *n, StrBuf *out)
{
	static const char *const behaviors[] = {
		[DROP_DEFAULT] = "", [DROP_RESTRICT] = " RESTRICT", [DROP_CASCADE] = " CASCADE"};

	str_appendf(out, "DROP %s%s", object_words[n->object], n->if_exists ? "IF EXISTS " : "");
	deparse_list(&n->names, out);
	str_append_cstr(out, behaviors[n->behavior]);
}

/* ---- statements that act ---- */

static void
deparse_insert(const InsertStatement *n, StrBuf *out)
{
	str_append_cstr(out, "INSERT INTO ");
	deparse(&n->name->node, out);
	append_parenthesised_if_any(" ", &n->columns, out);
	str_append_char(out, ' ');
	if (n->query)
		deparse(&n->query->node, out);
	else
		str_append_cstr(out, "DEFAULT VALUES");
}

static void
deparse_copy(const CopyStatement *n, StrBuf *out)
{
	str_append_cstr(out, "COPY ");
	if (n->query)
	{
		str_append_char(out, '(');
		deparse(&n->query->node, out);
		str_append_char(out, ')');
	}
	else
	{
		deparse(&n->name->node, out);
		append_parenthesised_if_any(" ", &n->columns, out);
	}
	str_append_cstr(out, n->is_from ? " FROM " : " TO ");
	if (n->file)
		deparse_string(n->file, out);
	else
		str_append_cstr(out, n->is_from ? "STDIN" : "STDOUT");
	append_parenthesised_if_any(" WITH ", &n->options, out);
}

static void
deparse_run(const RunStatement *n, StrBuf *out)
{
	static const char *const words[] = {[RUN_FOREVER] = "RUN",
										[RUN_UNTIL_LATEST] = "RUN UNTIL LATEST",
										[RUN_UNTIL_TIME] = "RUN UNTIL ",
										[RUN_FOR] = "RUN FOR "};

	str_append_cstr(out, words[n->run]);
	if (n->expression)
		deparse(n->expression, out);
}

static void
deparse_explain(const ExplainStatement *n, StrBuf *out)
{
	append_parenthesised_if_any("EXPLAIN ", &n->options, out);
	str_append_cstr(out, n->options.count > 0 ? " " : "EXPLAIN ");
	deparse(n->statement, out);
}

/* A setting's name, whose dots separate words. */
static void
append_setting_name(const char *name, StrBuf *out)
{
	StrBuf part = {0};

	for (; *name; name++)
	{
		if (*name != '.')
		{
			str_append_char(&part, *name);
			continue;
		}
		deparse_name(str_cstr(&part), out);
		str_append_char(out, '.');
		str_clear(&part);
	}
	deparse_name(str_cstr(&part), out);
	str_free(&part);
}

static void
deparse_set(const SetStatement *n, StrBuf *out)
{
	str_append_cstr(out, "SET ");
	append_setting_name(n->name, out);
	str_append_cstr(out, n->to_default ? " TO DEFAULT" : " TO ");
	deparse_list(&n->values, out);
}

static void
deparse_named(const char *words, const QualifiedName *name, StrBuf *out)
{
	str_append_cstr(out, words);
	deparse(&name->node, out);
}

static void
deparse_assert(const AssertQueryStatement *n, StrBuf *out)
{
	str_append_cstr(out, "ASSERT QUERY (");
	deparse(&n->query->node, out);
	str_append_cstr(out, ") RETURNS (");
	deparse(&n->expected->node, out);
	str_append_char(out, ')');
}

static void
deparse_show_create(const ShowCreateStatement *n, StrBuf *out)
{
	str_append_cstr(out, "SHOW CREATE ");
	deparse_named(object_words[n->object], n->name, out);
}

static void
deparse_show_ddl(const ShowSnowflakeDdlStatement *n, StrBuf *out)
{
	str_append_cstr(out, "SHOW SNOWFLAKE DDL");
	if (n->sink)
		deparse_named(" FOR SINK ", n->sink, out);
}

static void
deparse_setting_statement(const char *word, const char *name, StrBuf *out)
{
	str_append_cstr(out, word);
	if (!name || strcmp(name, "all") == 0)
		str_append_cstr(out, "ALL");
	else
		append_setting_name(name, out);
}

void
deparse_statement(const SyntaxNode *node, StrBuf *out)
{
	switch (node->kind)
	{
		case SYNTAX_OPTION_ITEM: deparse_option((const OptionItem *)node, out); break;
		case SYNTAX_COLUMN_DEFINITION: deparse_column_definition((const ColumnDefinition *)node, out); break;
		case SYNTAX_WATERMARK: deparse_watermark((const Watermark *)node, out); break;
		case SYNTAX_CREATE_STREAM:
		case SYNTAX_CREATE_TABLE: deparse_create_relation((const CreateRelationStatement *)node, out); break;
		case SYNTAX_CREATE_VIEW: deparse_create_view((const CreateViewStatement *)node, out); break;
		case SYNTAX_CREATE_SINK: deparse_create_sink((const CreateSinkStatement *)node, out); break;
		case SYNTAX_INSERT: deparse_insert((const InsertStatement *)node, out); break;
		case SYNTAX_COPY: deparse_copy((const CopyStatement *)node, out); break;
		case SYNTAX_RUN: deparse_run((const RunStatement *)node, out); break;
		case SYNTAX_EXPLAIN: deparse_explain((const ExplainStatement *)node, out); break;
		case SYNTAX_SINK_REFERENCE: deparse_named("SINK ", ((const SinkReference *)node)->name, out); break;
		case SYNTAX_SHOW: deparse_setting_statement("SHOW ", ((const ShowStatement *)node)->name, out); break;
		case SYNTAX_SHOW_CREATE: deparse_show_create((const ShowCreateStatement *)node, out); break;
		case SYNTAX_SHOW_SNOWFLAKE_DDL: deparse_show_ddl((const ShowSnowflakeDdlStatement *)node, out); break;
		case SYNTAX_DESCRIBE: deparse_named("DESCRIBE ", ((const DescribeStatement *)node)->name, out); break;
		case SYNTAX_DROP: deparse_drop((const DropStatement *)node, out); break;
		case SYNTAX_ALTER_ADD_COLUMN: deparse_alter((const AlterAddColumnStatement *)node, out); break;
		case SYNTAX_SET: deparse_set((const SetStatement *)node, out); break;
		case SYNTAX_RESET:
			deparse_setting_statement("RESET ", ((const ResetStatement *)node)->name, out);
			break;
		case SYNTAX_ASSERT_QUERY: deparse_assert((const AssertQueryStatement *)node, out); break;
		default: break;
	}
}
