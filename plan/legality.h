/* SPDX-License-Identifier: MIT */
/*
 * The one answer to "may this change be made now?": by the VM, the host, the rules, the cluster, its pools
 * and the policy, on a model as it stands. Yes, or an obstacle. Strategies, evacuation, order, checks,
 * explanations and apply's preflight all ask here, and nothing else answers.
 */
#ifndef PLAN_LEGALITY_H
#define PLAN_LEGALITY_H

#include "plan/change.h"
#include "plan/obstacle.h"
#include "plan/past.h"

typedef struct Legality Legality;

/* what to look at; obstacles are looked for in this order */
typedef enum {
    LEGAL_SUBJECT = 1 << 0,    /* what the VM is and is set to, what the policy says of it, and its past */
    LEGAL_HOST = 1 << 1,       /* whether the host could run it, by the inventory */
    LEGAL_ON_THE_WAY = 1 << 2, /* mandatory rules that must not be broken even for a moment: any but those
                                  that keep VMs together, who can only move one by one */
    LEGAL_HEAT = 1 << 3,       /* thresholds of the host */
    LEGAL_ROOM = 1 << 4,       /* the host's memory, threads and reservations */
    LEGAL_BUDGET = 1 << 5,     /* of growth: the cluster's buffer and admission control, the limits and
                                  reservations of its pools, ha_check=hard */
    LEGAL_RULES = 1 << 6,      /* mandatory rules that would then be broken, or broken worse */
    LEGAL_FAILOVER = 1 << 7,   /* legality_newly_lost */
    LEGAL_LENT = 1 << 8,       /* of a reclaim: that the past shows what it takes to have been lent */
    LEGAL_RETURN = 1 << 9 /* whether the VM left the host within return_cooldown_s: it does not go back, but
                             for a VM that a rule is about or whose host is to be emptied */
} LegalQuestion;

#define LEGAL_TARGET /* a host to move to for good */                                                        \
    (LEGAL_HOST | LEGAL_RETURN | LEGAL_HEAT | LEGAL_ROOM | LEGAL_RULES | LEGAL_FAILOVER)
#define LEGAL_STEP                                                                                           \
    (LEGAL_HOST | LEGAL_ON_THE_WAY | LEGAL_ROOM) /* what decides may be made as the next step */
#define LEGAL_GROWTH (LEGAL_SUBJECT | LEGAL_HEAT | LEGAL_ROOM | LEGAL_BUDGET | LEGAL_FAILOVER)

/* of a model as the decision begins; all three must outlive it. rules NULL: none bind; past NULL: nothing
 * is known of the past. guards_evacuations: under ha_check=hard, moves that empty a host must leave
 * restarts their room too, though whoever asked for that host wants it empty. It is never changed by being
 * asked: threads may share it */
Legality *legality_new(const Model *start, const RuleSet *rules, const Past *past,
                       gboolean guards_evacuations);

void legality_free(Legality *legality);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Legality, legality_free)

/* whether the change may be made as the model stands, as far as the questions (LegalQuestion, or'ed) go; why
 * (NULL: not asked for) gets the first obstacle, which the caller clears */
gboolean legality_allows(const Legality *legality, const Model *now, const Change *change, guint questions,
                         Obstacle *why);

/* the same of a VM's migration from where it is: to a host, or (LEGAL_SUBJECT alone) to any */
gboolean legality_allows_move(const Legality *legality, const Model *now, guint vm, guint host,
                              guint questions, Obstacle *why);
gboolean legality_may_move(const Legality *legality, guint vm, Obstacle *why);

/* the same of a VM's growth to a total */
gboolean legality_allows_growth(const Legality *legality, const Model *now, int action, guint vm,
                                double total, guint questions, Obstacle *why);

/* TRUE where the VM's moves are left to DRS, which is no obstacle to advice: the cluster is fully automated,
 * or the VM has an override that the policy respects; why (NULL: not asked for) is then a clause, not owned
 */
gboolean legality_left_to_drs(const Legality *legality, guint vm, const char **why);

/* TRUE where DRS empties a host of the cluster that enters maintenance mode: it is left to DRS, which acts */
gboolean legality_drs_empties(const Legality *legality, guint cluster);

/* a VM of the cluster that HA could restart if its host failed as the decision began, and no longer could as
 * the model stands; -1: there is none, or nobody looks. The same under ha_check=hard alone. And the host on
 * which the VM would have been restarted */
int legality_not_restarted(const Legality *legality, const Model *now, guint cluster);
int legality_newly_lost(const Legality *legality, const Model *now, guint cluster);
int legality_restart_host(const Legality *legality, guint vm);

/* the VMs that HA could not restart as the model stands, in sentences that begin with a space each; "" where
 * there are none. The caller frees it */
char *legality_restart_words(const Legality *legality, const Model *now);

/* whether the VM could run on a host of its cluster, were that awake and in normal mode: by hardware,
 * datastores, networks and mandatory rules */
gboolean legality_could_run(const Legality *legality, const Model *now, guint vm, guint host);

/* what the answer of LEGAL_HOST depends on of a VM: where two keys are equal, so are the answers for every
 * host. The caller frees it */
char *legality_host_key(const Legality *legality, guint vm);

/* the VMs (guint) that fault tolerance keeps on other hosts than the VM; NULL where there are none */
const GArray *legality_partners(const Legality *legality, guint vm);

/* TRUE where the vCenter refused the VM's move to the host not long ago, which is legal all the same since
 * evacuate names its host: it goes elsewhere if it can; why (NULL: not asked for) gets the fault and when */
gboolean legality_asks_again(const Legality *legality, guint vm, guint host, Obstacle *why);

/* TRUE where the VM left the host no longer ago than return_cooldown_s: what LEGAL_RETURN allows all the same
 * goes elsewhere if it can */
gboolean legality_comes_back(const Legality *legality, guint vm, guint host);

/* TRUE where something is not done with the VM since the vCenter refused it not long ago */
gboolean legality_was_refused(const Legality *legality, guint vm);

/* what could not be looked at for a change since the whole snapshot lacks it: "vMotion, networks", or ""; the
 * caller frees it */
char *legality_unchecked(const Legality *legality, const Change *change);

#endif
