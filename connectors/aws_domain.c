/*
 * aws_domain.c: domains of Amazon's partitions, by the beginnings of their regions' names (contract in
 * aws_domain.h). A region that is not listed is taken for one of the public partition.
 */
#include "connectors/aws_domain.h"

#include "common/base.h"

const char *
aws_domain(const char *region)
{
	static const struct
	{
		const char *prefix, *domain;
	} domains[] = {
		{"cn-", "amazonaws.com.cn"},    {"us-iso-", "c2s.ic.gov"},      {"us-isob-", "sc2s.sgov.gov"},
		{"us-isof-", "csp.hci.ic.gov"}, {"eu-isoe-", "cloud.adc-e.uk"}, {"eusc-", "amazonaws.eu"},
	};

	for (size_t i = 0; i < lengthof(domains); i++)
		if (strncmp(region, domains[i].prefix, strlen(domains[i].prefix)) == 0)
			return domains[i].domain;
	return "amazonaws.com";
}
