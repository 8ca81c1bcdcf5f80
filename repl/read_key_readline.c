/*
 * read_key_readline.c: keys for GNU readline: bytes (contract in read_key.h).
 *
 * Readline catches signals itself and acts on them when it is asked to: it restores the terminal, lets our
 * handler run, and goes on.
 */
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <readline/readline.h>

#include "repl/interrupt.h"
#include "repl/read_key.h"

int
read_key(FILE *in)
{
	struct pollfd poller = {.fd = fileno(in), .events = POLLIN};
	unsigned char c;
	sigset_t before;

	for (;;)
	{
		int ready = -1;

		/* a signal between looking and waiting must not be missed */
		rl_check_signals();
		interrupt_hold(&before);
		if (!*interrupt_flag() && rl_pending_signal() == 0)
			ready = ppoll(&poller, 1, NULL, &before);
		sigprocmask(SIG_SETMASK, &before, NULL);
		rl_check_signals();
		if (*interrupt_flag())
			return '\n';
		if (ready > 0)
			return read(poller.fd, &c, 1) == 1 ? c : EOF;
	}
}
