/*
 * protocol.c: the commit protocol as a model: every order of steps, crashes and lost requests is explored.
 *
 * The idea: a world is a few records to read, the store's objects, requests that are on their way, what a
 * loader that goes by names has loaded, and up to three writers. A writer moves by the product's own table
 * (executor/protocol_list.h): a step that the table does not have is not made, so the two can't drift apart.
 * At any moment each writer may do its next step or crash, a new one may start (as a standby, too), and a
 * request that timed out may arrive. A create is answered, or answered and the reply lost (then it is
 * repeated), or delayed (then it is repeated, and arrives once more at any later time, also after the
 * writer's end). Whoever found something acts on it at any later time, so listings are as stale as the
 * store's order of creates allows, and no clock guards anything. All worlds that can be reached are visited,
 * breadth first, and the invariants are checked as things happen.
 *
 * Invariants (exactly-once.md's numbers): I1 links form one chain, each going on where the one before ended;
 * I2 an object that is visible is one that a committed link lists, with these bytes; I3 what is committed is
 * visible once a writer has left in order; I4 a name never has two contents; I5 the loader has no row twice,
 * and in the end each row once; SUM the state of every link is that of the records before its offset; I9
 * nothing is removed that a start needs.
 *
 * What it does not have: the length of time, shards, the numbers in files, damaged bytes.
 *
 * Usage: protocol [records=N] [writers=N] [starts=N] [delays=N] [drain=0|1] [standby=0|1] [lazy=0|1]
 * [broken=NAME] writers are alive at once, of so many starts; delays: requests on their way at once; drain: a
 * writer may leave in order at any cut, not at the end only; lazy: the loader comes at any later time, not at
 * once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/memory.h"
#include "executor/protocol.h"

enum
{
	RECORDS_MAX = 5,
	SEQ_MAX = 15, /* links are numbered from 1 */
	WRITERS_MAX = 3,
	DELAYS_MAX = 2,
	STARTS_MAX = 7
};

/* ---- what is broken on purpose ---- */

typedef enum Broken
{
	SOUND,
	PUBLISH_FIRST, /* objects get their names before the commit */
	OVERWRITE,     /* a manifest is put, whether there is one or not */
	ANY_CLASH,     /* "exists" is taken for a lost reply, whoever made it */
	NO_REPUBLISH,  /* a start does not publish what is committed */
	OFFSET_NAMES,  /* names tell the start offset, may be overwritten, and are written before the commit */
	GROUP_OFFSETS, /* reading begins where the consumer group is */
	BROKEN_COUNT
} Broken;

static const char *const broken_names[] = {"nothing",      "publish_first", "overwrite",    "any_clash",
										   "no_republish", "offset_names",  "group_offsets"};

typedef enum Invariant
{
	I1_CHAIN,
	I2_UNCOMMITTED,
	I3_UNPUBLISHED,
	I4_TWO_CONTENTS,
	I5_DOUBLE,
	I5_MISSING,
	SUM,
	I9_PACK_GONE,
	INVARIANT_COUNT
} Invariant;

static const char *const invariant_names[] = {"I1 chain",        "I2 not committed", "I3 not published",
											  "I4 two contents", "I5 doubled rows",  "I5 missing rows",
											  "state sums",      "I9 pack is gone"};

typedef struct Config
{
	unsigned records, writers, starts, delays;
	bool drain, standby, lazy;
	Broken broken;
} Config;

static Config config = {
	.records = 3, .writers = 2, .starts = 3, .delays = 1, .drain = true, .standby = true, .lazy = true};

/* ---- the world ---- */

typedef enum LinkKind
{
	NO_LINK,
	OPEN,
	COMMIT,
	CLOSE
} LinkKind;

