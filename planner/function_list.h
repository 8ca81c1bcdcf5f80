/*
 * function_list.h: every scalar function and operator, the only list of them.
 *
 * FUNCTION(ID, name, RESULT, arguments, VOLATILITY, NULLS, kernel)
 *   ID          enum FunctionId is FUNCTION_<ID>
 *   name        as SQL spells it; an operator is the function named by its symbol ("+", "~~" is LIKE); a name in
 *               "$..." can't be written by users (casts, internal helpers)
 *   RESULT      a type id of type_list.h
 *   arguments   A0, A1(T), A2(T, T), A3(T, T, T), A4(T, T, T, T): type ids
 *   VOLATILITY  IMMUTABLE, STABLE (depends on settings or the statement's time), VOLATILE
 *   NULLS       STRICT (a NULL argument makes the result NULL) or LENIENT (the kernel handles NULL)
 *   kernel      the symbol in executor/kernel_*.c; only executor/kernel_table.c expands it
 *
 * To add a function: a line here, in its type's section, and its kernel in the type's kernel_*.c.
 * IDs and the order of lines may change: state refers to functions by name and argument types.
 */

/* boolean (kernel_boolean.c) */

/* integer and bigint (kernel_integer.c) */

/* double precision (kernel_float.c) */

/* numeric (kernel_numeric.c) */

/* text (kernel_text.c) */

/* date (kernel_date.c) */

/* timestamp and timestamptz (kernel_timestamp.c) */

/* interval (kernel_interval.c) */

/* uuid (kernel_uuid.c) */

/* jsonb (kernel_jsonb.c) */
