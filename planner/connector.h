/*
 * connector.h: what the planner knows of connectors and formats: their names and their options.
 *
 * The idea: every SourceClass, FormatClass, SinkClass … embeds a ConnectorInfo as its first member; repl/main
 * passes the list of all of them down in PlanContext. So options are validated when a statement is planned,
 * and neither planner nor executor names a connector. There is no global registration.
 */
#ifndef WEIR_PLANNER_CONNECTOR_H
#define WEIR_PLANNER_CONNECTOR_H

#include "common/arena.h"
#include "common/error.h"
#include "common/str.h"
#include "common/types/type.h"

typedef enum ConnectorKind
{
	CONNECTOR_SOURCE, /* connector = '…' of a stream or table */
	CONNECTOR_FORMAT, /* format = '…' of a stream or table */
	CONNECTOR_SINK,   /* format = '…' of a sink (how rows become bytes) */
	CONNECTOR_STORE   /* scheme of a sink's location ("file", "s3") */
} ConnectorKind;

typedef enum OptionType
{
	OPTION_TEXT,
	OPTION_BOOLEAN,
	OPTION_INTEGER, /* with minimum and maximum */
	OPTION_DOUBLE,
	OPTION_INTERVAL,  /* '5 min'; microseconds, no months */
	OPTION_SIZE,      /* '64MB', '1 GiB', plain bytes */
	OPTION_ENUM,      /* one of choices, "a|b|c" */
	OPTION_SECRET,    /* only 'env:NAME' or 'file:/path'; the value is read when it is used, never shown */
	OPTION_EXPRESSION /* SQL text the planner parses (partition_by) */
} OptionType;

/* One row of an option table, from which validation, messages, \h and the manual are made. */
typedef struct OptionInfo
{
	const char *name; /* a name that ends in ".*" stands for all names with that prefix (kafka.*) */
	OptionType type;
	bool required;
	const char *default_text; /* NULL = unset */
	int64_t minimum;
	int64_t maximum; /* of INTEGER, INTERVAL (microseconds), SIZE (bytes); both 0 = no bounds */
	const char *choices;
	const char *help; /* one line */
} OptionInfo;

/* A given or defaulted option. */
typedef struct Option
{
	const char *name;
	const OptionInfo *info;
	const char *text; /* as given, NUL-terminated */
	bool given;       /* false = default */
	int position;     /* of the value in the statement's source */
	union
	{
		bool boolean;
		int64_t integer; /* INTEGER, INTERVAL, SIZE; of ENUM the number in choices */
		double number;
	} value;
} Option;

typedef struct Options
{
	Option *items;
	size_t count;
} Options;

/* NULL when the option is neither given nor has a default. */
extern const Option *options_find(const Options *options, const char *name);
extern const char *options_text(const Options *options, const char *name); /* NULL when unset */
extern int64_t options_integer(const Options *options, const char *name, int64_t otherwise);
extern bool options_boolean(const Options *options, const char *name);
/* 22023 with the value, which must not be a secret, at its place. hint may be NULL. False. */
extern bool option_invalid_value(const Option *option, const char *hint, Error *err);

struct StreamDef;
struct SinkPlan;

/* Takes a line of a description: "<name>: <value>". */
typedef void (*PropertyTeller)(void *context, const char *name, const char *value);

typedef struct ConnectorInfo
{
	const char *name;
	ConnectorKind kind;
	const OptionInfo *options;
	size_t option_count;
	bool bounded;    /* source: it has an end by itself, so that tables may be read from it */
	bool makes_rows; /* source: it fills columns by itself, without a format */
	bool nested; /* format: a field may lie at a path of several steps, and FIELD_JSON_TEXT is understood */
	/* Further checks of a stream or table (source, format) or of a sink (sink, store); NULL = none. */
	bool (*check_stream)(const struct StreamDef *stream, Error *err);
	bool (*check_sink)(const struct SinkPlan *sink, Error *err);
	/* Sink: what else there is to say of one, for EXPLAIN. Asks nobody. NULL = nothing. */
	void (*describe_sink)(const struct SinkPlan *sink, PropertyTeller tell, void *context);
	/* Store: the one name of the place that a location means, however it is written; in the arena. NULL:
	 * locations are compared as they are written. */
	const char *(*place)(const char *location, Arena *arena);
	/* Store: whether it takes a location with these options; position is the location's. NULL = it does. */
	bool (*check_location)(const char *location, const Options *options, int position, Error *err);
	/* Store: how a location would be reached, for EXPLAIN VERBOSE; never a secret. Asks nobody. NULL = there
	 * is nothing to say. */
	void (*describe)(const char *location, const Options *options, PropertyTeller tell, void *context);
} ConnectorInfo;

/* The connectors of this program, passed down by repl/. */
typedef struct ConnectorSet
{
	const ConnectorInfo *const *items;
	size_t count;
} ConnectorSet;

extern const ConnectorInfo *connector_find(const ConnectorSet *set, ConnectorKind kind, StrView name);

#endif
