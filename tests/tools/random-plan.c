/* SPDX-License-Identifier: MIT */
/*
 * random-plan: a plan that nobody would make, for the order of its steps: VMs change places at random
 * wherever the end is legal, however full the hosts are in between, and short VMs grow. plan-check takes it
 * as any other.
 */
#include "plan/compose.h"
#include "plan/growth.h"
#include "plan/power.h"
#include "plan/sequence.h"
#include "plan/unsolved.h"

#include "collect/program.h"
#include "collect/snapshotreader.h"
#include "plan/planfile.h"

#include <string.h>

#define TRIES 6 /* exchanges tried, per VM */

/* two VMs that change places */
typedef struct Exchange {
    guint vms[2];
} Exchange;

typedef struct Draw {
    const Situation *situation;
    GRand *random;
    Model *now;
    GArray *exchanges;  /* Exchange */
    gboolean *is_taken; /* [vms] in an exchange, or in one that could not be ordered */
} Draw;

static gboolean may_move(const Draw *draw, guint vm)
{
    const Legality *legality = draw->situation->legality;
    return !draw->is_taken[vm] && draw->now->vms[vm].measured && legality_may_move(legality, vm, NULL) &&
           !legality_left_to_drs(legality, vm, NULL) &&
           !policy_matches(draw->now->policy->exclude_hosts, NULL,
                           draw->now->snapshot->hosts[draw->now->vms[vm].host].name);
}

/* VMs in breach of each mandatory rule that names the VM: guint */
static GArray *mandatory_breaches(const Draw *draw, guint vm)
{
    const GArray *own = rules_of_vm(draw->situation->rules, vm);
    GArray *breaches = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; own && i < own->len; i++) {
        const BoundRule *rule = rules_at(draw->situation->rules, g_array_index(own, guint, i));
        guint n = rule->mandatory ? rule_breaches(rule, draw->now) : 0;
        g_array_append_val(breaches, n);
    }
    return breaches;
}

static gboolean is_no_worse(const Draw *draw, guint vm, const GArray *before)
{
    g_autoptr(GArray) after = mandatory_breaches(draw, vm);
    for (guint i = 0; i < after->len; i++)
        if (g_array_index(after, guint, i) > g_array_index(before, guint, i))
            return FALSE;
    return TRUE;
}

static gboolean is_within(const Model *model, int host)
{
    const ModelHost *at = &model->hosts[host];
    const Host *row = &model->snapshot->hosts[host];
    return model_stays_normal(model, (guint)host, NULL) &&
           at->demand[RESOURCE_HOST_MEMORY] <= row->memory_kib &&
           at->cpu_reserved_mhz <= at->cpu_reservable_mhz &&
           at->memory_reserved_mib + at->memory_overhead_mib <= at->memory_reservable_mib;
}

/* Makes two VMs change places where the end is legal; else all stays as it was. */
static gboolean exchange(Draw *draw, guint a, guint b)
{
    Model *now = draw->now;
    const Legality *legality = draw->situation->legality;
    int home_a = now->vms[a].host, home_b = now->vms[b].host;
    if (a == b || home_a == home_b || !may_move(draw, a) || !may_move(draw, b) ||
        !legality_allows_move(legality, now, a, (guint)home_b, LEGAL_HOST, NULL) ||
        !legality_allows_move(legality, now, b, (guint)home_a, LEGAL_HOST, NULL))
        return FALSE;
    g_autoptr(GArray) before_a = mandatory_breaches(draw, a);
    g_autoptr(GArray) before_b = mandatory_breaches(draw, b);
    Change there = change_migration(now, a, (guint)home_b), back = change_migration(now, b, (guint)home_a);
    change_apply(now, &there);
    change_apply(now, &back);
    if (is_within(now, home_a) && is_within(now, home_b) && is_no_worse(draw, a, before_a) &&
        is_no_worse(draw, b, before_b))
        return TRUE;
    there = change_migration(now, a, (guint)home_a);
    back = change_migration(now, b, (guint)home_b);
    change_apply(now, &there);
    change_apply(now, &back);
    return FALSE;
}

static void draw_exchanges(Draw *draw)
{
    guint n = draw->now->n_vms;
    for (guint i = 0; n > 1 && i < TRIES * n; i++) {
        guint a = (guint)g_rand_int_range(draw->random, 0, (gint32)n),
              near = a + (guint)g_rand_int_range(draw->random, 0, 40);
        Exchange drawn = {{a, MIN(near, n - 1)}}; /* VMs of a cluster stand together in the table */
        if (!exchange(draw, drawn.vms[0], drawn.vms[1]))
            continue;
        draw->is_taken[drawn.vms[0]] = draw->is_taken[drawn.vms[1]] = TRUE;
        g_array_append_val(draw->exchanges, drawn);
    }
}

static void add_change(Decisions *decisions, Change change, const char *reason)
{
    change.reason = g_strdup(reason);
    g_array_append_val(decisions->changes, change);
}

