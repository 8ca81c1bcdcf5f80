/*
 * meta_snowflake.c: \snow, which asks Snowflake in place of Weir.
 */
#include "repl/meta_command.h"
#include "repl/snowflake_link.h"

/* With the rest of the line, else with the statement typed so far, else with the latest. */
bool
meta_snow(MetaCommand *command)
{
	Session *session = command->session;
	Splitter *splitter = command->splitter;
	const char *line = meta_argument(command, 1);
	StrBuf text = {0};
	bool ok;

	if (line[strspn(line, " \t\r")] != '\0')
		str_append_cstr(&text, line);
	else
		str_append_view(&text, splitter->begun ? str_view(&splitter->statement)
											   : str_view(&session->last_statement));
	ok = text.len > 0 ? snowflake_link_run(session, str_view(&text))
					  : meta_fail(command, "type a statement behind it, or before it");
	if (line[strspn(line, " \t\r")] == '\0')
		splitter_reset(splitter);
	str_free(&text);
	return ok;
}
