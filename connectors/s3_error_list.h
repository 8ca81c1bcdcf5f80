/*
 * s3_error_list.h: the error codes of S3 that mean more than their HTTP status, the only list of them.
 *
 * S3_ERROR(code, status, kind, sqlstate, hint). status: what it counts as when it comes in the body of a 200.
 * kind: of S3ErrorKind (s3_error.h). sqlstate and hint (or NULL) are for those that end a call.
 * To add one: a line here.
 */
/* the same request may succeed later */
S3_ERROR("InternalError", 500, AGAIN, CONNECTION_FAILURE, NULL)
S3_ERROR("RequestTimeout", 400, AGAIN, CONNECTION_FAILURE, NULL)
S3_ERROR("RequestTimeoutException", 400, AGAIN, CONNECTION_FAILURE, NULL)
S3_ERROR("IncompleteBody", 400, AGAIN, CONNECTION_FAILURE, NULL)
S3_ERROR("PriorRequestNotComplete", 400, AGAIN, CONNECTION_FAILURE, NULL)
S3_ERROR("ServerNotInitialized", 503, AGAIN, CONNECTION_FAILURE, NULL)
/* somebody else's request on the same key is under way: nothing is decided yet */
S3_ERROR("ConditionalRequestConflict", 409, CONFLICT, OBJECT_IN_USE, NULL)
S3_ERROR("OperationAborted", 409, CONFLICT, OBJECT_IN_USE, NULL)
/* fewer requests are wanted */
S3_ERROR("SlowDown", 503, THROTTLED, CONNECTION_FAILURE, NULL)
S3_ERROR("SlowDownRead", 503, THROTTLED, CONNECTION_FAILURE, NULL)
S3_ERROR("SlowDownWrite", 503, THROTTLED, CONNECTION_FAILURE, NULL)
S3_ERROR("ServiceUnavailable", 503, THROTTLED, CONNECTION_FAILURE, NULL)
S3_ERROR("Throttling", 400, THROTTLED, CONNECTION_FAILURE, NULL)
S3_ERROR("ThrottlingException", 400, THROTTLED, CONNECTION_FAILURE, NULL)
S3_ERROR("ThrottledException", 400, THROTTLED, CONNECTION_FAILURE, NULL)
S3_ERROR("RequestThrottled", 400, THROTTLED, CONNECTION_FAILURE, NULL)
S3_ERROR("RequestThrottledException", 400, THROTTLED, CONNECTION_FAILURE, NULL)
S3_ERROR("RequestLimitExceeded", 503, THROTTLED, CONNECTION_FAILURE, NULL)
S3_ERROR("TooManyRequests", 429, THROTTLED, CONNECTION_FAILURE, NULL)
S3_ERROR("TooManyRequestsException", 429, THROTTLED, CONNECTION_FAILURE, NULL)
S3_ERROR("BandwidthLimitExceeded", 509, THROTTLED, CONNECTION_FAILURE, NULL)
S3_ERROR("KMS.ThrottlingException", 400, THROTTLED, CONNECTION_FAILURE, NULL)
/* another signature may succeed */
S3_ERROR("RequestTimeTooSkewed", 403, CLOCK, INVALID_AUTHORIZATION, "Set this machine's clock.")
S3_ERROR("ExpiredToken", 400, CREDENTIALS, INVALID_AUTHORIZATION,
		 "The credentials have expired: get new ones.")
S3_ERROR("ExpiredTokenException", 400, CREDENTIALS, INVALID_AUTHORIZATION,
		 "The credentials have expired: get new ones.")
S3_ERROR("TokenRefreshRequired", 400, CREDENTIALS, INVALID_AUTHORIZATION,
		 "The credentials have expired: get new ones.")
S3_ERROR("InvalidToken", 400, CREDENTIALS, INVALID_AUTHORIZATION,
		 "Check the session token, which belongs to one key.")
S3_ERROR("InvalidAccessKeyId", 403, CREDENTIALS, INVALID_AUTHORIZATION,
		 "Check the access key id and the endpoint.")
S3_ERROR("InvalidClientTokenId", 403, CREDENTIALS, INVALID_AUTHORIZATION,
		 "Check the access key id and the endpoint.")
S3_ERROR("XAdminUserNotFound", 404, CREDENTIALS, INVALID_AUTHORIZATION,
		 "Check the access key id and the endpoint.")
/* another host or region may have it */
S3_ERROR("PermanentRedirect", 301, REGION, INVALID_PARAMETER_VALUE, "Set the bucket's region.")
S3_ERROR("TemporaryRedirect", 307, REGION, INVALID_PARAMETER_VALUE, "Set the bucket's region.")
S3_ERROR("Redirect", 307, REGION, INVALID_PARAMETER_VALUE, "Set the bucket's region.")
S3_ERROR("AuthorizationHeaderMalformed", 400, REGION, INVALID_PARAMETER_VALUE, "Set the bucket's region.")
S3_ERROR("IllegalLocationConstraintException", 400, REGION, INVALID_PARAMETER_VALUE,
		 "Set the bucket's region.")
