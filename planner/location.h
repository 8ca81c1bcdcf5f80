/*
 * location.h: places that objects are written to: which store they belong to, and the options of that store.
 *
 * The idea: what is before "://" names a store class; a location without it is a directory. The options of
 * every store that a statement writes to may be given in it. State has no statement: its options are the
 * settings of the same names.
 */
#ifndef WEIR_PLANNER_LOCATION_H
#define WEIR_PLANNER_LOCATION_H

#include "planner/options.h"
#include "planner/plan_context.h"

/* What is before "://"; "file" for a directory: the name of the store. */
extern StrView location_scheme(const char *location);
/* The one name of a place, however its location is written, as its store calls it and without slashes at the
 * end. store NULL: there is none of that scheme. */
extern StrView location_place(const ConnectorInfo *store, const char *location, Arena *arena);
/* Adds the options of the store that the option of this name says, if it is given and they are not there. */
extern bool location_add_table(const PlanContext *context, const SyntaxList *given, const char *name,
							   OptionTable *tables, size_t *count, Error *err) WARN_UNUSED;
/* Whether the store takes the location of an option, if it is set, with these options. */
extern bool location_check(const PlanContext *context, const Options *options, const char *name,
						   Error *err) WARN_UNUSED;
/* The options of a location that no statement names. False: one is wrong, or the store does not take it. */
extern bool location_options_of_settings(const ConnectorInfo *store, const char *location,
										 const Settings *settings, Arena *arena, Options *out,
										 Error *err) WARN_UNUSED;
/* Whether the store of the state takes it with the settings; true when there is no state. */
extern bool location_check_state(const PlanContext *context, Error *err) WARN_UNUSED;

#endif
