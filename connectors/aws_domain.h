/*
 * aws_domain.h: the domain that the services of a region are in.
 */
#ifndef WEIR_CONNECTORS_AWS_DOMAIN_H
#define WEIR_CONNECTORS_AWS_DOMAIN_H

/* "amazonaws.com", or that of the partition of Amazon that the region's name belongs to. */
extern const char *aws_domain(const char *region);

#endif
