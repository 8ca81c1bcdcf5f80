/*
 * generator_rule_node.h: what parsing and making of generator rules share: the tree of a rule.
 */
#ifndef WEIR_CONNECTORS_GENERATOR_RULE_NODE_H
#define WEIR_CONNECTORS_GENERATOR_RULE_NODE_H

#include "connectors/generator_rule.h"

enum
{
	GENERATOR_MAX_DECIMALS = 9
};

typedef struct Decimal
{
	int64_t value; /* times 10^decimals */
	int decimals;
} Decimal;

typedef struct Argument
{
	StrView name; /* of "name: rule"; data == NULL: none */
	StrView word; /* when rule is NULL */
	GeneratorRule *rule;
	double weight; /* of "word:weight" */
} Argument;

typedef struct RuleClass
{
	const char *name;
	int min_args;
	int max_args; /* -1: any number */
	/* Checks arguments and computes what make() needs; NULL: nothing to do. */
	bool (*prepare)(GeneratorRule *rule, int position, Arena *arena, Error *err);
	bool (*make)(const GeneratorRule *rule, const GeneratorMoment *moment, uint64_t place, StrBuf *out);
} RuleClass;

struct GeneratorRule
{
	const RuleClass *class;
	int count;
	Argument *args;
	Decimal low;  /* sequence: first; uniform: lower bound */
	Decimal high; /* sequence: step; uniform: upper bound, with low's decimals */
	double probability;
	int64_t number;     /* array, hex: how many; prefix: width; time: format */
	double *cumulative; /* choice, zipf: share of the first so many, the last is 1 */
};

/* Every kind of rule. */
extern const RuleClass generator_rule_classes[];
extern const size_t generator_rule_class_count;

/* -12.50 is 1250 with 2 decimals; at most 17 digits and GENERATOR_MAX_DECIMALS decimals. */
extern bool generator_decimal_parse(StrView s, Decimal *out);
/* 22023: invalid generator rule: <name>() <what>; false. */
extern bool generator_bad_rule(const GeneratorRule *rule, int position, const char *what, Error *err);

/* 10^n, n <= 17 */
static inline int64_t
generator_power_of_10(int n)
{
	int64_t p = 1;

	while (n-- > 0)
		p *= 10;
	return p;
}

#endif
