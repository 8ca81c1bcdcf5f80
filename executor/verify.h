/*
 * verify.h: whether what lies in the job's locations is what its manifests say, and nothing else of it.
 *
 * The idea: every manifest that is kept says which objects its epoch made (by the marker's list, whose sha256
 * it carries), so the whole of what should be there is known, and a listing says what is. It only reads, so
 * it may run beside the job: the manifests are listed first, so what they say is out was out before a
 * location is listed; what is committed but not out yet is pending; and an object without a manifest counts
 * only if none turns up when the manifests are listed once more.
 *
 * Objects of manifests that clean-up has removed can't be judged; they are counted.
 */
#ifndef WEIR_EXECUTOR_VERIFY_H
#define WEIR_EXECUTOR_VERIFY_H

#include "executor/state_view.h"
#include "planner/plan.h"

typedef enum VerifyClass
{
	VERIFY_MISSING,   /* should be there */
	VERIFY_DIFFERENT, /* has other contents than those that were committed */
	VERIFY_EXTRA,     /* has a name of this job, but no manifest knows it */
	VERIFY_BROKEN,    /* a manifest, marker or pack can't be read, or does not fit its neighbour */
	VERIFY_CLASSES
} VerifyClass;

extern const char *verify_class_name(VerifyClass class);

typedef struct Finding
{
	VerifyClass class;
	uint64_t epoch;     /* 0 = of no single one */
	const char *kind;   /* "data", "late", "dead", "manifest", "marker", "pack" */
	const char *name;   /* of the sink or stream, or NULL */
	const char *object; /* with its location */
	const char *detail;
} Finding;

typedef struct VerifyTotals
{
	uint64_t epochs; /* that committed and are known */
	uint64_t files, rows, bytes;
	uint64_t right;   /* objects that are there as they should be */
	uint64_t pending; /* committed, and not out yet */
	uint64_t found[VERIFY_CLASSES];
	/* Objects of epochs whose manifest was removed for its age, or whose list is unreadable or, by an earlier
	 * version, was not kept. */
	uint64_t unknown;
} VerifyTotals;

typedef struct VerifyOpen
{
	StateLook look;
	const JobPlan *plan; /* for the locations it may write to, and their options */
	bool quick;          /* names and sizes only */
	void (*found)(void *context, const Finding *finding);
	void *context;
} VerifyOpen;

/* False: it could not be done; a finding is no failure. STOPPED_EARLY when look.stop was set. */
extern bool job_verify(const VerifyOpen *open, VerifyTotals *totals, Error *err) WARN_UNUSED;

#endif