/* A manifest. Its nonce is its maker: a writer wants one content per number. */
typedef struct Link
{
	unsigned kind : 2;
	unsigned maker : 3;
	unsigned before : 3; /* maker of the link before, as this one's maker knew it */
	unsigned from : 3;   /* COMMIT: its object holds the records [from, next) */
	unsigned next : 3;
	unsigned state : RECORDS_MAX; /* records that went into the state */
	unsigned upto : 4;            /* published_upto */
	unsigned footer : 4;          /* number of the link whose pack holds the state; 0 = none */
} Link;

typedef enum RequestKind
{
	NO_REQUEST,
	PUT_LINK,
	PUT_OBJECT,
	PUT_MARK
} RequestKind;

typedef struct Request
{
	Link link;             /* PUT_LINK; of PUT_OBJECT from and next */
	unsigned char kind;    /* RequestKind */
	unsigned char seq;     /* of the link, or that the object or marker is of */
	unsigned char sender;  /* incarnation */
	unsigned char padding; /* zero: worlds are compared by bytes */
} Request;

/* A process; id 0: none. */
typedef struct Writer
{
	unsigned id : 3;    /* incarnation */
	unsigned state : 4; /* ProtocolState */
	unsigned facts : 3;
	unsigned standby : 1;
	unsigned seq : 4;   /* of the newest link it knows */
	unsigned maker : 3; /* of that link */
	unsigned next : 3;
	unsigned to : 3; /* where its cut is */
	unsigned upto : 4;
	unsigned footer : 4;
	unsigned : 0;
	unsigned sums : RECORDS_MAX;
	unsigned step : 2; /* of the publisher, or of republishing: see Publishing */
	unsigned pub : 4;  /* link that is published or republished */
	unsigned from : 3; /* its object */
	unsigned until : 3;
	unsigned early : 1; /* PUBLISH_FIRST: the object is out */
	unsigned : 0;
} Writer;

typedef enum Publishing
{
	AT_REST,
	CREATING, /* the object */
	MARKING,
	CLEANING
} Publishing;

typedef struct Object
{
	unsigned char there : 1;
	unsigned char loaded : 1;
	unsigned char from : 3;
	unsigned char next : 3;
} Object;

typedef struct World
{
	Link links[SEQ_MAX + 1]; /* by number */
	Writer writers[WRITERS_MAX];
	Request delayed[DELAYS_MAX];
	Object objects[SEQ_MAX + 1];       /* by name: the link's number, or the start offset */
	unsigned char packs[SEQ_MAX + 1];  /* whose attempts lie there, as bits */
	unsigned char loaded[RECORDS_MAX]; /* how often each record was */
	unsigned char starts;
	unsigned char group; /* offset that lag tools see */
	unsigned short marks;
} World;

/* ---- what was found ---- */

typedef struct Found
{
	World *worlds;
	uint32_t *parents;
	uint8_t *moves;
	size_t count, capacity, parent_capacity, move_capacity;
	uint32_t *table; /* number of a world + 1 by hash; 0 = free */
	size_t table_size;
	uint64_t transitions;
	unsigned broken; /* Invariant bits */
	uint32_t current;
	uint32_t first[INVARIANT_COUNT];                            /* world from which a step broke it first */
	unsigned steps[PROTOCOL_STATE_COUNT][PROTOCOL_EVENT_COUNT]; /* how often each was made */
} Found;

static Found found;

static void
violate(Invariant invariant)
{
	if (!(found.broken & 1U << invariant))
		found.first[invariant] = found.current;
	found.broken |= 1U << invariant;
}

static void
grow_table(void)
{
	size_t size = found.table_size ? found.table_size * 2 : 1 << 16;
	uint32_t *table = mem_alloc_zero(size * sizeof *table);

	for (size_t i = 0; i < found.count; i++)
	{
		size_t at = hash_bytes(&found.worlds[i], sizeof(World)) & (size - 1);

		while (table[at] != 0)
			at = (at + 1) & (size - 1);
		table[at] = (uint32_t)i + 1;
	}
	mem_free(found.table);
	found.table = table;
	found.table_size = size;
}

