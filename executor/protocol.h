/*
 * protocol.h: where a writer is in the commit protocol, and what it may do next.
 *
 * The idea: protocol_list.h is the whole protocol as a table; the program tells each event, and a step or
 * deed that the table does not have ends the process before anything is written. So an order that would lose
 * or double rows, such as publishing before the commit, can't be written by accident; a crash is what the
 * protocol survives anyway.
 *
 * One thread, the one that drives the epochs, moves a Protocol.
 */
#ifndef WEIR_EXECUTOR_PROTOCOL_H
#define WEIR_EXECUTOR_PROTOCOL_H

#include "common/base.h"

#define PROTOCOL_STATE(name, what) PROTOCOL_##name,
#define PROTOCOL_FACT(name, what)
#define PROTOCOL_EVENT(name, what)
#define PROTOCOL_STEP(state, event, next, needs, gives, ends, invariant)
#define PROTOCOL_END(event, next)
#define PROTOCOL_DEED(name, states, invariant)
typedef enum ProtocolState
{
#include "executor/protocol_list.h"
	PROTOCOL_STATE_COUNT
} ProtocolState;
#undef PROTOCOL_STATE
#undef PROTOCOL_FACT
#undef PROTOCOL_EVENT
#undef PROTOCOL_DEED

#define PROTOCOL_STATE(name, what)
#define PROTOCOL_FACT(name, what) FACT_NUMBER_##name,
#define PROTOCOL_EVENT(name, what)
#define PROTOCOL_DEED(name, states, invariant)
typedef enum ProtocolFactNumber
{
#include "executor/protocol_list.h"
	PROTOCOL_FACT_COUNT
} ProtocolFactNumber;
#undef PROTOCOL_FACT
#undef PROTOCOL_EVENT
#undef PROTOCOL_DEED

#define PROTOCOL_FACT(name, what) FACT_##name = 1 << FACT_NUMBER_##name,
#define PROTOCOL_EVENT(name, what)
#define PROTOCOL_DEED(name, states, invariant)
typedef enum ProtocolFact
{
#include "executor/protocol_list.h"
} ProtocolFact;
#undef PROTOCOL_FACT
#undef PROTOCOL_EVENT
#undef PROTOCOL_DEED

#define PROTOCOL_FACT(name, what)
#define PROTOCOL_EVENT(name, what) EVENT_##name,
#define PROTOCOL_DEED(name, states, invariant)
typedef enum ProtocolEvent
{
#include "executor/protocol_list.h"
	PROTOCOL_EVENT_COUNT
} ProtocolEvent;
#undef PROTOCOL_EVENT
#undef PROTOCOL_DEED

#define PROTOCOL_EVENT(name, what)
#define PROTOCOL_DEED(name, states, invariant) DEED_##name,
typedef enum ProtocolDeed
{
#include "executor/protocol_list.h"
	PROTOCOL_DEED_COUNT
} ProtocolDeed;
#undef PROTOCOL_STATE
#undef PROTOCOL_FACT
#undef PROTOCOL_EVENT
#undef PROTOCOL_STEP
#undef PROTOCOL_END
#undef PROTOCOL_DEED

/* Zero-initialised: FIND, and nothing is known. */
typedef struct Protocol
{
	ProtocolState state;
	unsigned facts; /* ProtocolFact bits */
} Protocol;

/* Makes the step if the table has it, and the facts that it needs hold. */
extern bool protocol_try(Protocol *protocol, ProtocolEvent event) WARN_UNUSED;
/* Makes the step; ends the process when the table does not allow it. */
extern void protocol_step(Protocol *protocol, ProtocolEvent event);
/* Whether the deed may be done now. */
extern bool protocol_permits(const Protocol *protocol, ProtocolDeed deed);
/* Ends the process when the deed must not be done now: to be called ahead of it. */
extern void protocol_check(const Protocol *protocol, ProtocolDeed deed);
/* DONE, FENCED, FAILED. */
extern bool protocol_is_over(ProtocolState state);

extern const char *protocol_state_name(ProtocolState state);
extern const char *protocol_event_name(ProtocolEvent event);

#endif
