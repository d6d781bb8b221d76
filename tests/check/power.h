/* SPDX-License-Identifier: MIT */
/*
 * What a plan advises about hosts' power: standby only where nobody else decides and the others have room for
 * all that the cluster's VMs ask for, waking where a cluster lacks what its hosts in standby have.
 */
#ifndef TESTS_CHECK_POWER_H
#define TESTS_CHECK_POWER_H

#include "tests/check/world.h"

/* checks the advice once all steps have been taken */
void check_power(World *world);

/* MHz or KiB that would not fit on a cluster's hosts without the largest: those to empty are not counted on,
 * their VMs are; gone (per host, NULL: none) are those that stand by */
double lack_without_largest(const World *world, const HostAt *hosts, const VmAt *vms, int cluster,
                            Resource resource, const gboolean *gone);

#endif
