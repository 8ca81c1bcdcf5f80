/*
 * print_option_list.h: what \pset lists and sets, in the order of names; the only list of it.
 *
 * PRINT_OPTION("name", "synonym" or NULL, kind, field of PrintOptions, "what it is called when it was set")
 */
PRINT_OPTION("expanded", "x", SWITCH, expanded, "Expanded display")
PRINT_OPTION("fieldsep", NULL, TEXT, field_separator, "Field separator")
PRINT_OPTION("format", NULL, FORMAT, format, "Output format")
PRINT_OPTION("null", NULL, TEXT, null_text, "Null display")
PRINT_OPTION("recordsep", NULL, TEXT, record_separator, "Record separator")
PRINT_OPTION("tuples_only", "t", QUIET_SWITCH, tuples_only, "Tuples only")