/* Writers are alike, and requests come in any order: their places don't matter. */
static int
compare_writers(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(Writer));
}

static int
compare_requests(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(Request));
}

static void
visit(World world)
{
	size_t at;

	found.transitions++;
	qsort(world.writers, WRITERS_MAX, sizeof *world.writers, compare_writers);
	qsort(world.delayed, DELAYS_MAX, sizeof *world.delayed, compare_requests);
	if (found.count * 2 >= found.table_size)
		grow_table();
	at = hash_bytes(&world, sizeof world) & (found.table_size - 1);
	for (; found.table[at] != 0; at = (at + 1) & (found.table_size - 1))
		if (memcmp(&found.worlds[found.table[at] - 1], &world, sizeof world) == 0)
			return;
	mem_grow(&found.worlds, &found.capacity, found.count, sizeof *found.worlds);
	mem_grow(&found.parents, &found.parent_capacity, found.count, sizeof *found.parents);
	found.parents[found.count] = found.current;
	found.worlds[found.count++] = world;
	found.table[at] = (uint32_t)found.count;
}

/* ---- the store ---- */

typedef enum Outcome
{
	CREATED_IT, /* or it is there with the same bytes */
	CLASHED
} Outcome;

static unsigned
records_below(unsigned offset)
{
	return (1U << offset) - 1;
}

/* How many objects that are visible and not yet loaded hold a record, and how often it was loaded. */
static unsigned
count_record(const World *world, unsigned record)
{
	unsigned n = world->loaded[record];

	for (int i = 0; i <= SEQ_MAX; i++)
		if (world->objects[i].there && !world->objects[i].loaded && world->objects[i].from <= record &&
			record < world->objects[i].next)
			n++;
	return n;
}

/* A writer has left in order: what the links tell is there. */
static void
check_rest(const World *world, unsigned seq)
{
	unsigned next = world->links[seq].next;

	for (unsigned s = 1; s <= seq; s++)
	{
		const Link *link = &world->links[s];
		const Object *object = &world->objects[config.broken == OFFSET_NAMES ? link->from : s];

		if (link->kind == COMMIT &&
			(!object->there || object->from != link->from || object->next != link->next))
			violate(I3_UNPUBLISHED);
	}
	for (unsigned r = 0; r < next; r++)
	{
		unsigned n = count_record(world, r);

		if (n == 0)
			violate(I5_MISSING);
		if (n > 1)
			violate(I5_DOUBLE);
	}
}

static void
check_link(const World *world, unsigned seq)
{
	const Link *link = &world->links[seq], *before = &world->links[seq - 1], *after = &world->links[seq + 1];

	if (seq > 1 && (before->kind == NO_LINK || before->maker != link->before))
		violate(I1_CHAIN);
	if (seq < SEQ_MAX && after->kind != NO_LINK && after->before != link->maker)
		violate(I1_CHAIN);
	if (link->from != before->next || (link->kind != COMMIT && link->next != before->next))
		violate(I1_CHAIN);
	if (link->state != records_below(link->next))
		violate(SUM);
	if (link->kind == CLOSE)
		check_rest(world, seq);
}

static Outcome
create_link(World *world, const Request *request)
{
	Link *link = &world->links[request->seq];

	if (link->kind != NO_LINK && config.broken != OVERWRITE)
		return link->maker == request->link.maker ? CREATED_IT : CLASHED;
	*link = request->link;
	check_link(world, request->seq);
	return CREATED_IT;
}

/* What a loader does that goes by names: each once. */
static void
load(World *world, Object *object)
{
	object->loaded = 1;
	for (unsigned r = object->from; r < object->next; r++)
		if (++world->loaded[r] > 1)
			violate(I5_DOUBLE);
}

