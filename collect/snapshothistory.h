/* SPDX-License-Identifier: MIT */
/*
 * What a snapshot itself says of the time before its window: the vCenter's own statistics, rolled up as an
 * archive's history is (collect/historyfile.h), which collect --history adds. They are of VMs alone, since
 * they do not tell on which host a VM was.
 */
#ifndef COLLECT_SNAPSHOTHISTORY_H
#define COLLECT_SNAPSHOTHISTORY_H

#include "collect/historyfile.h"

/* TRUE where the snapshot in the directory has one */
gboolean snapshot_has_history(const Snapshot *snapshot, const char *directory);

/* takes it where it knows more than what was known of a VM (history_take_vms), where the snapshot, which is
 * newer than what was known, has one */
gboolean snapshot_history_take(History *history, const Snapshot *snapshot, const char *directory,
                               GError **error);

#endif
