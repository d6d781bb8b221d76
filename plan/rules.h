/* SPDX-License-Identifier: MIT */
/*
 * The rules that bind VMs to each other and to hosts: those of the snapshot that are enabled, and the
 * policy's own, split per cluster. Only running VMs count.
 */
#ifndef PLAN_RULES_H
#define PLAN_RULES_H

#include "plan/model.h"

typedef struct RuleSet RuleSet;

/* one rule in the model's indices */
typedef struct BoundRule {
    const char *name; /* as people know it; its id where it has none */
    int type;         /* RULE_* of snapshot.h */
    int cluster;
    gboolean mandatory;
    guint *vms, *hosts; /* [n_vms], [n_hosts], ascending */
    guint n_vms, n_hosts;
} BoundRule;

/* the rules of a model; the names belong to its snapshot and policy */
RuleSet *rules_new(const Model *model);

/* no rules, for a model's VMs */
RuleSet *rules_none(const Model *model);

void rules_free(RuleSet *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RuleSet, rules_free)

/* what the policy's own rules do not do, since a cluster that has VMs of one has no host of it: of each such
 * rule one line (char *), safe for a terminal. The caller frees the array */
GPtrArray *rules_idle(const Snapshot *snapshot, const Policy *policy);

guint rules_count(const RuleSet *rules);
const BoundRule *rules_at(const RuleSet *rules, guint index);

/* the indices (guint) of the rules that name the VM; NULL where there is none */
const GArray *rules_of_vm(const RuleSet *rules, guint vm);

/* TRUE where the rule names the VM */
gboolean rule_names_vm(const BoundRule *rule, guint vm);

/* TRUE for a rule between VMs and hosts, and then whether it keeps its VMs off a host */
gboolean rule_is_about_hosts(const BoundRule *rule);
gboolean rule_forbids_host(const BoundRule *rule, guint host);

/* the first mandatory rule between VMs and hosts that keeps the VM off the host; NULL where there is none */
const BoundRule *rules_barring_host(const RuleSet *rules, guint vm, guint host);

/* how much the rule is broken as the model stands, in parts of BREACH_UNIT (plan/solver/problem.h, which
 * counts by the same measure): of a keep-together rule one unit for each VM beyond the largest group; of a
 * keep-apart rule one for each beyond the first on a host, and less than one that tells an even placement
 * from a crowded one; of others one for each VM on a host that is not allowed */
gint64 rule_breach(const BoundRule *rule, const Model *model);

/* the VMs of that: whole units */
guint rule_breaches(const BoundRule *rule, const Model *model);

/* the first rule that a VM's move to a host would break, or break worse; mandatory ones only, or should-rules
 * only; NULL where there is none. A host that a mandatory rule forbids stays forbidden to a VM that stands
 * wrong already */
const BoundRule *rules_broken_by(const RuleSet *rules, const Model *model, guint vm, guint host,
                                 gboolean mandatory);

/* the first mandatory rule that must not be broken even for a moment, and would be: any but those that keep
 * VMs together, who can only move one by one */
const BoundRule *rules_broken_on_the_way(const RuleSet *rules, const Model *model, guint vm, guint host);

#endif