static Outcome
create_object(World *world, const Request *request)
{
	const Link *link = &world->links[request->seq];
	Object *object = &world->objects[config.broken == OFFSET_NAMES ? request->link.from : request->seq];
	bool same = object->there && object->from == request->link.from && object->next == request->link.next;

	if (link->kind != COMMIT || link->from != request->link.from || link->next != request->link.next)
		violate(I2_UNCOMMITTED);
	if (same)
		return CREATED_IT;
	if (object->there)
		violate(I4_TWO_CONTENTS);
	if (object->there && config.broken != OFFSET_NAMES)
		return CLASHED;
	object->there = 1;
	object->from = request->link.from & 7U;
	object->next = request->link.next & 7U;
	if (!config.lazy && !object->loaded)
		load(world, object);
	return CREATED_IT;
}

static Outcome
apply(World *world, const Request *request)
{
	switch ((RequestKind)request->kind)
	{
		case PUT_LINK: return create_link(world, request);
		case PUT_OBJECT: return create_object(world, request);
		case PUT_MARK: world->marks |= (unsigned short)(1U << request->seq); break;
		case NO_REQUEST: break;
	}
	return CREATED_IT;
}

/* ---- writers ---- */

/* Tells the table; false: it does not allow this now. */
static bool
tell(Writer *w, ProtocolEvent event)
{
	Protocol protocol = {.state = (ProtocolState)w->state, .facts = w->facts};
	ProtocolState state = protocol.state;

	if (!protocol_try(&protocol, event))
		return false;
	found.steps[state][event]++;
	w->state = protocol.state & 15U;
	w->facts = protocol.facts & 7U;
	return true;
}

static void
require(Writer *w, ProtocolEvent event)
{
	Protocol protocol = {.state = (ProtocolState)w->state, .facts = w->facts};

	if (!tell(w, event))
		protocol_step(&protocol, event); /* which says what is wrong */
}

static void
require_deed(const Writer *w, ProtocolDeed deed)
{
	Protocol protocol = {.state = (ProtocolState)w->state, .facts = w->facts};

	protocol_check(&protocol, deed);
}

static void
leave(Writer *w)
{
	memset(w, 0, sizeof *w);
}

/* What a writer does with the answer. */
typedef void (*Answer)(World *world, Writer *w, Outcome outcome);

/*
 * A create by the writer of that number: answered; made, but the reply is lost, so that it will be made
 * again; or delayed, and made again.
 */
static void
send(const World *world, int number, const Request *request, Answer answer)
{
	World after = *world;
	Outcome outcome = apply(&after, request);

	visit(after);
	if (config.broken == ANY_CLASH && request->kind == PUT_LINK)
		outcome = CREATED_IT;
	answer(&after, &after.writers[number], outcome);
	visit(after);
	/* A marker tells what is true for ever, whenever it comes. */
	for (unsigned i = 0; i < config.delays && request->kind != PUT_MARK; i++)
		if (world->delayed[i].kind == NO_REQUEST)
		{
			after = *world;
			after.delayed[i] = *request;
			visit(after);
			break;
		}
}

static Request
link_request(const Writer *w, LinkKind kind)
{
	Request request;

	memset(&request, 0, sizeof request);
	request.kind = PUT_LINK;
	request.seq = (unsigned char)(w->seq + 1);
	request.sender = w->id;
	request.link.kind = kind & 3U;
	request.link.maker = w->id;
	request.link.before = w->maker;
	request.link.from = w->next;
	request.link.next = kind == COMMIT ? w->to : w->next;
	request.link.state =
		(w->sums | (records_below(request.link.next) & ~records_below(w->next))) & records_below(RECORDS_MAX);
	request.link.upto = w->upto;
	request.link.footer = kind == COMMIT ? w->seq + 1U : w->footer;
	return request;
}

static Request
object_request(const Writer *w, RequestKind kind, unsigned seq, unsigned from, unsigned next)
{
	Request request;

	memset(&request, 0, sizeof request);
	request.kind = (unsigned char)kind;
	request.seq = (unsigned char)seq;
	request.sender = w->id;
	request.link.from = from & 7U;
	request.link.next = next & 7U;
	return request;
}

