/*
 * failure_point.c: parses WEIR_FAILURE_POINT and strikes.
 */
#include "executor/failure_point.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "common/str.h"

static const char *const point_names[] = {
#define FAILURE_POINT(name, what) #name,
#include "executor/failure_point_list.h"
#undef FAILURE_POINT
};

const char *
failure_point_name(FailurePoint point)
{
	assert((unsigned)point < FAILURE_POINT_COUNT);
	return point_names[point];
}

/* Cuts the text up to the next ':' off rest. */
static StrView
next_part(StrView *rest)
{
	const char *colon = memchr(rest->data, ':', rest->len);
	StrView part = {rest->data, colon ? (size_t)(colon - rest->data) : rest->len};
	size_t skip = colon ? part.len + 1 : part.len;

	*rest = (StrView){rest->data + skip, rest->len - skip};
	return part;
}

static bool
parse_name(FailurePoints *points, StrView name)
{
	const char *dot = memchr(name.data, '.', name.len);
	StrView base, moment;

	if (dot == NULL)
		return false;
	base = (StrView){name.data, (size_t)(dot - name.data)};
	moment = (StrView){dot + 1, name.len - base.len - 1};
	if (!str_equal(moment, STR_LIT("before")) && !str_equal(moment, STR_LIT("after")))
		return false;
	points->after = str_equal(moment, STR_LIT("after"));
	for (int i = 0; i < FAILURE_POINT_COUNT; i++)
		if (str_equal(base, str_from_cstr(point_names[i])))
		{
			points->point = (FailurePoint)i;
			return true;
		}
	return false;
}

static bool
parse_modifier(FailurePoints *points, StrView text)
{
	int n = 0;

	if (str_equal(text, STR_LIT("kill")))
		points->action = FAILURE_KILL;
	else if (str_equal(text, STR_LIT("error")))
		points->action = FAILURE_ERROR;
	else if (str_equal(text, STR_LIT("full")))
		points->action = FAILURE_FULL;
	else
	{
		for (size_t i = 0; i < text.len; i++)
		{
			if (text.data[i] < '0' || text.data[i] > '9' || n > 100000000)
				return false;
			n = n * 10 + (text.data[i] - '0');
		}
		if (n == 0)
			return false;
		atomic_store(&points->remaining, n);
	}
	return true;
}

bool
failure_points_parse(FailurePoints *points, const char *text, Error *err)
{
	StrView rest = str_from_cstr(text ? text : "");
	bool ok;

	*points = (FailurePoints){.armed = false};
	if (rest.len == 0)
		return true;
	atomic_store(&points->remaining, 1);
	ok = parse_name(points, next_part(&rest));
	while (ok && rest.len > 0)
		ok = parse_modifier(points, next_part(&rest));
	if (!ok)
	{
		error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION, "invalid failure point: \"%s\"", text);
		return error_hint(err,
						  "Write name.before or name.after, then optionally :n and :kill, :error or :full.");
	}
	points->armed = true;
	return true;
}

int
failure_strike(FailurePoints *points)
{
	if (atomic_fetch_sub(&points->remaining, 1) != 1)
		return 0;
	if (points->action == FAILURE_KILL)
	{
		kill(getpid(), SIGKILL);
		for (;;)
			pause(); /* the signal may reach another thread first */
	}
	return points->action == FAILURE_FULL ? -ENOSPC : -EIO;
}
