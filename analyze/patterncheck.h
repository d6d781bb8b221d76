/* SPDX-License-Identifier: MIT */
/*
 * What the patterns of a policy come to in the inventories that they are used on. One that matches nothing is
 * most likely misspelt: then what its owner meant to leave alone is not.
 */
#ifndef ANALYZE_PATTERNCHECK_H
#define ANALYZE_PATTERNCHECK_H

#include "analyze/policy.h"

typedef struct PatternCheck PatternCheck;

/* of the lists of a section of the policy, or of all where it is NULL; the policy outlives it */
PatternCheck *patterncheck_new(const Policy *policy, const char *section);

/* looks for them in one more inventory */
void patterncheck_add(PatternCheck *check, const Snapshot *snapshot);

/* of each pattern that matched in none one line (char *), safe for a terminal: exclude_vms: found no VM that
 * matches db-O1 (the nearest is "db-01"). The caller frees the array */
GPtrArray *patterncheck_words(const PatternCheck *check);

void patterncheck_free(PatternCheck *check);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PatternCheck, patterncheck_free)

/* FALSE where evacuate names by a short name, without wildcards, hosts of which several have it: which one is
 * to be emptied is then not known */
gboolean patterncheck_evacuate(const Snapshot *snapshot, const Policy *policy, GError **error);

#endif
