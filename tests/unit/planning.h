/* SPDX-License-Identifier: MIT */
/*
 * A small cluster as plan sees it: assessed under a policy, with model, rules, compatibility and an empty
 * past.
 */
#ifndef TESTS_UNIT_PLANNING_H
#define TESTS_UNIT_PLANNING_H

#include "plan/decisions.h"
#include "tests/unit/smallcluster.h"

typedef struct Planning {
    SmallCluster *small;
    Policy *policy;
    Past *past;
    Situation *joined;
    Situation situation; /* the same, for tests that change a part of it */
    const Model *model;
    const RuleSet *rules;
    const Legality *legality;
} Planning;

/* takes the cluster over, evaluates it by the policy's text (NULL: the defaults) and joins what plan decides
 * on */
Planning *planning_new(SmallCluster *small, const char *policy_text);

/* a past of this one row, an hour before the snapshot: the caller fills in what happened to what; the run,
 * the source, the time and the step are filled in here. The caller frees it */
Past *past_of_row(const Snapshot *snapshot, JournalRow row);

void planning_free(Planning *planning);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Planning, planning_free)

/* a host of the cluster with this CPU (MHz of 10,000) and consumed memory (GiB of 100) */
Host *add_host(SmallCluster *small, const char *id, double mhz, double gib);

/* a running VM with this CPU (MHz) and memory held (GiB); 2 GiB more than that is its size, and half of what
 * it holds is active */
Vm *add_vm(SmallCluster *small, const char *id, const char *host_id, double mhz, double gib);

/* a running VM of 10 GiB whose guest uses 90 % of them, and which memory can be added to */
Vm *add_short_vm(SmallCluster *small, const char *id, const char *host_id);

/* a rule of the cluster, enabled; the lists are of ids */
Rule *add_rule(SmallCluster *small, const char *name, int type, gboolean mandatory, const char *vm_ids,
               const char *host_ids);

guint host_of(const Planning *planning, const char *id);
guint vm_of(const Planning *planning, const char *id);

/* a move from where the model has the VM, and an addition of MiB, each to be put into a list of changes */
Change move(const Planning *planning, const char *vm_id, const char *host_id);
Change growth(const Planning *planning, const char *vm_id, double mib);

/* an approved step of a plan, after none; names are the ids */
PlanRow step_row(int action, double number, const char *object, const char *from, const char *to);

/* why a change is not legal (plan/legality.h), in words; NULL where it is. The caller frees it */
char *why_not(const Planning *planning, const Change *change, guint questions);

/* the same of a VM's growth to a total of MiB or vCPUs, and of its moves: to a host, and to any at all */
char *why_not_grown(const Planning *planning, int action, guint vm, double total, guint questions);
char *why_not_moved(const Planning *planning, guint vm, guint host, guint questions);
char *why_immovable(const Planning *planning, guint vm);

#endif
