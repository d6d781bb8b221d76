/* SPDX-License-Identifier: MIT */
/*
 * Under ha_check=hard no VM that HA could restart on one other host at the start may lose that by the plan,
 * but in clusters of which a host is to be emptied. The VMs of a lost host are given to the others: those
 * that hold most memory first, each to the host on which least is left then.
 */
#ifndef TESTS_CHECK_RESTARTS_H
#define TESTS_CHECK_RESTARTS_H

#include "tests/check/bindings.h"

/* compares the start with the end; call it once all steps have been taken */
void check_restarts(World *world, const Bindings *bindings);

#endif
