/* SPDX-License-Identifier: MIT */
/*
 * A plan: a reviewable, ordered list of steps, with advice and what stays unsolved. plan/planfile.h reads and
 * writes it.
 */
#ifndef PLAN_CHANGEPLAN_H
#define PLAN_CHANGEPLAN_H

#include "collect/snapshot.h"
#include "plan/figures.h"

#define PLAN_MOST_STEPS 1e7  /* a step's number */
#define PLAN_CHECK_DIGITS 16 /* hex digits of a row's check */

typedef enum { ROW_STEP, ROW_ADVICE, ROW_UNSOLVED } RowKind;

typedef enum {
    ACTION_MIGRATE,
    ACTION_ADD_MEMORY,
    ACTION_ADD_CPU,
    ACTION_RECLAIM_MEMORY,
    ACTION_ENTER_MAINTENANCE,
    ACTION_EXIT_MAINTENANCE,
    ACTION_STANDBY_HOST,
    ACTION_WAKE_HOST,
    ACTION_POWER_ON,
    ACTION_DEPLOY
} Action;

extern const char *const action_names[]; /* "migrate" …, NULL-terminated */

/* one row; strings belong to the plan and are never NULL */
typedef struct PlanRow {
    int kind;          /* RowKind */
    double step;       /* its number, from 1; NAN but for steps */
    const char *after; /* the numbers of the steps that must have succeeded before, separated by spaces */
    int approve;       /* 1 yes, 0 no; -1 but for steps */
    int action;        /* Action; -1 where an unsolved item has none */
    const char *object_id, *object, *instance_uuid, *cluster_id, *cluster;
    const char *from_id, *from, *to_id, *to; /* hosts' ids and names; or from and to as totals in unit */
    const char *unit;                        /* "MiB", "vCPU" or "" */
    const char *args;                        /* key=value list */
    double est_s;                            /* how long it should take, in whole seconds */
    const char *cause;                       /* the reason as a fixed word to count by; "" where not known */
    const char *reason, *effect;
    const char *shared; /* the reason in words that may hold for other VMs of the cluster too; "" where the
                           row is one of its kind. Not in the file */
    const char *check;  /* plan_row_check, as of when it was written or read */
    guint64 line;       /* where it was read; 0 where it was made */
} PlanRow;

/* a `#cluster` row */
typedef struct PlanCluster {
    const char *id, *name;
    ClusterFigures figures;
} PlanCluster;

typedef struct ChangePlan {
    const char *name;     /* what errors call the file */
    const char *plan;     /* its digest: set when written or read */
    const char *sha256;   /* of the bytes that it was read from or written as; "" before */
    const char *snapshot; /* its digest; "" for a plan made from a journal */
    const char *source, *source_id;
    gint64 taken_at;
    const char *policy, *seed, *stopped_by, *summary;
    GArray *clusters; /* PlanCluster */
    GArray *rows;     /* PlanRow, in file order */
    GStringChunk *strings;
    GHashTable *steps; /* a step's number to its row's index + 1 */
} ChangePlan;

/* the columns of the rows in plan.csv */
extern const Table plan_rows_table;

ChangePlan *changeplan_new(void);
void changeplan_free(ChangePlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChangePlan, changeplan_free)

/* the plan's own copy of a string; NULL becomes "" */
const char *changeplan_string(ChangePlan *plan, const char *text);

/* a `#cluster` row joins the plan; all is copied */
void changeplan_add_cluster(ChangePlan *plan, const char *id, const char *name,
                            const ClusterFigures *figures);

/* the cluster with this id, or NULL where the plan has no figures of it */
const PlanCluster *changeplan_find_cluster(const ChangePlan *plan, const char *id);

/* a row with nothing known in it */
PlanRow plan_row_unknown(void);

/* a copy of the row joins the plan; strings must be the plan's, a step's number is its own and final */
void changeplan_add(ChangePlan *plan, const PlanRow *row);

/* the row of the step with this number, or NULL */
PlanRow *changeplan_find_step(const ChangePlan *plan, double step);

/* "c" and hex digits of a digest over the row but `approve`, which a reviewer sets; the caller frees it */
char *plan_row_check(const PlanRow *row);

/* TRUE where the row is as it was when its check was made, but for its approval */
gboolean plan_row_is_as_made(const PlanRow *row);

/* the numbers in a row's `after`; free with g_array_unref (of double) */
GArray *plan_row_after(const PlanRow *row);

#endif
