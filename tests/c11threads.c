/*
 * c11threads.c: C11 threads on top of pthreads, for ThreadSanitizer builds only.
 *
 * gcc 12's ThreadSanitizer intercepts pthread_create, pthread_mutex_lock and their kin, but not thrd_create,
 * mtx_lock and theirs, which Debian's librdkafka calls: its threads would be unknown to the sanitizer, and
 * what its locks order would look like races. glibc's types are the same on both sides.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t), "a C11 mutex is a pthread mutex");
_Static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t), "a C11 condition is a pthread condition");

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

int
thrd_detach(thrd_t thread)
{
	return pthread_detach(thread) == 0 ? thrd_success : thrd_error;
}

/* ---- locks ---- */

int
mtx_init(mtx_t *mutex, int type)
{
	pthread_mutexattr_t attributes;
	int failed;

	pthread_mutexattr_init(&attributes);
	if (type & mtx_recursive)
		pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	failed = pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
	return failed ? thrd_error : thrd_success;
}

int
mtx_lock(mtx_t *mutex)
{
	return pthread_mutex_lock((pthread_mutex_t *)mutex) == 0 ? thrd_success : thrd_error;
}

int
mtx_trylock(mtx_t *mutex)
{
	return pthread_mutex_trylock((pthread_mutex_t *)mutex) == 0 ? thrd_success : thrd_busy;
}

int
mtx_unlock(mtx_t *mutex)
{
	return pthread_mutex_unlock((pthread_mutex_t *)mutex) == 0 ? thrd_success : thrd_error;
}

void
mtx_destroy(mtx_t *mutex)
{
	(void)pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

/* ---- conditions ---- */

int
cnd_init(cnd_t *condition)
{
	return pthread_cond_init((pthread_cond_t *)condition, NULL) == 0 ? thrd_success : thrd_error;
}

int
cnd_signal(cnd_t *condition)
{
	return pthread_cond_signal((pthread_cond_t *)condition) == 0 ? thrd_success : thrd_error;
}

int
cnd_broadcast(cnd_t *condition)
{
	return pthread_cond_broadcast((pthread_cond_t *)condition) == 0 ? thrd_success : thrd_error;
}

int
cnd_wait(cnd_t *condition, mtx_t *mutex)
{
	return pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex) == 0 ? thrd_success
																						 : thrd_error;
}

int
cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until)
{
	int failed = pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until);

	return failed == 0 ? thrd_success : failed == ETIMEDOUT ? thrd_timedout : thrd_error;
}

void
cnd_destroy(cnd_t *condition)
{
	(void)pthread_cond_destroy((pthread_cond_t *)condition);
}
