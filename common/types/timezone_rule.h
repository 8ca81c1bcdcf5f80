/*
 * timezone_rule.h: POSIX time zone rules, such as "CET-1CEST,M3.5.0,M10.5.0/3".
 *
 * They stand at the end of TZif files, for the time after the last listed transition, and may be given
 * instead of a zone's name. Used by timezone.c alone.
 */
#ifndef WEIR_COMMON_TYPES_TIMEZONE_RULE_H
#define WEIR_COMMON_TYPES_TIMEZONE_RULE_H

#include "common/arena.h"
#include "common/str.h"
#include "common/types/timezone.h"

typedef struct ZoneType
{
	int32_t offset;
	bool dst;
	const char *abbreviation;
} ZoneType;

typedef enum RuleDateKind
{
	RULE_JULIAN,         /* Jn: 1..365, February 29 is never counted */
	RULE_DAY_OF_YEAR,    /* n: 0..365 */
	RULE_MONTH_WEEK_DAY, /* Mm.w.d: week 5 is the last */
} RuleDateKind;

typedef struct RuleDate
{
	RuleDateKind kind;
	int day;
	int week;
	int month;
	int32_t seconds; /* local time of day of the change, may be negative or over a day */
} RuleDate;

typedef struct ZoneRule
{
	ZoneType standard;
	ZoneType daylight;
	bool has_daylight;
	RuleDate start; /* of daylight time, in standard time */
	RuleDate end;   /* of daylight time, in daylight time */
} ZoneRule;

/* Abbreviations are copied into the arena, from which nothing is taken on failure. */
extern bool timezone_rule_parse(StrView s, Arena *arena, ZoneRule *rule) WARN_UNUSED;

/* The span around the instant, as if the rule held for ever. */
extern void timezone_rule_span(const ZoneRule *rule, int64_t instant, ZoneSpan *span);

#endif