static void
take_link(Writer *w)
{
	w->seq++;
	w->maker = w->id;
}

/* ---- FIND, CLAIM ---- */

static void
find(const World *world, int number)
{
	World after = *world;
	Writer *w = &after.writers[number];
	unsigned seq = 0;

	while (seq < SEQ_MAX && world->links[seq + 1].kind != NO_LINK)
		seq++;
	if (w->standby)
	{
		require(w, EVENT_WAIT);
		visit(after);
		after = *world;
	}
	w->seq = seq & 15U;
	w->maker = world->links[seq].maker;
	w->next = world->links[seq].next;
	w->sums = world->links[seq].state;
	w->upto = world->links[seq].upto;
	w->footer = world->links[seq].footer;
	require(w, EVENT_FITS);
	visit(after);
}

static void
answer_claim(World *world UNUSED, Writer *w, Outcome outcome)
{
	if (outcome == CLASHED)
	{
		require(w, w->standby ? EVENT_WAIT : EVENT_CLASH);
		if (!w->standby)
			leave(w);
		return;
	}
	take_link(w);
	require(w, EVENT_CREATED);
	w->pub = w->upto;
}

/* ---- REPUBLISH, RESTORE ---- */

static void
answer_republish(World *world UNUSED, Writer *w, Outcome outcome)
{
	if (outcome == CLASHED)
	{
		require(w, EVENT_ERROR);
		leave(w);
		return;
	}
	w->step = w->step == CREATING ? MARKING : AT_REST;
}

static bool
has_pack(const World *world, unsigned seq)
{
	return world->packs[seq] & 1U << world->links[seq].maker;
}

/* A pack can't be read. That is as it should be for one that was overtaken meanwhile: it finds that out. */
static void
miss_pack(const World *world, Writer *w)
{
	bool overtaken = world->links[w->seq + 1].kind != NO_LINK;

	if (!overtaken)
		violate(I9_PACK_GONE);
	require(w, overtaken ? EVENT_CLASH : EVENT_ERROR);
	leave(w);
}

static void
republish(const World *world, int number)
{
	World after = *world;
	Writer *w = &after.writers[number];
	const Link *link;
	Request request;

	require_deed(w, DEED_CREATE_OBJECT);
	if (w->step == AT_REST)
	{
		/* The next one that lacks its marker; the last is the writer's own claim. */
		do
			w->pub++;
		while (w->pub < w->seq && (world->links[w->pub].kind != COMMIT || world->marks & 1U << w->pub));
		if (w->pub >= w->seq || config.broken == NO_REPUBLISH)
		{
			w->upto = w->seq;
			w->pub = 0;
			require(w, EVENT_PUBLISHED);
		}
		else
		{
			w->step = CREATING;
			if (!has_pack(world, w->pub))
				miss_pack(world, w);
		}
		visit(after);
		return;
	}
	link = &world->links[w->pub];
	request = object_request(w, w->step == CREATING ? PUT_OBJECT : PUT_MARK, w->pub, link->from, link->next);
	send(world, number, &request, answer_republish);
}

/* Removes what the writer's record does not lead to. */
static void
clean_up(World *world, const Writer *w, unsigned upto)
{
	for (unsigned s = 1; s <= upto; s++)
		world->packs[s] &= (unsigned char)(s == w->footer ? 1U << world->links[s].maker : 0);
}

static void
answer_assign(World *world UNUSED, Writer *w, Outcome outcome)
{
	if (outcome == CLASHED)
	{
		require(w, EVENT_CLASH);
		leave(w);
		return;
	}
	take_link(w);
	w->upto = w->seq;
	require(w, EVENT_CREATED);
}

