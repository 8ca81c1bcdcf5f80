/*
 * generator_rule.h: the small language in which a generator's columns are described.
 *
 * A rule is a call; it makes a JSON value from the number of the message, the seed, and its own place in the
 * stream's options, and from nothing else, so message n is the same whenever and wherever it is made.
 *
 *   sequence([first [, step]])      first + n * step; by default 1, 2, 3 …
 *   uniform(low, high)              every number between them equally often, with the bounds' decimals
 *   zipf(n [, exponent])            1 … n; number k with a weight of 1 / k^exponent (1 by default)
 *   choice(word[:weight], …)        one of the words, as a string
 *   boolean([p])                    true with probability p (0.5)
 *   constant(word)                  the word, as a string
 *   json(text)                      the text, as it is
 *   hex(digits)                     so many random hexadecimal digits, as a string
 *   uuid()                          a version 4 UUID
 *   time([format])                  the message's event time: iso (default), unix_s, unix_ms, unix_us
 *   prefix(word, rule [, width])    the word, then the rule's value, padded with zeros, as a string
 *   object(key: rule, …)            an object
 *   array(rule, n)                  n values
 *   null(p, rule)                   null with probability p, else the rule's value
 *   missing(p, rule)                nothing, not even the key, with probability p (in an array: null)
 *
 * Words are bare, or in double quotes.
 */
#ifndef WEIR_CONNECTORS_GENERATOR_RULE_H
#define WEIR_CONNECTORS_GENERATOR_RULE_H

#include "common/error.h"
#include "common/str.h"

typedef struct GeneratorRule GeneratorRule;

/* What the rules of one message may look at. */
typedef struct GeneratorMoment
{
	uint64_t seed;
	int64_t number; /* of the message */
	int64_t time;   /* event time, TIMESTAMPTZ */
} GeneratorMoment;

/* position is that of the option; the rule lives in the arena. */
extern bool generator_rule_parse(StrView text, int position, GeneratorRule **out, Arena *arena,
								 Error *err) WARN_UNUSED;
/* place distinguishes rules of one message. False: the value is missing; nothing was appended. */
extern bool generator_rule_make(const GeneratorRule *rule, const GeneratorMoment *moment, uint64_t place,
								StrBuf *out);
/* Whether the rule is time(): such a column is not made null by null_ratio. */
extern bool generator_rule_is_time(const GeneratorRule *rule);

/* 64 random bits of a message: a pure function of its arguments. */
extern uint64_t generator_random(uint64_t seed, int64_t number, uint64_t place);
/* The same as a number in [0, 1). */
extern double generator_unit(uint64_t seed, int64_t number, uint64_t place);

#endif
