/*
 * scan_value.h: what scan.l's rules do with the text they matched.
 *
 * The idea: the rules decide where tokens begin and end; these functions make their values (folded
 * identifiers, unescaped strings, numbers, operators) and their errors. Called by scan.l only. Each returns
 * the token's code, or YYerror after setting the scanner's Error; in SCAN_SPLIT mode none fails and none
 * makes a value, except for variables.
 */
#ifndef WEIR_PARSER_SCAN_VALUE_H
#define WEIR_PARSER_SCAN_VALUE_H

#include "common/memory.h"
#include "parser/keyword.h"
#include "parser/scan.h"

/* A string or quoted identifier begins: forgets the previous one. */
extern void scan_value_begin(Scanner *scanner);

extern int scan_value_string(Scanner *scanner, int code);
extern int scan_value_quoted_identifier(Scanner *scanner, int code);
extern int scan_value_identifier(Scanner *scanner, const char *text, size_t len);
extern int scan_value_keyword(Scanner *scanner, const Keyword *keyword);
extern int scan_value_text(Scanner *scanner, int code, const char *text, size_t len);
extern int scan_value_variable(Scanner *scanner, int code, const char *name, size_t len);
extern int scan_value_integer(Scanner *scanner, const char *digits, size_t len);
extern int scan_value_parameter(Scanner *scanner, const char *digits);

/* How much of a run of operator characters is one operator, by PostgreSQL's rules for comments and trailing +
 * and -. */
extern int scan_value_operator_length(const char *text, int length);
extern int scan_value_operator(Scanner *scanner, const char *text, int length);

/* The hexadecimal digits of \uXXXX or \UXXXXXXXX; leaves a first surrogate in scanner->first_surrogate. */
extern bool scan_value_unicode_escape(Scanner *scanner, const char *digits, int position);
extern int scan_value_bad_unicode_escape(Scanner *scanner, int position);
extern void scan_value_add_byte(Scanner *scanner, unsigned byte);
extern void scan_value_add_escape(Scanner *scanner, char c);

/* Appends a code point as UTF-8. */
extern void scan_value_append_utf8(StrBuf *buf, unsigned code_point);

/* A syntax error at the current token, or from position to what was consumed. */
extern int scan_value_error(Scanner *scanner, const char *message);
extern int scan_value_error_at(Scanner *scanner, const char *message, int position);

#endif
