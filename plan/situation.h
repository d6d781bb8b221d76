/* SPDX-License-Identifier: MIT */
/*
 * Everything that decisions are taken on, joined: the model, the rules that bind its VMs, what is legal, and
 * the past.
 */
#ifndef PLAN_SITUATION_H
#define PLAN_SITUATION_H

#include "plan/legality.h"

typedef struct Situation {
    const Model *start; /* as it is now */
    const RuleSet *rules;
    const Legality *legality;
    const Past *past;         /* borrowed, as are snapshot, assessment and policy */
    const gboolean *clusters; /* [n_clusters] those to decide about, borrowed; NULL: all of them */
    guint threads;            /* to decide with; 0: as many as there are processors */
    gboolean steps_alone;     /* nobody reads advice on sizes */
    gint64 search_work;       /* moves that a search may try; 0: as many as suit its size */
    gint64 end_us;            /* monotonic: when deciding ends; 0: no clock is read */
} Situation;

/* joins them; an assessment that does not belong to snapshot and policy is an error. All four must outlive
 * the situation */
Situation *situation_new(const Snapshot *snapshot, const Assessment *assessment, const Policy *policy,
                         const Past *past, GError **error);

/* the same situation but for hosts whose evacuation is given up (given_up[n_hosts]); guarded: and with
 * evacuations kept from the room that restarts need (legality_new) */
Situation *situation_giving_up(const Situation *situation, const gboolean *given_up, gboolean guarded);

/* TRUE where the cluster, or that of a host or VM, is one to decide about */
gboolean situation_decides(const Situation *situation, guint cluster);
gboolean situation_decides_host(const Situation *situation, guint host);
gboolean situation_decides_vm(const Situation *situation, guint vm);

/* from here on no rule binds: for plans that lead back to where one was broken */
void situation_drop_rules(Situation *situation);

void situation_free(Situation *situation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Situation, situation_free)

#endif
