/* SPDX-License-Identifier: MIT */
/*
 * What a step does to the model: used for deciding, for order, for replay and, on a snapshot's series, by
 * apply's offline target. A migration carries the VM's demands along; the base of both hosts stays. An
 * addition grows the VM's and its host's memory by the whole of it.
 */
#ifndef PLAN_EFFECT_H
#define PLAN_EFFECT_H

#include "plan/changeplan.h"
#include "plan/model.h"

/* a step in the model's terms */
typedef struct Change {
    int action;    /* ACTION_MIGRATE, ACTION_ADD_MEMORY, ACTION_ADD_CPU; ACTION_ENTER_MAINTENANCE has no VM */
    int vm;        /* index, or -1 */
    int from, to;  /* hosts of a migration; elsewhere the host the step is about, in both */
    double amount; /* the new total of an addition, MiB or vCPUs */
    double was;    /* the total before it */
    char *reason;  /* why, in words; owned by the list */
    GArray
        *after; /* guint: indices of the changes that must come before; NULL until sequence has been at it */
} Change;

/* a list that owns its changes' reason and after; free with g_array_unref */
GArray *change_list_new(void);

/* moves all changes of one list to the end of another */
void change_list_take(GArray *into, GArray *changes);

/* carries out the change */
void effect_apply(Model *model, const Change *change);

/* the change that a plan's row asks for; an id that the snapshot does not have, or amounts that are none, are
 * an error naming the row's line */
gboolean effect_of_row(const Model *model, const char *plan_name, const PlanRow *row, Change *change,
                       GError **error);

/* what the change does to its hosts, as the model stands before it: "esx03: memory 91.2 to 78.4 %; …"; the
 * caller frees */
char *effect_words(const Model *model, const Change *change);

/* bytes to copy and seconds a change should take, unshared: set-up + bytes / rate for a migration, 1 s a GiB
 * or vCPU for an addition */
double effect_copy_bytes(const Model *model, const Change *change);
double effect_seconds(const Model *model, const Change *change);

#endif
