/*
 * executor_protocol: the table of the commit protocol: what can be reached by it, and that a step it does not
 * have ends the process.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "executor/protocol.h"

enum
{
	FACT_SETS = 1 << PROTOCOL_FACT_COUNT
};

static bool reached[PROTOCOL_STATE_COUNT][FACT_SETS];

static void
reach(Protocol from)
{
	if (reached[from.state][from.facts])
		return;
	reached[from.state][from.facts] = true;
	for (int e = 0; e < PROTOCOL_EVENT_COUNT; e++)
	{
		Protocol to = from;

		if (protocol_try(&to, (ProtocolEvent)e))
			reach(to);
	}
}

/* Whether wherever the state is reached, the facts that matter are these. */
static bool
always(ProtocolState state, unsigned matter, unsigned facts)
{
	bool any = false;

	for (unsigned f = 0; f < FACT_SETS; f++)
	{
		any = any || reached[state][f];
		if (reached[state][f] && (f & matter) != facts)
			return false;
	}
	return any;
}

static void
facts_hold_where_they_must(void **state UNUSED)
{
	reach((Protocol){.state = PROTOCOL_FIND});
	for (int s = 0; s < PROTOCOL_STATE_COUNT; s++)
		if (!always((ProtocolState)s, 0, 0))
			fail_msg("%s is never reached", protocol_state_name((ProtocolState)s));
	assert_true(always(PROTOCOL_CLAIM, FACT_CLAIMED, 0));
	assert_true(always(PROTOCOL_REPUBLISH, FACT_CLAIMED | FACT_SETTLED, FACT_CLAIMED));
	assert_true(always(PROTOCOL_RESTORE, FACT_CLAIMED | FACT_SETTLED, FACT_CLAIMED | FACT_SETTLED));
	assert_true(always(PROTOCOL_FILL, FACT_CLAIMED, FACT_CLAIMED));
	assert_true(always(PROTOCOL_SEAL, FACT_SETS - 1, FACT_CLAIMED | FACT_SETTLED));
	assert_true(always(PROTOCOL_COMMIT, FACT_SETS - 1, FACT_CLAIMED | FACT_SETTLED | FACT_SEALED));
	assert_true(always(PROTOCOL_PUBLISH, FACT_SETS - 1, FACT_CLAIMED));
	assert_true(always(PROTOCOL_CLOSE, FACT_SETS - 1, FACT_CLAIMED | FACT_SETTLED));
}

/* Objects are made behind a link only, and nothing at all by one that looks, waits or has ended. */
static void
deeds_have_their_places(void **state UNUSED)
{
	for (int s = 0; s < PROTOCOL_STATE_COUNT; s++)
	{
		Protocol here = {.state = (ProtocolState)s};
		bool passive = s == PROTOCOL_FIND || s == PROTOCOL_STANDBY || protocol_is_over(here.state);

		assert_int_equal(protocol_permits(&here, DEED_CREATE_OBJECT),
						 s == PROTOCOL_REPUBLISH || s == PROTOCOL_PUBLISH);
		for (int d = 0; d < PROTOCOL_DEED_COUNT && passive; d++)
			assert_false(protocol_permits(&here, (ProtocolDeed)d));
		for (int e = 0; e < PROTOCOL_EVENT_COUNT && protocol_is_over(here.state); e++)
			assert_false(protocol_try(&here, (ProtocolEvent)e));
	}
}

static void
commit_without_pack(void)
{
	Protocol here = {.state = PROTOCOL_COMMIT, .facts = FACT_CLAIMED | FACT_SETTLED};

	protocol_step(&here, EVENT_CREATED);
}

static void
publish_before_commit(void)
{
	Protocol here = {.state = PROTOCOL_COMMIT, .facts = FACT_CLAIMED | FACT_SETTLED | FACT_SEALED};

	protocol_check(&here, DEED_CREATE_OBJECT);
}

static void
commit_while_publishing(void)
{
	Protocol here = {.state = PROTOCOL_CUT, .facts = FACT_CLAIMED};

	protocol_step(&here, EVENT_FROZEN);
}

/* In a process of its own: how it ended. */
static int
end_of(void (*mistake)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0)
	{
		(void)!freopen("/dev/null", "w", stderr);
		signal(SIGABRT, SIG_DFL); /* not cmocka's */
		mistake();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void
mistakes_end_the_process(void **state UNUSED)
{
	assert_int_equal(end_of(commit_without_pack), SIGABRT);
	assert_int_equal(end_of(publish_before_commit), SIGABRT);
	assert_int_equal(end_of(commit_while_publishing), SIGABRT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_hold_where_they_must),
		cmocka_unit_test(deeds_have_their_places),
		cmocka_unit_test(mistakes_end_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
