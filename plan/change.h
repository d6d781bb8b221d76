/* SPDX-License-Identifier: MIT */
/*
 * A change of a cluster, and what it does to the model: used for deciding, for order and for checking plans
 * (apply's offline target does the same to measured series). Its subject is a VM or a host; what each action
 * takes, does and costs stands in one table in change.c.
 *
 * A migration carries the VM's demands along; the base of both hosts stays. An addition grows the VM's and
 * its host's memory by the whole of it. A reclaim makes the VM smaller; of one that runs, what it holds falls
 * to its new size where it was above. The size of a VM that is off burdens no host.
 */
#ifndef PLAN_CHANGE_H
#define PLAN_CHANGE_H

#include "plan/cause.h"
#include "plan/changeplan.h"
#include "plan/model.h"

typedef struct Change {
    int action;         /* Action */
    int vm;             /* its subject; -1 where that is the host */
    int from, to;       /* the host it takes from and the one it burdens: the same where nothing moves */
    double was, amount; /* of a size: the VM's total before and after it, MiB or vCPUs; else 0 */
    int cause;          /* Cause: why it is made */
    char *reason;       /* the same in words; owned by the list */
    GArray *after;      /* guint: indices of the changes that must come before; NULL until sequence has been
                           at it; owned by the list */
} Change;

/* a migration of a VM from where it is, and one of its size to a total (ACTION_ADD_MEMORY and
 * ACTION_RECLAIM_MEMORY, MiB; ACTION_ADD_CPU, vCPUs), as the model stands */
Change change_migration(const Model *model, guint vm, guint to);
Change change_growth(const Model *model, int action, guint vm, double total);

/* a change of a host: ACTION_ENTER_MAINTENANCE, ACTION_EXIT_MAINTENANCE, ACTION_STANDBY_HOST */
Change change_of_host(int action, guint host);

/* the change that leads back */
Change change_reversed(const Change *change);

/* "MiB" or "vCPU": what an action's totals are counted in; "" where it has none */
const char *action_unit(int action);

/* TRUE for additions of memory and vCPUs; and for what changes a VM's size either way, by totals in a unit */
gboolean action_is_growth(int action);
gboolean action_is_of_size(int action);

/* a list that owns its changes' reason and after; free with g_array_unref */
GArray *change_list_new(void);

/* moves all changes of one list to the end of another */
void change_list_take(GArray *into, GArray *changes);

/* carries out the change */
void change_apply(Model *model, const Change *change);

/* the model with the first n of the changes made, or with all of them; the caller frees it */
Model *model_with(const Model *start, const GArray *changes, guint n);
Model *model_after(const Model *start, const GArray *changes);

/* the change that a plan's row asks for; an id that the snapshot does not have, or amounts that are none, are
 * an error naming the row's line */
gboolean change_of_row(const Model *model, const char *plan_name, const PlanRow *row, Change *change,
                       GError **error);

/* what the change does to its hosts, as the model stands before it: "esx03: memory 91.2 to 78.4 %; …"; the
 * caller frees */
char *change_effect(const Model *model, const Change *change);

/* what apply needs to know of a step beside its object and where it leads, as a list of key=value (args of
 * vmanger-plan(5)); the caller frees it */
char *change_args(const Model *model, const Change *change);

/* bytes to copy and seconds a change should take, unshared: set-up + bytes / rate for a migration, 1 s a GiB
 * or vCPU of an addition or a reclaim */
double change_copy_bytes(const Model *model, const Change *change);
double change_seconds(const Model *model, const Change *change);

#endif
