/*
 * parser_split.c: cutting text into statements, prompts, variables, meta-commands.
 *
 * The idea: each case is a text, fed whole or byte by byte, and the pieces that psql 15 would send for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parser/split.h"

static const char *
lookup(void *context, StrView name)
{
	(void)context;
	if (str_equal(name, STR_LIT("t")))
		return "clicks";
	if (str_equal(name, STR_LIT("odd")))
		return "it's \"a\\b\"";
	return NULL;
}

/* Feeds the text in steps of so many bytes; the statements, each followed by "|", the rest in brackets. */
static char *
split_all(const char *text, size_t step, StrBuf *out)
{
	Splitter splitter = {.lookup = lookup};
	size_t len = strlen(text);
	size_t at = 0;

	while (at < len)
	{
		size_t end = Min(at + step, len);

		while (at < end)
		{
			size_t consumed = 0;
			SplitEnd how = splitter_feed(&splitter, (StrView){text + at, end - at}, &consumed);

			at += consumed;
			if (how == SPLIT_BACKSLASH)
			{
				str_append_char(out, '\\');
				break;
			}
			if (how == SPLIT_STATEMENT)
			{
				str_append_view(out, str_view(&splitter.statement));
				str_append_char(out, '|');
				splitter_reset(&splitter);
			}
		}
	}
	str_appendf(out, "[%s]%c", str_cstr(&splitter.statement), splitter_prompt(&splitter));
	splitter_release(&splitter);
	return out->data;
}

typedef struct SplitCase
{
	const char *text;
	const char *expected;
} SplitCase;

static const SplitCase cases[] = {
	{"", "[]="},
	{"select 1; select 2;", "select 1;|select 2;|[]="},
	{"select 1", "[select 1]-"},
	{"  -- note\n\n select 1;\n", "select 1;|[]="},
	{"select -- a;b\n 1;", "select -- a;b\n 1;|[]="},
	{"select ';' || \";\" || $$;$$ || $a$;$$;$a$;", "select ';' || \";\" || $$;$$ || $a$;$$;$a$;|[]="},
	{"select E'\\';' ; x", "select E'\\';' ;|[x]-"},
	{"select '\\'; y", "select '\\';|[y]-"},
	{"select /* ; /* ; */ ; */ 1;", "select /* ; /* ; */ ; */ 1;|[]="},
	{"select (1; 2); 3", "select (1; 2);|[3]-"},
	{"select 'a", "[select 'a]'"},
	{"select \"a", "[select \"a]\""},
	{"select $x$a$$", "[select $x$a$$]$"},
	{"select U&'a;", "[select U&'a;]'"},
	{"/* a", "[/* a]*"},
	{"select (1,", "[select (1,]("},
	{"/* a */", "[/* a */]="},
	{";;", ";|;|[]="},
};

static void
test_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++)
	{
		StrBuf out = {0};

		assert_string_equal(split_all(cases[i].text, 1000, &out), cases[i].expected);
		str_free(&out);
	}
}

/* The terminal feeds lines: the state between them is kept inside strings, comments and parentheses. */
static void
test_lines(void **state)
{
	static const char *const texts[] = {
		"select 'a\n;b' || $q$\n;\n$q$ ;\nselect 2;\n",
		"select /* a\n /* ;\n */ ;\n */ (1,\n 2)\n;\n",
		"select \"a\n;\" from\n t;\nselect 'x''\n;' ;\n",
	};

	(void)state;
	for (size_t i = 0; i < lengthof(texts); i++)
	{
		Splitter splitter = {0};
		StrBuf whole = {0};
		StrBuf by_line = {0};
		const char *line = texts[i];

		(void)split_all(texts[i], 1000, &whole);
		while (*line)
		{
			size_t len = (size_t)(strchr(line, '\n') - line) + 1;
			size_t at = 0;

			while (at < len)
			{
				size_t consumed = 0;

				if (splitter_feed(&splitter, (StrView){line + at, len - at}, &consumed) == SPLIT_STATEMENT)
				{
					str_append_view(&by_line, str_view(&splitter.statement));
					str_append_char(&by_line, '|');
					splitter_reset(&splitter);
				}
				at += consumed;
			}
			line += len;
		}
		str_appendf(&by_line, "[%s]%c", str_cstr(&splitter.statement), splitter_prompt(&splitter));
		assert_string_equal(str_cstr(&by_line), str_cstr(&whole));
		splitter_release(&splitter);
		str_free(&whole);
		str_free(&by_line);
	}
}

static void
test_variables(void **state)
{
	static const SplitCase variables[] = {
		{"select * from :t;", "select * from clicks;|[]="},
		{"select :'odd', :\"odd\", :'t';",
		 "select E'it''s \"a\\\\b\"', \"it's \"\"a\\b\"\"\", 'clicks';|[]="},
		{"select ':t', \":t\", $$:t$$ /* :t */ -- :t\n;",
		 "select ':t', \":t\", $$:t$$ /* :t */ -- :t\n;|[]="},
		{"select a::t, a[1:2], x := 1;", "select a::t, a[1:2], x := 1;|[]="},
		{"select :{?t}, :{?nothing};", "select TRUE, FALSE;|[]="},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(variables); i++)
	{
		StrBuf out = {0};

		assert_string_equal(split_all(variables[i].text, 1000, &out), variables[i].expected);
		str_free(&out);
	}
}

static void
test_unset_variable(void **state)
{
	StrView text = STR_LIT("select :'nothing', :\"more\"; select 1;");
	Splitter splitter = {.lookup = lookup};
	size_t consumed = 0;

	(void)state;
	assert_int_equal(splitter_feed(&splitter, text, &consumed), SPLIT_STATEMENT);
	assert_string_equal(splitter.failure.message, "variable \"nothing\" is not set (in \":'nothing'\")");
	assert_string_equal(str_cstr(&splitter.statement), "select :'nothing', :\"more\";");
	splitter_reset(&splitter);
	text = (StrView){text.data + consumed, text.len - consumed};
	assert_int_equal(splitter_feed(&splitter, text, &consumed), SPLIT_STATEMENT);
	assert_false(splitter.failure.set);
	assert_string_equal(str_cstr(&splitter.statement), "select 1;");
	splitter_release(&splitter);
}

static void
test_backslash(void **state)
{
	static const SplitCase texts[] = {
		{"\\d", "\\[]="},
		{"select '\\d' \\g", "\\[select '\\d' ]-"},
		{"select 1 \\; select 2;", "select 1 ; select 2;|[]="},
		{"select \\:t;", "select :t;|[]="},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(texts); i++)
	{
		Splitter splitter = {.lookup = lookup};
		StrView text = str_from_cstr(texts[i].text);
		StrBuf out = {0};
		size_t consumed = 0;
		SplitEnd how = splitter_feed(&splitter, text, &consumed);

		if (how == SPLIT_BACKSLASH)
		{
			assert_int_equal(text.data[consumed - 1], '\\');
			str_append_char(&out, '\\');
		}
		else
		{
			assert_int_equal(how, SPLIT_STATEMENT);
			str_appendf(&out, "%s|", str_cstr(&splitter.statement));
			splitter_reset(&splitter);
		}
		str_appendf(&out, "[%s]%c", str_cstr(&splitter.statement), splitter_prompt(&splitter));
		assert_string_equal(str_cstr(&out), texts[i].expected);
		splitter_release(&splitter);
		str_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),     cmocka_unit_test(test_lines),
		cmocka_unit_test(test_variables), cmocka_unit_test(test_unset_variable),
		cmocka_unit_test(test_backslash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
