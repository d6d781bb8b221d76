/* SPDX-License-Identifier: MIT */
/*
 * What steps do to measured series, for a target that is a snapshot.
 *
 * A VM that migrates holds min(configured, consumed + reclaimed) from then on, and nothing of it is
 * reclaimed; its old host's series lose what it measured there, the new host's gain its new values: sample by
 * sample where both series are aligned, else by the mean. Memory that is added is consumed at once, in the VM
 * and on its host.
 */
#ifndef APPLY_EFFECTS_H
#define APPLY_EFFECTS_H

#include "collect/series.h"

typedef struct Effects Effects;

Effects *effects_new(const Snapshot *snapshot);
void effects_free(Effects *effects);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Effects, effects_free)

/* steps, in their order; VMs and hosts are indices in the snapshot's tables */
void effects_migrate(Effects *effects, guint vm, guint from, guint to, double configured_kib);
void effects_add_memory(Effects *effects, guint vm, guint host, double added_kib);

/* TRUE for series of VMs in steps, which effects_learn must be given as they were measured, those of a
 * metric's instances one by one; and for series of their hosts */
gboolean effects_concern(const Effects *effects, const Series *series);
void effects_learn(Effects *effects, const Series *series, const GArray *values);

/* computes all effects, once every series of the VMs is known */
void effects_work_out(Effects *effects);

/* changes the values of a series that effects_concern names, each series once */
void effects_change(Effects *effects, const Series *series, GArray *values);

#endif
