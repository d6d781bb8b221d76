/* SPDX-License-Identifier: MIT */
/*
 * Room below the thresholds: a plan that ends just below one is heated again by the next noise. Of targets
 * that cost the same the coolest is taken; and where the policy has relieve_to_pct, hosts that were hot are
 * relieved down to that, as far as it costs little.
 */
#ifndef PLAN_HEADROOM_H
#define PLAN_HEADROOM_H

#include "plan/clusterproblem.h"

/* TRUE where hosts are to be relieved further: relieve_to_pct is set, and neither max_moves nor
 * max_duration_s, which are for what must be done */
gboolean headroom_is_wanted(const Policy *policy);

/* percent to relieve a host's resource to: relieve_to_pct where that is below the threshold, else the
 * threshold; NAN where the resource does not decide */
double headroom_mark_pct(const Model *model, guint host, Resource resource);

/* points by which the host, with extra added to its demands (NULL: nothing), stands above that, at most over
 * its deciding resources; worst (NULL: not asked for) gets the one */
double headroom_excess(const Model *model, guint host, const double extra[N_RESOURCES], Resource *worst);

/* Gives moves of a placement cooler targets, with no level of the problem the worse for it, unless there is
 * max_duration_s: moves to one host wait for each other. And, where it is wanted, moves more VMs off hosts
 * that were hot: each brings at least min_gain points and leaves its target at or below the mark, and all of
 * them cost at most as much again as the moves of the placement. avoid (guint pairs VM, host) are moves not
 * to make. start is the model that the problem was made from */
void headroom_widen(const ClusterProblem *problem, const Model *start, const GArray *avoid,
                    Placement *placement);

#endif
