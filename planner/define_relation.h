/*
 * define_relation.h: what define.c and define_relation.c share.
 */
#ifndef WEIR_PLANNER_DEFINE_RELATION_H
#define WEIR_PLANNER_DEFINE_RELATION_H

#include "planner/analyze.h"

/* Checks the statement's columns, watermark and options; all memory is in context->arena. */
extern bool define_make_relation(const PlanContext *context, const CreateRelationStatement *statement,
								 StreamDef *def, Error *err) WARN_UNUSED;
/* Appends a column to a definition that has room for it. */
extern bool define_make_column(const PlanContext *context, StreamDef *def, const ColumnDefinition *definition,
							   Error *err) WARN_UNUSED;
/* Generated columns, the watermark, and the checks of source and format: what needs all columns. */
extern bool define_check_generated(const PlanContext *context, StreamDef *def, uint32_t column,
								   const ColumnDefinition *definition, Error *err) WARN_UNUSED;
extern bool define_check_connectors(const StreamDef *def, int position, Error *err) WARN_UNUSED;

#endif
