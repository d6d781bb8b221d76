/* SPDX-License-Identifier: MIT */
/*
 * policy.ini: every number and choice that decisions depend on. One file for all stages; defaults without
 * one; no hidden file. A key that is unknown, stands twice or has a bad value is an error naming file and
 * line.
 */
#ifndef ANALYZE_POLICY_H
#define ANALYZE_POLICY_H

#include "analyze/policyfields.h"

/* reads a policy; NULL is the defaults */
Policy *policy_read(const char *path, GError **error);

/* sets a key of [plan], by "KEY=VALUE", as if the policy had it; an error where it has no such key or that is
 * no value of it. Keys of [analyze] were decided by when the assessment was made */
gboolean policy_set(Policy *policy, const char *assignment, GError **error);

void policy_free(Policy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Policy, policy_free)

/* "policy.ini:3: ": where a key stands, for what is found to be amiss with it later; "" where it stands
 * nowhere. rule: the rule whose key it is, section then does not count; or NULL. The caller frees it */
char *policy_place(const Policy *policy, const char *section, const PolicyRule *rule, const char *key);

/* SHA-256 of the effective `section.key=value` lines, sorted: of [analyze] and [size *], or of these, [plan]
 * and [rule *]; the caller frees it */
char *policy_analyze_digest(const Policy *policy);
char *policy_plan_digest(const Policy *policy);

/* the first [size NAME] that names the VM, else the Vertical Pod Autoscaler's rule as it is by default */
const SizeRule *policy_size_rule(const Policy *policy, const char *folder, const char *name);

/* by what CPU or memory is estimated, for heat or for the room that a target has */
Estimator policy_estimator(const Policy *policy, gboolean of_memory, gboolean for_room);

/* TRUE where one of the patterns matches, as analyze/pattern.h has it: a VM by its name, or folder/name; a
 * host, whose folder is NULL, by its name or short name */
gboolean policy_matches(char *const *patterns, const char *folder, const char *name);

/* one list of patterns, where it stands; owned by the policy */
typedef struct PatternList {
    const char *section, *key; /* section: "rule" for every [rule NAME], "size NAME" for each */
    const PolicyRule *rule;    /* whose list it is, or NULL */
    gboolean of_hosts;         /* else of VMs */
    char *const *patterns;
} PatternList;

/* all lists of patterns (PatternList) of a policy: of its keys, then of its rules and sizes; the caller frees
 * the array
 */
GArray *policy_pattern_lists(const Policy *policy);

#endif
