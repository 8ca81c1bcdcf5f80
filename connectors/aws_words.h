/*
 * aws_words.h: a command line cut into words, without a shell.
 *
 * The idea: blanks separate; 'single' and "double" quotes and backslashes keep together, as in a POSIX shell;
 * nothing is expanded and no operator is known. These are the rules of Python's shlex.split(), which the AWS
 * tools apply to credential_process and to the names of sections.
 */
#ifndef WEIR_CONNECTORS_AWS_WORDS_H
#define WEIR_CONNECTORS_AWS_WORDS_H

#include "common/str.h"

/* Zero-initialise; free with aws_words_free(). */
typedef struct AwsWords
{
	char **items; /* items[count] is NULL once there is a word, as exec() wants it */
	size_t count;
	size_t capacity;
} AwsWords;

/* False: a quote is not closed, or the last character is a backslash. */
extern bool aws_words_split(const char *text, AwsWords *out) WARN_UNUSED;
/* Overwrites the words. */
extern void aws_words_free(AwsWords *words);

#endif
