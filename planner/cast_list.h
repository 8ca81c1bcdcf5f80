/*
 * cast_list.h: which type turns into which, the only list of it (PostgreSQL's pg_cast).
 *
 * CAST(FROM, TO, CONTEXT, FUNCTION_ID)
 *   CONTEXT  IMPLICIT (anywhere), ASSIGNMENT (into a column; explicit too), EXPLICIT (only CAST or ::)
 *   FUNCTION_ID  of function_list.h, by custom "$cast" functions of one argument
 *
 * Casts to and from TEXT that are not listed here are PostgreSQL's I/O conversion casts: to text is ASSIGNMENT,
 * from text is EXPLICIT; their functions are listed here all the same, with those contexts.
 */
