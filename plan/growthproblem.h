/* SPDX-License-Identifier: MIT */
/*
 * Growth in a cluster's placement problem: the sizes that its VMs may have, and budgets of what may be used
 * and reserved in all.
 */
#ifndef PLAN_GROWTHPROBLEM_H
#define PLAN_GROWTHPROBLEM_H

#include "plan/situation.h"
#include "plan/solver/problem.h"

#define GROWTH_NO_VCPUS (-2) /* in place of a reach: the VM gets no more vCPUs */

/* a VM that may grow: its memory or its vCPUs */
typedef struct Growing {
    guint vm;
    int action;     /* ACTION_ADD_MEMORY or ACTION_ADD_CPU */
    GArray *totals; /* double: MiB or vCPUs of each size from 1; owned */
} Growing;

/* adds what the VMs of a cluster may grow to, and appends to growing (Growing) each growth of the problem;
 * hosts and vms (guint) are those of its machines and processes, vcpu_reaches (int) says for each process
 * where it may have more vCPUs: a reach, -1 everywhere, or GROWTH_NO_VCPUS */
void growthproblem_add(const Situation *situation, guint cluster, Problem *problem, const GArray *hosts,
                       const GArray *vms, const GArray *vcpu_reaches, GArray *growing);

#endif
