/*
 * plan_context.c: notices and warnings of planning (contract in plan_context.h).
 */
#include "planner/plan_context.h"

void
plan_notice(const PlanContext *context, const char *severity, SqlStateName state, int position,
			const char *fmt, ...)
{
	va_list args;
	StrBuf text = {0};
	Error what = {0};

	if (context->notice == NULL)
		return;
	va_start(args, fmt);
	str_vappendf(&text, fmt, args);
	va_end(args);
	error_set(&what, state, position, "%s", str_cstr(&text));
	context->notice(context, severity, &what);
	error_clear(&what);
	str_free(&text);
}