static void
restore(const World *world, int number)
{
	World after = *world;
	Writer *w = &after.writers[number];

	/* A new job records its start offsets. */
	if (w->seq == 1)
	{
		Request request = link_request(w, OPEN);

		require_deed(w, DEED_CREATE_LINK);
		send(world, number, &request, answer_assign);
		return;
	}
	if (w->footer > 0 && !has_pack(world, w->footer))
	{
		miss_pack(world, w);
		visit(after);
		return;
	}
	require_deed(w, DEED_REMOVE);
	clean_up(&after, w, w->seq);
	if (config.broken == GROUP_OFFSETS)
		w->next = world->group & 7U;
	require(w, EVENT_READY);
	visit(after);
}

/* ---- epochs ---- */

static void
fill(const World *world, int number)
{
	for (unsigned to = world->writers[number].next + 1; to <= config.records; to++)
	{
		World after = *world;
		Writer *w = &after.writers[number];

		require(w, EVENT_FILLED);
		w->to = to & 7U;
		visit(after);
	}
	if (config.drain || world->writers[number].next == config.records)
	{
		World after = *world;

		if (tell(&after.writers[number], EVENT_END))
			visit(after);
	}
}

static void
cut(const World *world, int number)
{
	World after = *world;

	/* Unless the table lets it, the writer waits for its publisher. */
	if (tell(&after.writers[number], EVENT_FROZEN))
		visit(after);
}

static void
seal(const World *world, int number)
{
	World after = *world;
	Writer *w = &after.writers[number];

	require_deed(w, DEED_SEAL_PACK);
	after.packs[w->seq + 1] |= (unsigned char)(1U << w->id);
	require(w, EVENT_DURABLE);
	visit(after);
}

static void
answer_commit(World *world UNUSED, Writer *w, Outcome outcome)
{
	if (outcome == CLASHED)
	{
		require(w, EVENT_CLASH);
		leave(w);
		return;
	}
	require(w, EVENT_CREATED);
	require_deed(w, DEED_CREATE_OBJECT);
	require_deed(w, DEED_REMOVE);
	if (w->step != AT_REST)
		violate(I3_UNPUBLISHED); /* the epoch before would be forgotten */
	w->sums |= records_below(w->to) & ~records_below(w->next);
	w->from = w->next;
	w->until = w->next = w->to;
	w->to = 0;
	take_link(w);
	w->footer = w->pub = w->seq;
	w->step = w->early ? MARKING : CREATING;
	w->early = 0;
	require(w, EVENT_BEGUN);
}

static void
answer_early(World *world UNUSED, Writer *w, Outcome outcome UNUSED)
{
	w->early = 1;
}

static void
commit(const World *world, int number)
{
	const Writer *w = &world->writers[number];
	Request request = link_request(w, COMMIT);

	if ((config.broken == PUBLISH_FIRST || config.broken == OFFSET_NAMES) && !w->early)
	{
		request = object_request(w, PUT_OBJECT, w->seq + 1, w->next, w->to);
		send(world, number, &request, answer_early);
		return;
	}
	require_deed(w, DEED_CREATE_LINK);
	send(world, number, &request, answer_commit);
}

static void
answer_close(World *world UNUSED, Writer *w, Outcome outcome)
{
	require(w, outcome == CLASHED ? EVENT_CLASH : EVENT_CREATED);
	leave(w);
}

static void
close_chain(const World *world, int number)
{
	Request request = link_request(&world->writers[number], CLOSE);

	require_deed(&world->writers[number], DEED_CREATE_LINK);
	send(world, number, &request, answer_close);
}

/* ---- the publisher ---- */

static void
answer_publisher(World *world, Writer *w, Outcome outcome)
{
	answer_republish(world, w, outcome);
	if (w->id != 0 && w->step == AT_REST)
		w->step = CLEANING;
}

static void
publisher(const World *world, int number)
{
	World after = *world;
	Writer *w = &after.writers[number];

	if (w->step == CLEANING)
	{
		clean_up(&after, w, w->pub);
		after.group = w->until;
		w->upto = w->pub;
		w->step = AT_REST;
		w->pub = w->from = w->until = 0;
		if (tell(w, EVENT_PUBLISHED))
			visit(after);
	}
	else
	{
		Request request =
			object_request(w, w->step == CREATING ? PUT_OBJECT : PUT_MARK, w->pub, w->from, w->until);

		send(world, number, &request, answer_publisher);
	}
}

