/* SPDX-License-Identifier: MIT */
/*
 * A cluster as a placement problem: its hosts are machines, its running VMs processes, in whole numbers.
 * Levels of cost, compared from the left: what is broken, hosts to empty, points over the hot threshold (of
 * hosts that are normal today before those of hosts that are hot: a plan heats no host to cool another), MiB
 * missing, should-rules, seconds of the steps, balance; under balance=high and power the last two change
 * places, since steps cost seconds.
 */
#ifndef PLAN_CLUSTERPROBLEM_H
#define PLAN_CLUSTERPROBLEM_H

#include "plan/decisions.h"
#include "plan/growthproblem.h"
#include "plan/solver/problem.h"

enum {
    LEVEL_BROKEN,    /* 100 a VM in breach of a mandatory rule, and points of memory and reservations over
                        capacity */
    LEVEL_EMPTYING,  /* VMs on hosts to empty */
    LEVEL_NEWLY_HOT, /* points over the hot threshold, over hosts that are normal today */
    LEVEL_HOT,       /* the same, over hosts that are hot today */
    LEVEL_SHORT,     /* MiB missing to short VMs; each VM that should have more vCPUs counts as one */
    LEVEL_SHOULD,    /* VMs in breach of should-rules, in parts of BREACH_UNIT; unevenness of all rules that
                        keep VMs apart and cannot be kept */
    LEVEL_SECONDS,   /* milliseconds of the steps, or their number */
    LEVEL_BALANCE,   /* unevenness, or hosts on */
    N_LEVELS
};

#define POINT 10000000000 /* a hundredth of a capacity, on the levels that count points */

typedef struct ClusterProblem {
    Problem *problem;
    guint cluster;
    GArray *hosts;                    /* guint: the host of each machine */
    GArray *vms;                      /* guint: the VM of each process */
    GArray *growing;                  /* Growing: of each growth */
    int *machine_of;                  /* [hosts of the snapshot] -1 for those of other clusters */
    int *process_of;                  /* [VMs of the snapshot] -1 for those that are not in it */
    int level_seconds, level_balance; /* where these two are counted */
} ClusterProblem;

typedef struct ClusterProblemOptions {
    gboolean for_advice;         /* only VMs left to DRS may move, and none grows; else only the others */
    gboolean without_balance;    /* as under balance=off */
    int max_moves;               /* at most so many migrations; -1 any number */
    const double *held_back_mib; /* [n_hosts] of what each could reserve, kept free; NULL: nothing */
    const GArray *forbidden; /* guint pairs VM, host: moves that no safe order was found for; NULL for none */
} ClusterProblemOptions;

/* the problem as the model stands, or NULL and an error where numbers are beyond reason */
ClusterProblem *cluster_problem_new(const Situation *situation, guint cluster,
                                    const ClusterProblemOptions *options, GError **error);

void cluster_problem_free(ClusterProblem *problem);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClusterProblem, cluster_problem_free)

/* a placement that makes these of the changes that lie in the cluster, additions at the largest size that is
 * not above theirs; free with placement_free */
Placement *cluster_problem_place(const ClusterProblem *problem, const GArray *changes);

/* takes changes out of a placement: their VMs stay at home, or do not grow */
void cluster_problem_take_out(const ClusterProblem *problem, const GArray *changes, Placement *placement);

/* the growth of the VM that a change adds to, or -1 */
int cluster_problem_growth(const ClusterProblem *problem, const Change *change);

/* appends the changes that lead to a placement, with no reasons */
void cluster_problem_changes(const ClusterProblem *problem, const Model *start, const Placement *placement,
                             GArray *changes);

#endif
