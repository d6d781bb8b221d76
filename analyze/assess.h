/* SPDX-License-Identifier: MIT */
/*
 * A snapshot's whole assessment, in memory: loads, states, patterns and buffers.
 */
#ifndef ANALYZE_ASSESS_H
#define ANALYZE_ASSESS_H

#include "analyze/loads.h"

/* an assessment under the policy, of no snapshot yet */
Assessment *assess_begin(const Policy *policy);

/* adds a snapshot and what the samples in its directory mean; subject, which the caller clears, receives the
 * view of its entities */
gboolean assess_add(Assessment *assessment, const Snapshot *snapshot, const char *directory,
                    const Policy *policy, Subject *subject, GError **error);

#endif
