/*
 * c11threads.c: C11 threads on top of pthreads, for ThreadSanitizer builds only.
 *
 * gcc 12's ThreadSanitizer intercepts pthread_create but not thrd_create, which Debian's librdkafka calls: its threads
 * would be unknown to the sanitizer, and the program crashes at start.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

typedef struct Start
{
	thrd_start_t function;
	void *argument;
} Start;

static void *
run_thread(void *p)
{
	Start start = *(Start *)p;

	free(p);
	return (void *)(intptr_t)start.function(start.argument);
}

int
thrd_create(thrd_t *thread, thrd_start_t function, void *argument)
{
	Start *start = malloc(sizeof *start);

	if (start == NULL)
		return thrd_nomem;
	*start = (Start){function, argument};
	if (pthread_create(thread, NULL, run_thread, start) == 0)
		return thrd_success;
	free(start);
	return thrd_error;
}

int
thrd_join(thrd_t thread, int *result)
{
	void *value;

	if (pthread_join(thread, &value) != 0)
		return thrd_error;
	if (result != NULL)
		*result = (int)(intptr_t)value;
	return thrd_success;
}
