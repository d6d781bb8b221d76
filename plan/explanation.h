/* SPDX-License-Identifier: MIT */
/*
 * Why a VM or a host is dealt with as it is, also why not, as facts: plan/explain.h puts them into words,
 * plan/explanationjson.h into a JSON document.
 */
#ifndef PLAN_EXPLANATION_H
#define PLAN_EXPLANATION_H

#include "plan/changeplan.h"
#include "plan/decisions.h"
#include "plan/planned.h"

/* a row of the plan about the entity, or about a VM that comes to a host, leaves it or grows there */
typedef struct ExplainedRow {
    const PlanRow *row;
    gboolean as_object; /* it is about the entity itself */
} ExplainedRow;

/* a rule that binds the VM */
typedef struct ExplainedRule {
    const BoundRule *rule;
    guint breaches; /* VMs */
} ExplainedRule;

/* why something is not: a code where legality gave one, and words; words NULL: there is no such thing */
typedef struct ExplainedWhy {
    int code; /* ObstacleCode */
    char *words;
} ExplainedWhy;

/* another host of the VM's cluster, with the plan's steps made */
typedef struct ExplainedTarget {
    guint host;
    double step;                /* the step that takes the VM there; 0: none */
    ExplainedWhy why;           /* why it could not run there, in words that follow "it" */
    double cpu_pct, memory_pct; /* the host's use with it; NAN where its load is not known, or it could not */
} ExplainedTarget;

/* a VM that is to leave the host and cannot */
typedef struct ExplainedVm {
    guint vm;
    ExplainedWhy why;
} ExplainedVm;

typedef struct Explanation {
    Planned *planned;           /* the plan seen from its end */
    const Situation *situation; /* of it: what was decided on */
    int vm, host;               /* one of them is -1 */
    const Assessed *assessed;
    GArray *rows; /* ExplainedRow */
    /* of a VM */
    GArray *rules;                       /* ExplainedRule */
    ExplainedWhy not_grown, not_moved;   /* where the plan has no row of it */
    ExplainedWhy immovable, left_to_drs; /* the same, where it holds; words of the first follow "it" */
    ExplainedWhy no_vcpus;               /* where it lacks some and gets none */
    gboolean targets_after_steps;        /* targets are as the cluster is once the plan's steps are made */
    GArray *targets;                     /* ExplainedTarget; of a VM that runs */
    /* of a host */
    ExplainedWhy untouched; /* where the plan has no row of it or its VMs */
    ExplainedWhy no_target; /* why no VM goes there */
    GArray *staying;        /* ExplainedVm */
} Explanation;

/* the explanation of an entity as plan/meant.h finds it, as the plan treats it; both must outlive it. NULL
 * and an error where there is none, or a name fits several */
Explanation *explanation_new(const Situation *situation, const ChangePlan *plan, const char *what,
                             GError **error);

void explanation_free(Explanation *explanation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Explanation, explanation_free)

#endif
