/*
 * statement_set.c: SET and RESET.
 */
#include "repl/statement.h"

/* The value as SET's text: several words or numbers are joined by ", ". */
static void
join_values(const SyntaxList *values, StrBuf *out)
{
	for (int i = 0; i < values->count; i++)
	{
		const Literal *literal = (const Literal *)values->items[i];

		if (i > 0)
			str_append_cstr(out, ", ");
		str_append_cstr(out, literal->text);
	}
}

bool
statement_set(StatementRun *run, Error *err)
{
	const SetStatement *set = (const SetStatement *)run->tree;
	Session *session = run->session;
	StrBuf value = {0};
	bool ok;

	if (set->to_default)
		ok = settings_reset(&session->settings, str_from_cstr(set->name), err);
	else
	{
		join_values(&set->values, &value);
		ok = settings_set(&session->settings, str_from_cstr(set->name), str_view(&value), session->zones,
						  &session->arena, err);
	}
	str_free(&value);
	if (ok)
	{
		session_apply_settings(session);
		statement_tag(run, "SET");
	}
	return ok;
}

bool
statement_reset(StatementRun *run, Error *err)
{
	const ResetStatement *reset = (const ResetStatement *)run->tree;

	if (reset->name == NULL)
		settings_init(&run->session->settings);
	else if (!settings_reset(&run->session->settings, str_from_cstr(reset->name), err))
		return false;
	session_apply_settings(run->session);
	statement_tag(run, "RESET");
	return true;
}
