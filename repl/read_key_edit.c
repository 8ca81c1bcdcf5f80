/*
 * read_key_edit.c: keys for libedit: characters (contract in read_key.h).
 *
 * Libedit takes what this returns for a wide character, so the bytes of UTF-8 are put together here. Its own
 * signal handler calls ours at once.
 */
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <utf8proc.h>

#include "repl/interrupt.h"
#include "repl/read_key.h"

static int
sequence_length(unsigned char first)
{
	return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

/* The character that begins with the byte in text[0]; the byte itself when it is not UTF-8. */
static int
read_rest(int fd, unsigned char *text)
{
	utf8proc_int32_t character;
	int length = sequence_length(text[0]);

	for (int i = 1; i < length; i++)
		if (read(fd, text + i, 1) != 1)
			return text[0];
	return utf8proc_iterate(text, length, &character) > 0 ? character : text[0];
}

int
read_key(FILE *in)
{
	struct pollfd poller = {.fd = fileno(in), .events = POLLIN};
	unsigned char text[4];
	sigset_t before;

	for (;;)
	{
		int ready = -1;

		/* a signal between looking and waiting must not be missed */
		interrupt_hold(&before);
		if (!*interrupt_flag())
			ready = ppoll(&poller, 1, NULL, &before);
		sigprocmask(SIG_SETMASK, &before, NULL);
		if (*interrupt_flag())
			return '\n';
		if (ready > 0)
			return read(poller.fd, text, 1) == 1 ? read_rest(poller.fd, text) : EOF;
	}
}
