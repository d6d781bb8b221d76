/* SPDX-License-Identifier: MIT */
/*
 * A plan's approved steps as commands of govc, VMware's command line for vSphere, one a step, for people to
 * read and to compare with what they would have typed. What apply looks at before and between steps, and what
 * it writes down, no list of commands can have.
 */
#ifndef PLAN_GOVC_H
#define PLAN_GOVC_H

#include "plan/changeplan.h"

/* the commands as a script for sh, in the plan's order, each with its reason and what must be done before it
 * in comments; objects are named by their managed object references, which govc takes since 0.47, and
 * whatever people named is in comments alone, without line breaks. The caller frees it */
char *govc_text(const ChangePlan *plan);

#endif
