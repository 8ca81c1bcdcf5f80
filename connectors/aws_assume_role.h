/*
 * aws_assume_role.h: a role on top of another provider's credentials.
 */
#ifndef WEIR_CONNECTORS_AWS_ASSUME_ROLE_H
#define WEIR_CONNECTORS_AWS_ASSUME_ROLE_H

#include "connectors/aws_provider.h"

/* The role that an option names, assumed with the credentials of source, which it takes over. */
extern AwsProvider *aws_assume_role_over(const AwsConfiguration *c, AwsProvider *source);

#endif
