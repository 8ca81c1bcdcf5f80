/*
 * define.h: CREATE, DROP and ALTER: checking definitions and putting them into the catalog.
 *
 * The idea: the statement is parsed again into the catalog's arena (context->source is its text), so that the
 * object owns all it refers to; then it is checked as far as it can be without connecting anywhere. NOTICEs
 * (IF EXISTS, CASCADE) go to context->notice.
 */
#ifndef WEIR_PLANNER_DEFINE_H
#define WEIR_PLANNER_DEFINE_H

#include "planner/catalog.h"
#include "planner/plan_context.h"

extern bool define_relation(const PlanContext *context, const CreateRelationStatement *statement,
							Error *err) WARN_UNUSED;
extern bool define_view(const PlanContext *context, const CreateViewStatement *statement,
						Error *err) WARN_UNUSED;
/* Plans the sink, too, so that its mistakes are met here. */
extern bool define_sink(const PlanContext *context, const CreateSinkStatement *statement,
						Error *err) WARN_UNUSED;
extern bool define_drop(const PlanContext *context, const DropStatement *statement, Error *err) WARN_UNUSED;
extern bool define_add_column(const PlanContext *context, const AlterAddColumnStatement *statement,
							  Error *err) WARN_UNUSED;

#endif
