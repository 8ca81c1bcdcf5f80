/*
 * failure_point_list.h: every call that changes something outside the process, the only list of them.
 *
 * FAILURE_POINT(name, what): each gives two moments, <name>.before and <name>.after (see failure_point.h). The
 * kill tests iterate this list and fail on a moment that is never hit. To add one: a line here, and
 * failure_before/failure_after round the call.
 */

/* The commit protocol: one point per step, whatever the store. */
FAILURE_POINT(create_job, "create job.json")
FAILURE_POINT(claim, "create the OPEN manifest that claims the state")
FAILURE_POINT(assign, "create the manifest that records start offsets, ends and revisions")
FAILURE_POINT(seal, "make the epoch's pack and objects durable")
FAILURE_POINT(commit, "create the COMMIT manifest")
FAILURE_POINT(publish, "create a data object")
FAILURE_POINT(flush, "make the names of data objects durable")
FAILURE_POINT(mark, "create the published marker")
FAILURE_POINT(commit_hint, "tell the source's lag tools how far the job is")
FAILURE_POINT(close_state, "create the CLOSE manifest")
FAILURE_POINT(remove, "remove what no manifest refers to any more")

/* The directory store: one point per kind of system call. */
FAILURE_POINT(directory_make, "mkdir")
FAILURE_POINT(directory_create, "create a temporary file")
FAILURE_POINT(directory_write, "write a temporary file or pack")
FAILURE_POINT(directory_copy, "join an object from the pack's fragments")
FAILURE_POINT(directory_sync, "fsync of a file")
FAILURE_POINT(directory_link, "link(2) to the final name")
FAILURE_POINT(directory_sync_names, "fsync of a directory")
FAILURE_POINT(directory_remove, "unlink")

/* The S3 store: one point per kind of request. */
FAILURE_POINT(s3_put, "PutObject")
FAILURE_POINT(s3_create_upload, "CreateMultipartUpload")
FAILURE_POINT(s3_part, "UploadPart")
FAILURE_POINT(s3_complete, "CompleteMultipartUpload")
FAILURE_POINT(s3_abort, "AbortMultipartUpload")
FAILURE_POINT(s3_remove, "DeleteObject")

/* Loading, which is no part of the protocol. */
FAILURE_POINT(mark_loaded, "create the loaded marker")
