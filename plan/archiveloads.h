/* SPDX-License-Identifier: MIT */
/*
 * A history made of an archive of snapshots, as vmanger-collect --archive keeps it: DIR/TIME/ each.
 */
#ifndef PLAN_ARCHIVELOADS_H
#define PLAN_ARCHIVELOADS_H

#include "plan/loadhistory.h"

/* The inventory and its placement are the first snapshot's; what is configured later does not count. A VM
 * that comes later is taken as it came, where it came, and is told in left_out where that is a host which the
 * first snapshot lacks. Each snapshot is an interval since the one before (the first: as long as most), of
 * which its means tell; at most twice as long as most, since nobody knows what was in a longer gap. A VM asks
 * for what it used or, where that is known and more, its CPU demand, and for all memory that it would hold
 * were none of it reclaimed; but what a limit reclaims, its own or a pool's, stays so. min_samples_pct as for
 * means_read */
LoadHistory *archiveloads_read(const char *directory, double min_samples_pct, GError **error);

#endif