static void grow(const Situation *situation, Model *now, Decisions *decisions)
{
    for (guint i = 0; i < now->n_vms; i++) {
        double to = growth_legal_memory(now, i, now->vms[i].memory_mib + now->policy->memory_step_mib);
        Change addition = change_growth(now, ACTION_ADD_MEMORY, i, to);
        if (now->vms[i].state != STATE_SHORT ||
            !legality_allows(situation->legality, now, &addition, LEGAL_GROWTH, NULL))
            continue;
        add_change(decisions, addition, "at random");
        change_apply(now, &addition);
    }
}

/* All that is wrong is called unsolved: what is looked at here is the order. */
static void tell_all(const Situation *situation, const Model *now, Decisions *decisions)
{
    for (guint i = 0; i < now->snapshot->n_hosts; i++)
        if (model_excess(now, i, NULL) > 0 || now->snapshot->hosts[i].mode == HOST_MODE_ENTERING)
            unsolved_add_hot_host(decisions, situation, now, i);
    unsolved_add_overreserved_hosts(decisions, situation, now);
    power_advise_wake(situation, now, decisions);
    for (guint i = 0; i < now->n_vms; i++)
        if (now->vms[i].state == STATE_SHORT)
            decisions_add_unsolved_vm(decisions, i, OBSTACLE_NO_PLACEMENT, g_strdup("stays short"));
    for (guint i = 0; i < rules_count(situation->rules); i++)
        decisions_add_unsolved_vm(decisions, rules_at(situation->rules, i)->vms[0], OBSTACLE_RULE,
                                  g_strdup_printf("rule \"%s\"", rules_at(situation->rules, i)->name));
}

static Decisions *decisions_of(const Situation *situation, const GArray *exchanges)
{
    Decisions *decisions = decisions_new();
    g_autoptr(Model) now = model_copy(situation->start);
    for (guint i = 0; i < exchanges->len; i++) {
        const guint *vms = g_array_index(exchanges, Exchange, i).vms;
        Change there = change_migration(now, vms[0], (guint)now->vms[vms[1]].host),
               back = change_migration(now, vms[1], (guint)now->vms[vms[0]].host);
        add_change(decisions, there, "at random");
        add_change(decisions, back, "at random");
        change_apply(now, &there);
        change_apply(now, &back);
    }
    grow(situation, now, decisions);
    tell_all(situation, now, decisions);
    decisions->stopped_by = g_strdup("done");
    return decisions;
}

/* takes out the exchanges of which a half could not be ordered, and those that were legal only with these;
 * FALSE where there is none */
static gboolean drop_blocked(const Situation *situation, GArray *exchanges, const GArray *blocked)
{
    g_autofree gboolean *is_taken = g_new0(gboolean, situation->start->n_vms);
    g_autoptr(Model) now = model_copy(situation->start);
    Draw draw = {situation, NULL, now, exchanges, is_taken};
    guint before = exchanges->len;
    for (guint i = 0; i < blocked->len; i++)
        is_taken[g_array_index(blocked, Change, i).vm] = TRUE;
    for (guint i = 0; i < exchanges->len;) {
        const guint *vms = g_array_index(exchanges, Exchange, i).vms;
        if (exchange(&draw, vms[0], vms[1]))
            i++;
        else
            g_array_remove_index(exchanges, i);
    }
    return exchanges->len < before;
}

static ChangePlan *make_plan(const Situation *situation, GRand *random)
{
    g_autoptr(GArray) exchanges = g_array_new(FALSE, FALSE, sizeof(Exchange));
    g_autofree gboolean *is_taken = g_new0(gboolean, situation->start->n_vms);
    g_autoptr(Model) now = model_copy(situation->start);
    Draw draw = {situation, random, now, exchanges, is_taken};
    draw_exchanges(&draw);
    for (;;) {
        g_autoptr(Decisions) tried = decisions_of(situation, exchanges);
        g_autoptr(GArray) blocked = change_list_new();
        sequence_order(situation, tried->changes, blocked);
        if (!drop_blocked(situation, exchanges, blocked))
            break;
    }
    g_autoptr(Decisions) decisions = decisions_of(situation, exchanges);
    return compose_plan(situation, decisions);
}

static int run(const Program *program, char **paths, guint32 seed)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Policy) policy = policy_read(paths[3], &error);
    g_autoptr(Snapshot) snapshot = policy ? snapshot_read(paths[0], SNAPSHOT_STRICT, &error) : NULL;
    g_autoptr(Assessment) assessment = snapshot ? assessment_read(paths[1], &error) : NULL;
    g_autoptr(Past) past = past_new();
    g_autoptr(Situation) situation =
        assessment ? situation_new(snapshot, assessment, policy, past, &error) : NULL;
    if (!situation)
        return program_fail(program, error);
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_autoptr(ChangePlan) plan = make_plan(situation, random);
    return changeplan_write(plan, paths[2], NULL, &error) ? EXIT_DONE : program_fail(program, error);
}

int main(int argc, char **argv)
{
    const Program program = {.name = "random-plan"};
    double seed;
    if (argc != 6 || !table_parse_number(argv[5], FALSE, FALSE, &seed))
        return program_misused(&program, "expected SNAPSHOT assessment.csv plan.csv policy.ini SEED");
    return run(&program, argv + 1, (guint32)seed);
}
