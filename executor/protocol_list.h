/*
 * protocol_list.h: the commit protocol: what a writer may be doing, what may happen, and what may follow. The only
 * list of it: the program moves by it (protocol.h), and so does the model that tests/model/ explores.
 *
 * PROTOCOL_STATE(name, what): what a writer is doing. DONE, FENCED and FAILED are ends.
 * PROTOCOL_FACT(name, what): what it may rely on.
 * PROTOCOL_EVENT(name, what): what it learns.
 * PROTOCOL_STEP(state, event, next, needs, gives, ends, invariant): in that state, and with the facts it needs,
 *     the event leads to the next state; it makes some facts true, and others no longer so. What is not listed must
 *     not happen.
 * PROTOCOL_END(event, next): leads there from every state that is no end.
 * PROTOCOL_DEED(name, states, invariant): what others can see is done in these states only.
 *
 * A link is a manifest m/<seq>.json; an object is settled once it has its name and its link the published marker.
 *
 * Loading objects into tables (loads.h) is no part of it: that makes no link, needs no fact, and may be done in any
 * state, twice, and by a writer that was overtaken, since tables know objects by their names. All that a link says of
 * it is loaded_upto, which only ever grows; links and markers beyond it are not removed.
 */

PROTOCOL_STATE(FIND, "looks for the newest link, and compares the plan with it")
PROTOCOL_STATE(STANDBY, "waits until the other writer seems to be gone")
PROTOCOL_STATE(CLAIM, "creates the OPEN link behind the one it has found")
PROTOCOL_STATE(REPUBLISH, "publishes what committed links have not yet out")
PROTOCOL_STATE(RESTORE, "loads state, settles offsets, and records them in an OPEN link where they are new")
PROTOCOL_STATE(FILL, "reads; the epoch before may still be being published")
PROTOCOL_STATE(CUT, "freezes offsets, moves W, closes windows, and awaits the publishing of the epoch before")
PROTOCOL_STATE(SEAL, "makes the epoch's pack durable")
PROTOCOL_STATE(COMMIT, "creates the COMMIT link")
PROTOCOL_STATE(PUBLISH, "hands the epoch's objects to the publisher")
PROTOCOL_STATE(CLOSE, "creates the CLOSE link")
PROTOCOL_STATE(DONE, "has left in order")
PROTOCOL_STATE(FENCED, "another writer made the link it wanted to make: it changes nothing any more")
PROTOCOL_STATE(FAILED, "stopped by an error or a crash: the next start goes on from the newest link")

PROTOCOL_FACT(CLAIMED, "the newest link it knows of is its own")
PROTOCOL_FACT(SETTLED, "every object of every link up to that one is settled")
PROTOCOL_FACT(SEALED, "the pack of this epoch is durable")

PROTOCOL_EVENT(FITS, "the plan fits the newest link, or there is none")
PROTOCOL_EVENT(WAIT, "another writer is at work, and this one was started as a standby")
PROTOCOL_EVENT(LOOK, "no new link came for long enough")
PROTOCOL_EVENT(CREATED, "the link is made; also when the reply was lost, and what is there has its nonce")
PROTOCOL_EVENT(CLASH, "the link was made by another writer")
PROTOCOL_EVENT(READY, "state is loaded and offsets are assigned")
PROTOCOL_EVENT(FILLED, "the epoch is to be cut")
PROTOCOL_EVENT(NOTHING, "the cut changed nothing")
PROTOCOL_EVENT(FROZEN, "the cut is to be committed")
PROTOCOL_EVENT(DURABLE, "the pack can be read by any later process")
PROTOCOL_EVENT(BEGUN, "the publisher has the epoch's files")
PROTOCOL_EVENT(PUBLISHED, "their names are durable, and the link is marked")
PROTOCOL_EVENT(END, "there will be no further epoch")
PROTOCOL_EVENT(ERROR, "something failed that can't be repeated")

PROTOCOL_STEP(FIND, FITS, CLAIM, 0, 0, 0, "a plan that does not fit changes nothing")
PROTOCOL_STEP(FIND, WAIT, STANDBY, 0, 0, 0, "a standby changes nothing")
PROTOCOL_STEP(STANDBY, LOOK, FIND, 0, 0, 0, "a take-over is a start: too early a one costs a restart, never rows")
PROTOCOL_STEP(CLAIM, WAIT, STANDBY, 0, 0, 0, "a standby that was too late waits on")
PROTOCOL_STEP(CLAIM, CREATED, REPUBLISH, 0, CLAIMED, SETTLED, "from here on no earlier writer can commit")
PROTOCOL_STEP(REPUBLISH, PUBLISHED, RESTORE, CLAIMED, SETTLED, 0, "what is committed is published, by whoever lives")
PROTOCOL_STEP(RESTORE, CREATED, RESTORE, CLAIMED | SETTLED, 0, 0, "offsets come from links alone")
PROTOCOL_STEP(RESTORE, READY, FILL, CLAIMED | SETTLED, 0, 0, "reading begins where the newest link ends")
PROTOCOL_STEP(RESTORE, END, CLOSE, CLAIMED | SETTLED, 0, 0, "a record may be changed without reading")
PROTOCOL_STEP(FILL, PUBLISHED, FILL, CLAIMED, SETTLED, 0, "one epoch at a time is published")
PROTOCOL_STEP(FILL, FILLED, CUT, CLAIMED, 0, 0, "nothing that is read is visible")
PROTOCOL_STEP(FILL, END, CLOSE, CLAIMED | SETTLED, 0, 0, "what is left behind is complete")
PROTOCOL_STEP(CUT, PUBLISHED, CUT, CLAIMED, SETTLED, 0, "one epoch at a time is published")
PROTOCOL_STEP(CUT, NOTHING, FILL, CLAIMED, 0, 0, "an epoch that changed nothing makes no link")
PROTOCOL_STEP(CUT, FROZEN, SEAL, CLAIMED | SETTLED, 0, 0, "the epoch before is settled, so published_upto is one number")
PROTOCOL_STEP(SEAL, DURABLE, COMMIT, CLAIMED | SETTLED, SEALED, 0, "what a link refers to is durable before it")
PROTOCOL_STEP(COMMIT, CREATED, PUBLISH, CLAIMED | SETTLED | SEALED, 0, SETTLED | SEALED, "the only commit point")
PROTOCOL_STEP(PUBLISH, BEGUN, FILL, CLAIMED, 0, 0, "an object gets its name only when its link exists")
PROTOCOL_STEP(CLOSE, CREATED, DONE, CLAIMED | SETTLED, 0, CLAIMED, "nothing is owed")

PROTOCOL_END(CLASH, FENCED)
PROTOCOL_END(ERROR, FAILED)

PROTOCOL_DEED(CREATE_LINK, IN(CLAIM) | IN(RESTORE) | IN(COMMIT) | IN(CLOSE), "links are made one behind the other")
PROTOCOL_DEED(SEAL_PACK, IN(RESTORE) | IN(SEAL), "packs become durable only between a claim and a link")
PROTOCOL_DEED(CREATE_OBJECT, IN(REPUBLISH) | IN(PUBLISH), "objects are made only of links that exist")
PROTOCOL_DEED(REMOVE, IN(RESTORE) | IN(PUBLISH) | IN(FILL), "only what is settled, or no link leads to, is removed")
