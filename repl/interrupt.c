/*
 * interrupt.c: signals as a flag (contract in interrupt.h).
 */
#include "repl/interrupt.h"

#include <signal.h>
#include <unistd.h>

static atomic_bool stop_requested;
static volatile sig_atomic_t terminate_requested;
static volatile sig_atomic_t is_prompting;

static void
on_signal(int number)
{
	if (stop_requested && !is_prompting)
		_exit(128 + number);
	if (number == SIGTERM)
		terminate_requested = 1;
	stop_requested = true;
}

void
interrupt_install(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

const atomic_bool *
interrupt_flag(void)
{
	return &stop_requested;
}

bool
interrupt_was_terminate(void)
{
	return terminate_requested != 0;
}

void
interrupt_set_prompting(bool prompting)
{
	is_prompting = prompting;
}

void
interrupt_hold(sigset_t *before)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGINT);
	sigprocmask(SIG_BLOCK, &held, before);
}

void
interrupt_clear(void)
{
	if (!terminate_requested)
		stop_requested = false;
}
