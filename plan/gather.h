/* SPDX-License-Identifier: MIT */
/*
 * Equal advice, and equal unsolved items, of a cluster's VMs as one row that counts them.
 */
#ifndef PLAN_GATHER_H
#define PLAN_GATHER_H

#include "collect/snapshot.h"
#include "plan/changeplan.h"

/* puts rows of a cluster's VMs that differ by nothing but figures of the VM (action, cause and the kind of
 * reason are the same) into one about the cluster, where the first stood, with `count=`, `ids=` and `names=`
 * in args; a row alone, steps, and rows about hosts stay as they are. The snapshot tells which names several
 * VMs bear */
void gather_rows(ChangePlan *plan, const Snapshot *snapshot);

/* how many items a row stands for */
guint gathered_count(const PlanRow *row);

/* the ids of the VMs that a gathered row is about; NULL where it is not gathered. Free with g_strfreev */
char **gathered_ids(const PlanRow *row);

/* for people: the first of these VMs by name, with the id in parentheses where several VMs bear the name, or
 * the ids of all in a plan without names; NULL where it is not gathered. Free with g_strfreev */
char **gathered_names(const PlanRow *row);

#endif
