/*
 * snowflake_loader_table.h: what the two ways of loading a table share (snowflake_loader_rest.c,
 * snowflake_loader_copy.c): the table, and the items of one round.
 *
 * The idea: a round has a group of items for each table and revision, found by their names below the stage's
 * place, whoever tells of them. A telling that says more than what is known counts, in whatever order they
 * come: a file that was not found and was loaded later is loaded.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_LOADER_TABLE_H
#define WEIR_CONNECTORS_SNOWFLAKE_LOADER_TABLE_H

#include "common/hashmap.h"
#include "connectors/snowflake_load.h"
#include "connectors/snowflake_loader.h"
#include "connectors/snowflake_pipe.h"

/* Clocks may differ by so much, without files being overlooked. */
#define SNOWFLAKE_CLOCK_MARGIN (10 * MICROS_PER_MINUTE)

#define HISTORY_PAUSE (5 * MICROS_PER_SECOND) /* between two looks at a history; doubles */
#define LONGEST_HISTORY_PAUSE (8 * MICROS_PER_MINUTE)

/* A pipe of a table, which has one for each revision. */
typedef struct TablePipe
{
	int revision;
	SnowflakePipe pipe;
	int64_t reported;    /* monotonic: when it was asked last, or told first; 0 = not yet */
	int64_t reported_at; /* the same, TIMESTAMPTZ */
	int64_t missed;      /* TIMESTAMPTZ: events from there on may have been missed; INT64_MAX = none */
	int64_t scanned;     /* monotonic: when the history was asked last; 0 = not yet */
	int64_t scan_pause;  /* after that, before it is asked again */
	int64_t scan_margin; /* that is looked back further than seems needed: clocks may differ */
} TablePipe;

typedef struct TableLoader
{
	SnowflakeLoad load;       /* of revision 1 */
	const char *name;         /* as messages show it */
	SnowflakeContext context; /* of statements */
	int revision;             /* that the plan's sink writes */
	TablePipe **pipes;
	int pipe_count, pipe_capacity;
	int64_t looked; /* of a table that COPY loads, as a pipe's scanned and scan_pause */
	int64_t look_pause;
} TableLoader;

typedef struct SnowflakeLoader
{
	Loader base;
	Arena arena;
	SnowflakeServer server;
	SnowflakeLoads loads;
	TableLoader *tables;           /* as base.targets */
	const char *database, *schema; /* of tables that name none, as Snowflake stores them; "" = not known */
	int64_t submit_again;
} SnowflakeLoader;

/* Items of one table and revision. */
typedef struct LoadGroup
{
	SnowflakeLoader *loader;
	TableLoader *table;
	SnowflakeLoad load; /* of the revision, for printing in this round */
	LoadItem **items;
	size_t count;
	HashMap names;
	Arena *arena;   /* of errors */
	Arena *scratch; /* of the round */
	int64_t now;    /* TIMESTAMPTZ */
	int64_t time;   /* monotonic */
} LoadGroup;

/* The name of an item below the stage's place. */
extern const char *load_group_name(const LoadGroup *group, const LoadItem *item);
/* The item of that name, or NULL. */
extern LoadItem *load_group_find(const LoadGroup *group, const char *name);
/* Takes what is known of an item. error may be NULL, and is copied. */
extern void load_group_note(const LoadGroup *group, LoadItem *item, LoadStatus status, uint64_t rows,
							const char *error);
/* Puts the table before an error that is about it. False. */
extern bool load_table_error(const TableLoader *table, Error *err);
/* Whether Snowflake may have been told of it, by this process or another one. */
extern bool load_item_may_be_known(const LoadItem *item);
/* From when on something may be known of an item: since it was committed, unless that is still to come by
 * this machine's clock; then for as long as Snowflake knows anything. */
extern int64_t load_item_since(const LoadGroup *group, const LoadItem *item);
/* The least of these of items that a test takes; INT64_MAX = there is none. */
extern int64_t load_group_oldest(const LoadGroup *group,
								 bool (*test)(const LoadGroup *group, const LoadItem *item));

/* ---- snowflake_loader_rest.c ---- */

extern bool loader_rest_begin(SnowflakeLoader *loader, TableLoader *table, Error *err) WARN_UNUSED;
extern bool loader_rest_work(LoadGroup *group, Error *err) WARN_UNUSED;
extern void loader_rest_close(TableLoader *table);

/* ---- snowflake_loader_copy.c ---- */

extern bool loader_copy_begin(SnowflakeLoader *loader, TableLoader *table, Error *err) WARN_UNUSED;
extern bool loader_copy_work(LoadGroup *group, Error *err) WARN_UNUSED;

#endif
