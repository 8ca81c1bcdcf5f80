/*
 * executor_worker.c: a task that was started is done, also when the pool is closed at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "executor/worker.h"

static bool
count_up(void *context, int worker UNUSED, Error *err UNUSED)
{
	atomic_fetch_add((atomic_int *)context, 1);
	return true;
}

/* Whether a thread has taken notice of it by then is chance: of so many, some have not. */
static void
a_started_task_is_done(void **state UNUSED)
{
	for (int i = 0; i < 300; i++)
	{
		WorkerPool *pool;
		atomic_int done = 0;
		Error err = {0};

		assert_true(workers_open(2, &pool, &err));
		workers_start(pool, count_up, &done);
		workers_close(pool);
		assert_int_equal(atomic_load(&done), 2);
	}
}

static void
none_that_was_not_started(void **state UNUSED)
{
	WorkerPool *pool;
	atomic_int done = 0;
	Error err = {0};

	assert_true(workers_open(2, &pool, &err));
	assert_true(workers_run(pool, count_up, &done, &err));
	workers_close(pool);
	assert_int_equal(atomic_load(&done), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_started_task_is_done),
		cmocka_unit_test(none_that_was_not_started),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
