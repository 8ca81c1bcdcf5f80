/*
 * aws_imds.h: the region that the instance metadata service knows.
 */
#ifndef WEIR_CONNECTORS_AWS_IMDS_H
#define WEIR_CONNECTORS_AWS_IMDS_H

#include "connectors/aws_provider.h"

/* Whether a provider's credentials come from there. */
extern bool aws_imds_is(const AwsProvider *provider);
/* Where the instance runs, on the heap; NULL = the service does not say. Waits for it. */
extern char *aws_imds_region(AwsProvider *provider);

#endif
