/*
 * shard_plan.h: whether a job can be divided over several processes, each with some of the partitions.
 *
 * The idea: a group must lie in one shard. That is so when it is of one partition, or of one message key and
 * the producer puts equal keys into equal partitions. The first is seen in the plan; the second is declared
 * by the stream's option partitioner, and checked for every row at run time by what is noted here.
 */
#ifndef WEIR_PLANNER_SHARD_PLAN_H
#define WEIR_PLANNER_SHARD_PLAN_H

#include "planner/plan.h"
#include "planner/plan_context.h"

/* Notes in every sink how its groups are bound to partitions; refuses one whose groups are not. */
extern bool shard_plan(const PlanContext *context, JobPlan *job, Error *err) WARN_UNUSED;

/* The stream's options partitioner and message_key fit it: checked when it is defined. */
extern bool shard_check_stream(const StreamDef *stream, Error *err) WARN_UNUSED;

#endif
