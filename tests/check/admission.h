/* SPDX-License-Identifier: MIT */
/*
 * Whether vSphere lets a plan's growth be reserved: HA admission control where a reservation rises with the
 * size that it is locked to, resource pools wherever a VM takes more. Step by step, in the order of the file.
 */
#ifndef TESTS_CHECK_ADMISSION_H
#define TESTS_CHECK_ADMISSION_H

#include "tests/check/world.h"

/* checks every step of growth; call it once all steps have been taken */
void check_admission(World *world);

#endif
