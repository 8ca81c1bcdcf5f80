/*
 * generator_rule_list.h: the kinds of generator rules, the only list of them; what they make is said in generator_rule.h.
 *
 * GENERATOR_RULE("name", fewest arguments, most arguments (-1: any number), prepare, make): functions of generator_rule.c.
 */
GENERATOR_RULE("sequence", 0, 2, prepare_sequence, make_sequence)
GENERATOR_RULE("uniform", 2, 2, prepare_uniform, make_uniform)
GENERATOR_RULE("zipf", 1, 2, prepare_zipf, make_zipf)
GENERATOR_RULE("choice", 1, -1, prepare_choice, make_choice)
GENERATOR_RULE("boolean", 0, 1, prepare_boolean, make_boolean)
GENERATOR_RULE("constant", 1, 1, prepare_word, make_constant)
GENERATOR_RULE("json", 1, 1, prepare_word, make_json)
GENERATOR_RULE("hex", 1, 1, prepare_hex, make_hex)
GENERATOR_RULE("uuid", 0, 0, NULL, make_uuid)
GENERATOR_RULE("time", 0, 1, prepare_time, make_time)
GENERATOR_RULE("prefix", 2, 3, prepare_prefix, make_prefix)
GENERATOR_RULE("object", 0, -1, prepare_object, make_object)
GENERATOR_RULE("array", 2, 2, prepare_array, make_array)
GENERATOR_RULE("null", 2, 2, prepare_chance, make_null)
GENERATOR_RULE("missing", 2, 2, prepare_chance, make_missing)
