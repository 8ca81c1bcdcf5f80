/*
 * connectors_snowflake_split: where statements for Snowflake end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "connectors/snowflake_split.h"

static void
check(const char *text, const char *expected)
{
	StrBuf out = {0};
	StrView statement;

	for (size_t at = 0; snowflake_split(str_from_cstr(text), &at, &statement);)
		str_appendf(&out, "[%.*s]", (int)statement.len, statement.data);
	assert_string_equal(str_cstr(&out), expected);
	str_free(&out);
}

static void
test_ends(void **state UNUSED)
{
	check("", "");
	check(" ;; -- nothing\n /* ; */ // ;", "");
	check("SELECT 1", "[SELECT 1]");
	check(" SELECT 1 ;\n;SELECT\n2; ", "[SELECT 1][SELECT\n2]");
	check("-- first\n/* second */ a; -- third\nb", "[a][b]");
	check("a -- ;\n b; c", "[a -- ;\n b][c]");
	check("a // ;\n b; c", "[a // ;\n b][c]");
	check("a /* ; /* ; */ b; c", "[a /* ; /* ; */ b][c]");
	check("a / b - c; d", "[a / b - c][d]");
}

static void
test_quotes(void **state UNUSED)
{
	check("a ';'; b", "[a ';'][b]");
	check("a ''';'; b", "[a ''';'][b]");
	check("a '\\';'; b", "[a '\\';'][b]");
	check("a '\\\\'; b", "[a '\\\\'][b]");
	check("a \";\"\";\"; b", "[a \";\"\";\"][b]");
	check("a \"\\\"; b", "[a \"\\\"][b]");
	check("a '--'; b", "[a '--'][b]");
	check("a $$ begin x; end; ' $$; b", "[a $$ begin x; end; ' $$][b]");
	check("a $1; b", "[a $1][b]");
	check("a 'open; b", "[a 'open; b]");
	check("a '\\", "[a '\\]");
	check("a $$", "[a $$]");
	check("a /*", "[a /*]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