/* no repetition changes it */
S3_ERROR("AccessDenied", 403, FINAL, INSUFFICIENT_PRIVILEGE,
		 "Check the policies of the identity, the bucket and its key.")
S3_ERROR("AccessForbidden", 403, FINAL, INSUFFICIENT_PRIVILEGE,
		 "Check the policies of the identity and the bucket.")
S3_ERROR("AllAccessDisabled", 403, FINAL, INSUFFICIENT_PRIVILEGE, NULL)
S3_ERROR("AccountProblem", 403, FINAL, INSUFFICIENT_PRIVILEGE, NULL)
S3_ERROR("NotSignedUp", 403, FINAL, INSUFFICIENT_PRIVILEGE, NULL)
S3_ERROR("InvalidPayer", 403, FINAL, INSUFFICIENT_PRIVILEGE, NULL)
S3_ERROR("InvalidObjectState", 403, FINAL, OBJECT_NOT_IN_PREREQUISITE_STATE,
		 "The object is archived: restore it first.")
S3_ERROR("SignatureDoesNotMatch", 403, FINAL, INVALID_AUTHORIZATION, "Check the secret access key.")
S3_ERROR("InvalidSecurity", 403, FINAL, INVALID_AUTHORIZATION, NULL)
S3_ERROR("NoSuchBucket", 404, FINAL, UNDEFINED_OBJECT, "Check the bucket's name and the endpoint.")
S3_ERROR("InvalidBucketName", 400, FINAL, INVALID_PARAMETER_VALUE, NULL)
S3_ERROR("InvalidRequest", 400, FINAL, INVALID_PARAMETER_VALUE, NULL)
S3_ERROR("InvalidArgument", 400, FINAL, INVALID_PARAMETER_VALUE, NULL)
S3_ERROR("InvalidURI", 400, FINAL, INVALID_PARAMETER_VALUE, NULL)
S3_ERROR("InvalidTag", 400, FINAL, INVALID_PARAMETER_VALUE, NULL)
S3_ERROR("InvalidStorageClass", 400, FINAL, INVALID_PARAMETER_VALUE, NULL)
S3_ERROR("InvalidEncryptionAlgorithmError", 400, FINAL, INVALID_PARAMETER_VALUE, NULL)
S3_ERROR("KMS.NotFoundException", 400, FINAL, INVALID_PARAMETER_VALUE, "Check the id of the KMS key.")
S3_ERROR("KMS.DisabledException", 400, FINAL, INVALID_PARAMETER_VALUE, "Enable the KMS key.")
S3_ERROR("MalformedXML", 400, FINAL, INTERNAL_ERROR, NULL)
S3_ERROR("MalformedPOSTRequest", 400, FINAL, INTERNAL_ERROR, NULL)
S3_ERROR("MissingContentLength", 411, FINAL, INTERNAL_ERROR, NULL)
S3_ERROR("MissingSecurityHeader", 400, FINAL, INTERNAL_ERROR, NULL)
S3_ERROR("XAmzContentSHA256Mismatch", 400, FINAL, DATA_CORRUPTED,
		 "Something between here and the store changes requests.")
S3_ERROR("BadDigest", 400, FINAL, DATA_CORRUPTED, "Something between here and the store changes requests.")
S3_ERROR("InvalidDigest", 400, FINAL, INTERNAL_ERROR, NULL)
S3_ERROR("EntityTooLarge", 400, FINAL, PROGRAM_LIMIT_EXCEEDED, NULL)
S3_ERROR("KeyTooLongError", 400, FINAL, NAME_TOO_LONG, "Keys have at most 1024 bytes.")
S3_ERROR("MetadataTooLarge", 400, FINAL, PROGRAM_LIMIT_EXCEEDED, NULL)
/* answers, which may come in the body of a 200 */
S3_ERROR("PreconditionFailed", 412, ANSWER, INVALID_PARAMETER_VALUE, NULL)
S3_ERROR("NoSuchKey", 404, ANSWER, UNDEFINED_OBJECT, NULL)
S3_ERROR("NoSuchUpload", 404, ANSWER, UNDEFINED_OBJECT, NULL)
S3_ERROR("InvalidPart", 400, ANSWER, INVALID_PARAMETER_VALUE, NULL)
S3_ERROR("InvalidPartOrder", 400, ANSWER, INVALID_PARAMETER_VALUE, NULL)
S3_ERROR("EntityTooSmall", 400, ANSWER, INVALID_PARAMETER_VALUE, NULL)
S3_ERROR("InvalidRange", 416, ANSWER, INVALID_PARAMETER_VALUE, NULL)
S3_ERROR("NotImplemented", 501, ANSWER, FEATURE_NOT_SUPPORTED, "The store does not support this request.")
