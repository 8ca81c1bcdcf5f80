/*
 * protocol.c: the table of the commit protocol, looked up.
 */
#include "executor/protocol.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct Step
{
	ProtocolState state;
	ProtocolEvent event;
	ProtocolState next;
	unsigned needs, gives, ends;
} Step;

/* The facts by their bare names, as the table writes them. */
enum
{
	CLAIMED = FACT_CLAIMED,
	SETTLED = FACT_SETTLED,
	SEALED = FACT_SEALED
};

#define IN(state) (1U << PROTOCOL_##state)

#define PROTOCOL_STATE(name, what)
#define PROTOCOL_FACT(name, what)
#define PROTOCOL_EVENT(name, what)
#define PROTOCOL_STEP(state, event, next, needs, gives, ends, invariant) \
	{PROTOCOL_##state, EVENT_##event, PROTOCOL_##next, needs, gives, ends},
#define PROTOCOL_END(event, next)
#define PROTOCOL_DEED(name, states, invariant)
static const Step steps[] = {
#include "executor/protocol_list.h"
};
#undef PROTOCOL_STEP
#undef PROTOCOL_END
#undef PROTOCOL_DEED

#define PROTOCOL_STEP(state, event, next, needs, gives, ends, invariant)
#define PROTOCOL_END(event, next) {PROTOCOL_STATE_COUNT, EVENT_##event, PROTOCOL_##next, 0, 0, 0},
#define PROTOCOL_DEED(name, states, invariant)
static const Step ends[] = {
#include "executor/protocol_list.h"
};
#undef PROTOCOL_END
#undef PROTOCOL_DEED

#define PROTOCOL_END(event, next)
#define PROTOCOL_DEED(name, states, invariant) states,
static const unsigned deed_states[] = {
#include "executor/protocol_list.h"
};
#undef PROTOCOL_DEED

#define PROTOCOL_DEED(name, states, invariant) #name,
static const char *const deed_names[] = {
#include "executor/protocol_list.h"
};
#undef PROTOCOL_DEED
#define PROTOCOL_DEED(name, states, invariant)

#undef PROTOCOL_STATE
#define PROTOCOL_STATE(name, what) #name,
static const char *const state_names[] = {
#include "executor/protocol_list.h"
};
#undef PROTOCOL_STATE
#define PROTOCOL_STATE(name, what)

#undef PROTOCOL_EVENT
#define PROTOCOL_EVENT(name, what) #name,
static const char *const event_names[] = {
#include "executor/protocol_list.h"
};

const char *
protocol_state_name(ProtocolState state)
{
	assert((unsigned)state < PROTOCOL_STATE_COUNT);
	return state_names[state];
}

const char *
protocol_event_name(ProtocolEvent event)
{
	assert((unsigned)event < PROTOCOL_EVENT_COUNT);
	return event_names[event];
}

bool
protocol_is_over(ProtocolState state)
{
	return state == PROTOCOL_DONE || state == PROTOCOL_FENCED || state == PROTOCOL_FAILED;
}

bool
protocol_try(Protocol *protocol, ProtocolEvent event)
{
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
	{
		const Step *step = &steps[i];

		if (step->state != protocol->state || step->event != event ||
			(protocol->facts & step->needs) != step->needs)
			continue;
		protocol->facts = (protocol->facts & ~step->ends) | step->gives;
		protocol->state = step->next;
		return true;
	}
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (ends[i].event == event && !protocol_is_over(protocol->state))
		{
			*protocol = (Protocol){.state = ends[i].next};
			return true;
		}
	return false;
}

static void
refuse(const Protocol *protocol, const char *what)
{
	fprintf(stderr, "weir: the commit protocol does not allow %s in %s (facts %#x)\n", what,
			protocol_state_name(protocol->state), protocol->facts);
	abort();
}

void
protocol_step(Protocol *protocol, ProtocolEvent event)
{
	if (!protocol_try(protocol, event))
		refuse(protocol, protocol_event_name(event));
}

bool
protocol_permits(const Protocol *protocol, ProtocolDeed deed)
{
	assert((unsigned)deed < PROTOCOL_DEED_COUNT);
	return (deed_states[deed] & 1U << protocol->state) != 0;
}

void
protocol_check(const Protocol *protocol, ProtocolDeed deed)
{
	if (!protocol_permits(protocol, deed))
		refuse(protocol, deed_names[deed]);
}