/* ---- all that may happen ---- */

static void
writer_moves(const World *world, int number)
{
	const Writer *w = &world->writers[number];
	World after = *world;

	switch ((ProtocolState)w->state)
	{
		case PROTOCOL_FIND: find(world, number); break;
		case PROTOCOL_STANDBY:
			require(&after.writers[number], EVENT_LOOK);
			visit(after);
			break;
		case PROTOCOL_CLAIM:
		{
			Request request = link_request(w, OPEN);

			require_deed(w, DEED_CREATE_LINK);
			send(world, number, &request, answer_claim);
			break;
		}
		case PROTOCOL_REPUBLISH: republish(world, number); return;
		case PROTOCOL_RESTORE: restore(world, number); break;
		case PROTOCOL_FILL: fill(world, number); break;
		case PROTOCOL_CUT: cut(world, number); break;
		case PROTOCOL_SEAL: seal(world, number); break;
		case PROTOCOL_COMMIT: commit(world, number); break;
		case PROTOCOL_CLOSE: close_chain(world, number); break;
		case PROTOCOL_PUBLISH:
		case PROTOCOL_DONE:
		case PROTOCOL_FENCED:
		case PROTOCOL_FAILED:
		case PROTOCOL_STATE_COUNT: abort();
	}
	if (w->step != AT_REST)
		publisher(world, number);
}

static void
start(const World *world, bool standby)
{
	World after = *world;
	Writer *slot = NULL;
	unsigned alive = 0;

	for (unsigned i = 0; i < WRITERS_MAX; i++)
		if (after.writers[i].id == 0)
			slot = &after.writers[i];
		else
			alive++;
	if (alive >= config.writers)
		return;
	slot->id = ++after.starts & 7U;
	slot->standby = standby;
	visit(after);
}

static void
explore(const World *world)
{
	for (unsigned i = 0; i < WRITERS_MAX; i++)
	{
		World after = *world;

		if (world->writers[i].id == 0)
			continue;
		writer_moves(world, (int)i);
		leave(&after.writers[i]); /* it crashes */
		visit(after);
	}
	for (unsigned i = 0; i < config.delays; i++)
		if (world->delayed[i].kind != NO_REQUEST)
		{
			World after = *world;

			memset(&after.delayed[i], 0, sizeof after.delayed[i]);
			(void)apply(&after, &world->delayed[i]);
			visit(after);
		}
	for (int name = 0; name <= SEQ_MAX; name++)
		if (world->objects[name].there && !world->objects[name].loaded)
		{
			World after = *world;

			load(&after, &after.objects[name]);
			visit(after);
		}
	if (world->starts < config.starts)
	{
		start(world, false);
		if (config.standby)
			start(world, true);
	}
}

/* ---- telling ---- */

static void
print_world(const World *world)
{
	static const char *const kinds[] = {"", "OPEN", "COMMIT", "CLOSE"};

	for (unsigned s = 1; s <= SEQ_MAX && world->links[s].kind != NO_LINK; s++)
	{
		const Link *link = &world->links[s];

		printf(" %u:%s by %u", s, kinds[link->kind], link->maker);
		if (link->kind == COMMIT)
			printf(" [%u,%u)", link->from, link->next);
		printf("%s;", world->marks & 1U << s ? " marked" : "");
	}
	for (int i = 0; i <= SEQ_MAX; i++)
		if (world->objects[i].there)
			printf(" object %d [%u,%u)%s;", i, world->objects[i].from, world->objects[i].next,
				   world->objects[i].loaded ? " loaded" : "");
	for (int i = 0; i < WRITERS_MAX; i++)
		if (world->writers[i].id != 0)
			printf(" writer %u %s at %u, next %u;", world->writers[i].id,
				   protocol_state_name((ProtocolState)world->writers[i].state), world->writers[i].seq,
				   world->writers[i].next);
	for (int i = 0; i < DELAYS_MAX; i++)
		if (world->delayed[i].kind != NO_REQUEST)
			printf(" delayed %s %u of %u;", world->delayed[i].kind == PUT_LINK ? "link" : "object",
				   world->delayed[i].seq, world->delayed[i].sender);
	printf("\n");
}

