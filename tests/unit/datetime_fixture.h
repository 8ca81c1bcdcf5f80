/*
 * datetime_fixture.h: values of any type from text and back, as the tests of the date and time types need
 * them.
 *
 * A failure is compared as the text "SQLSTATE message", so that one table covers results and errors.
 */
#ifndef WEIR_TESTS_DATETIME_FIXTURE_H
#define WEIR_TESTS_DATETIME_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/types/timezone.h"
#include "common/types/type.h"

typedef struct DateTimeFixture
{
	TimeZoneCache zones;
	Arena arena;
	TypeContext context;
} DateTimeFixture;

/* 2026-10-21 12:00:00 UTC */
#define FIXTURE_NOW (INT64_C(845899200) * 1000000)

static inline void
fixture_init(DateTimeFixture *f, const char *zone)
{
	timezone_cache_init(&f->zones, NULL);
	arena_init(&f->arena, "test");
	f->context = (TypeContext){
		.zone = timezone_find(&f->zones, str_from_cstr(zone)), .now = FIXTURE_NOW, .zones = &f->zones};
	assert_non_null(f->context.zone);
}

static inline void
fixture_release(DateTimeFixture *f)
{
	arena_release(&f->arena);
	timezone_cache_release(&f->zones);
}

static inline const char *
fixture_error(DateTimeFixture *f, Error *err)
{
	const char *text = arena_printf(&f->arena, "%s %s", sqlstate_code(err->state), err->message);

	error_clear(err);
	return text;
}

/* What the type prints for the text, or the error it reports. */
static inline const char *
fixture_round_trip(DateTimeFixture *f, const TypeClass *type, const char *text)
{
	StrBuf out = {0};
	Error err = {0};
	const char *result;
	Value value;

	if (!type->parse(str_from_cstr(text), &f->context, &f->arena, &value, &err))
		return fixture_error(f, &err);
	type->print(&value, &f->context, &out);
	result = arena_strndup(&f->arena, str_cstr(&out), out.len);
	str_free(&out);
	return result;
}

typedef struct TextCase
{
	const char *input;
	const char *expected;
} TextCase;

static inline void
check_round_trips(const TypeClass *type, const char *zone, const TextCase *cases, size_t count)
{
	DateTimeFixture f;

	fixture_init(&f, zone);
	for (size_t i = 0; i < count; i++)
	{
		const char *got = fixture_round_trip(&f, type, cases[i].input);

		if (strcmp(got, cases[i].expected) != 0)
			fail_msg("%s '%s': expected %s, got %s", type->name, cases[i].input, cases[i].expected, got);
	}
	fixture_release(&f);
}

#endif
