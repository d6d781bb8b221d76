/* SPDX-License-Identifier: MIT */
/*
 * The files that a plan is made from, and what is asked about it, read and joined.
 */
#ifndef PLAN_INPUTS_H
#define PLAN_INPUTS_H

#include "collect/program.h"
#include "plan/situation.h"

typedef struct Inputs {
    Policy *policy;
    Snapshot *snapshot;
    Assessment *assessment;
    Past *past;
    Situation *situation;
    gboolean *clusters; /* [n_clusters] those to decide about; NULL: all */
} Inputs;

/* reads the program's policy, the journals of the past (NULL-terminated, NULL: none), and the snapshot and
 * the assessment that paths names in this order; warns of patterns, rules and journals that do nothing.
 * Decisions are then about the clusters named (NULL: all) */
gboolean inputs_read(Inputs *inputs, const Program *program, char *const *past, char *const *clusters,
                     char *const *paths, GError **error);

void inputs_clear(Inputs *inputs);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Inputs, inputs_clear)

#endif