static void
print_way(uint32_t to)
{
	if (to != 0)
		print_way(found.parents[to]);
	print_world(&found.worlds[to]);
}

static void
print_findings(void)
{
	for (int i = 0; i < INVARIANT_COUNT; i++)
		if (found.broken & 1U << i)
		{
			printf("violated: %s, by a step from the last of these worlds:\n", invariant_names[i]);
			print_way(found.first[i]);
		}
	for (int s = 0; s < PROTOCOL_STATE_COUNT; s++)
		for (int e = 0; e < PROTOCOL_EVENT_COUNT; e++)
			if (found.steps[s][e] > 0)
				printf("step %s %s: %u\n", protocol_state_name((ProtocolState)s),
					   protocol_event_name((ProtocolEvent)e), found.steps[s][e]);
	printf("%zu states, %" PRIu64 " transitions, %d violations\n", found.count, found.transitions,
		   __builtin_popcount(found.broken));
}

/* ---- arguments ---- */

static bool
parse_number(const char *text, const char *name, unsigned most, unsigned *out)
{
	size_t len = strlen(name);

	if (strncmp(text, name, len) != 0 || text[len] != '=')
		return false;
	*out = (unsigned)strtoul(text + len + 1, NULL, 10);
	if (*out > most)
	{
		fprintf(stderr, "at most %s=%u\n", name, most);
		exit(2);
	}
	return true;
}

static bool
parse_broken(const char *text)
{
	if (strncmp(text, "broken=", 7) != 0)
		return false;
	for (int i = 0; i < BROKEN_COUNT; i++)
		if (strcmp(text + 7, broken_names[i]) == 0)
		{
			config.broken = (Broken)i;
			return true;
		}
	return false;
}

static void
parse_arguments(int argc, char **argv)
{
	unsigned drain = config.drain, standby = config.standby, lazy = config.lazy;

	for (int i = 1; i < argc; i++)
		if (!parse_number(argv[i], "records", RECORDS_MAX, &config.records) &&
			!parse_number(argv[i], "writers", WRITERS_MAX, &config.writers) &&
			!parse_number(argv[i], "starts", STARTS_MAX, &config.starts) &&
			!parse_number(argv[i], "delays", DELAYS_MAX, &config.delays) &&
			!parse_number(argv[i], "drain", 1, &drain) && !parse_number(argv[i], "standby", 1, &standby) &&
			!parse_number(argv[i], "lazy", 1, &lazy) && !parse_broken(argv[i]))
		{
			fprintf(stderr, "what is \"%s\"?\n", argv[i]);
			exit(2);
		}
	config.drain = drain;
	config.standby = standby;
	config.lazy = lazy;
	/* Each start makes at most OPEN and CLOSE, the first one OPEN more; each record at most one COMMIT. */
	if (2 * config.starts + 1 + config.records > SEQ_MAX)
	{
		fprintf(stderr, "too many starts and records for %d links\n", SEQ_MAX);
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	World first;

	parse_arguments(argc, argv);
	memset(&first, 0, sizeof first);
	visit(first);
	found.transitions = 0;
	for (size_t i = 0; i < found.count && (config.broken == SOUND || found.count < 2000000); i++)
	{
		World world = found.worlds[i]; /* the array moves as it grows */

		found.current = (uint32_t)i;
		explore(&world);
	}
	print_findings();
	return found.broken != 0;
}
