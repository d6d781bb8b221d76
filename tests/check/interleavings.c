/* SPDX-License-Identifier: MIT */
#include "tests/check/interleavings.h"

#include <math.h>

#define ALL_SETS_UP_TO 12 /* arrivals: 4,096 sets */
#define ROUNDING 0.5      /* KiB, MHz, MiB */

/* The steps that touch one host. */
typedef struct Passing {
    guint host;
    GArray *arrivals, *departures; /* guint: indices of steps */
} Passing;

static guint at(const GArray *indices, guint i)
{
    return g_array_index(indices, guint, i);
}

/* ---- what a host holds ---- */

/* TRUE where a moment exists at which just these arrivals have begun: with each, those that come before it */
static gboolean may_have_begun(const World *world, const Passing *passing, guint64 begun)
{
    for (guint i = 0; i < passing->arrivals->len; i++)
        for (guint j = 0; begun >> i & 1 && j < passing->arrivals->len; j++)
            if (!(begun >> j & 1) &&
                step_is_before(world, at(passing->arrivals, j), at(passing->arrivals, i)))
                return FALSE;
    return TRUE;
}

static gboolean must_have_ended(const World *world, const Passing *passing, guint64 begun, guint departure)
{
    for (guint i = 0; i < passing->arrivals->len; i++)
        if (begun >> i & 1 && step_is_before(world, departure, at(passing->arrivals, i)))
            return TRUE;
    return FALSE;
}

/* FALSE where the host holds too much of something at this moment, and something that has begun brings it */
static gboolean check_moment(World *world, const Passing *passing, guint64 begun)
{
    const HostAt *host = &world->hosts_at_start[passing->host];
    for (int kind = 0; kind < N_FULL; kind++) {
        double held = host->held[kind];
        const Step *last = NULL;
        for (guint i = 0; i < passing->arrivals->len; i++) {
            const Step *step = world_step(world, at(passing->arrivals, i));
            if (!(begun >> i & 1) || !(step->brought[kind] > 0))
                continue;
            held += step->brought[kind];
            last = step;
        }
        for (guint i = 0; i < passing->departures->len; i++)
            if (must_have_ended(world, passing, begun, at(passing->departures, i)))
                held -= world_step(world, at(passing->departures, i))->released[kind];
        if (last && held > host->most[kind] + ROUNDING) {
            complain(world, last->row, "%s may hold %.0f of %.0f of its %s while this and others run",
                     world->snapshot->hosts[passing->host].id, held, host->most[kind], full_words[kind]);
            return FALSE;
        }
    }
    return TRUE;
}

/* with an arrival those that come before it */
static guint64 closed(const World *world, const Passing *passing, guint64 begun)
{
    for (guint i = 0; i < passing->arrivals->len; i++)
        for (guint j = 0; begun >> i & 1 && j < passing->arrivals->len; j++)
            if (step_is_before(world, at(passing->arrivals, j), at(passing->arrivals, i)))
                begun |= (guint64)1 << j;
    return begun;
}

static void check_host(World *world, const Passing *passing, guint orders, guint32 seed)
{
    guint n = MIN(passing->arrivals->len, 63);
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    if (n <= ALL_SETS_UP_TO) {
        for (guint64 begun = 1; begun < (guint64)1 << n; begun++)
            if (may_have_begun(world, passing, begun) && !check_moment(world, passing, begun))
                return;
        return;
    }
    for (guint i = 0; i < orders; i++) {
        guint64 drawn = (guint64)g_rand_int(random) << 32 | g_rand_int(random);
        guint64 begun = closed(world, passing, drawn & (((guint64)1 << n) - 1));
        if (begun && !check_moment(world, passing, begun))
            return;
    }
}

/* ---- additions ---- */

/* a host's demands at the end, had a departure from it and all that waits for it not been made; an unmeasured
 * VM is part of its host's base, which stays */
static void take_back(const World *world, const Passing *passing, guint departure, HostAt *host,
                      gboolean *gone)
{
    for (guint i = 0; i < passing->arrivals->len; i++) {
        guint arrival = at(passing->arrivals, i);
        if (gone[arrival] || !step_is_before(world, departure, arrival))
            continue;
        gone[arrival] = TRUE;
        for (int r = 0; r < N_RESOURCES; r++)
            host->demand[r] -= world_step(world, arrival)->demand[r];
    }
    for (int r = 0; r < N_RESOURCES && world->vms[world_step(world, departure)->vm].measured; r++)
        host->demand[r] += world_step(world, departure)->demand[r];
}

/* An addition comes after every move without which its host would be above its threshold: after each by
 * itself, and after enough of them together. */
static void check_addition(World *world, const Passing *passing, guint addition)
{
    const HostAt *end = &world->hosts[passing->host];
    HostAt together = *end;
    g_autofree gboolean *gone_together = g_new0(gboolean, world->steps->len);
    gboolean early = FALSE;
    if (host_is_hot(end))
        return;
    for (guint i = 0; i < passing->departures->len; i++) {
        guint departure = at(passing->departures, i);
        HostAt alone = *end;
        g_autofree gboolean *gone = g_new0(gboolean, world->steps->len);
        if (step_is_before(world, departure, addition))
            continue;
        take_back(world, passing, departure, &alone, gone);
        take_back(world, passing, departure, &together, gone_together);
        early = early || host_is_hot(&alone);
    }
    if (early || host_is_hot(&together))
        complain(world, world_step(world, addition)->row, "may be made before its host %s is relieved",
                 world->snapshot->hosts[passing->host].id);
}

/* ---- heat on the way ---- */

/* A move into a host that is normal with all before it done comes after enough departures that the host is
 * normal even if the others have not ended, nor anything that waits for them begun. */
static void check_cooling(World *world, const Passing *passing, guint move)
{
    HostAt done = world->hosts_at_start[passing->host];
    g_autofree gboolean *gone = g_new0(gboolean, world->steps->len);
    for (guint i = 0; i < passing->arrivals->len; i++) {
        guint arrival = at(passing->arrivals, i);
        gone[arrival] = arrival > move;
        for (int r = 0; r < N_RESOURCES && arrival <= move; r++)
            done.demand[r] += world_step(world, arrival)->demand[r];
    }
    for (guint i = 0; i < passing->departures->len; i++) {
        const Step *out = world_step(world, at(passing->departures, i));
        for (int r = 0; r < N_RESOURCES && at(passing->departures, i) < move && world->vms[out->vm].measured;
             r++)
            done.demand[r] -= out->demand[r];
    }
    if (host_is_hot(&done))
        return;
    for (guint i = 0; i < passing->departures->len; i++)
        if (at(passing->departures, i) < move && !step_is_before(world, at(passing->departures, i), move))
            take_back(world, passing, at(passing->departures, i), &done, gone);
    if (host_is_hot(&done))
        complain(world, world_step(world, move)->row, "may begin before its host %s is relieved",
                 world->snapshot->hosts[passing->host].id);
}

/* ---- hosts that are emptied ---- */

static void check_emptied(World *world, const Passing *passing, guint maintenance)
{
    const PlanRow *row = world_step(world, maintenance)->row;
    for (guint i = 0; i < passing->departures->len; i++)
        if (!step_is_before(world, at(passing->departures, i), maintenance))
            complain(world, row, "does not wait for step %.0f, which leaves the host",
                     world_step(world, at(passing->departures, i))->row->step);
    if (passing->arrivals->len > 0)
        complain(world, row, "step %.0f goes to the host",
                 world_step(world, at(passing->arrivals, 0))->row->step);
}

/* Whatever goes to a host that leaves maintenance mode waits for that, powered-off VMs too. */
static void check_opened(World *world, guint exit)
{
    for (guint i = 0; i < world->steps->len; i++) {
        const Step *step = world_step(world, i);
        if (step->vm >= 0 && step->to == world_step(world, exit)->to && !step_is_before(world, exit, i))
            complain(world, step->row,
                     "does not wait for step %.0f, by which its host leaves maintenance mode",
                     world_step(world, exit)->row->step);
    }
}

/* ---- the steps of one VM ---- */

static void check_own_order(World *world)
{
    g_autofree guint *last = g_new0(guint, world->snapshot->n_vms);
    for (guint i = 0; i < world->steps->len; i++) {
        const Step *step = world_step(world, i);
        if (step->vm < 0)
            continue;
        if (last[step->vm] > 0 && !step_is_before(world, last[step->vm] - 1, i))
            complain(world, step->row, "does not wait for step %.0f of the same VM",
                     world_step(world, last[step->vm] - 1)->row->step);
        last[step->vm] = i + 1;
    }
}

/* ---- rules ---- */

/* A VM's time on a host, from the start of the step that brings it to the end of the one that takes it away.
 */
typedef struct Stay {
    int host, arrival, departure; /* steps; -1: it is there from the beginning, or for ever */
} Stay;

static GArray *stays_of(const World *world, guint vm)
{
    GArray *stays = g_array_new(FALSE, FALSE, sizeof(Stay));
    Stay stay = {world->vms_at_start[vm].host, -1, -1};
    for (guint i = 0; i < world->steps->len; i++) {
        const Step *step = world_step(world, i);
        if (step->vm != (int)vm || step->row->action != ACTION_MIGRATE)
            continue;
        stay.departure = (int)i;
        g_array_append_val(stays, stay);
        stay = (Stay){step->to, (int)i, -1};
    }
    g_array_append_val(stays, stay);
    return stays;
}

static gboolean is_over_before(const World *world, const Stay *gone, const Stay *next)
{
    return gone->departure >= 0 && next->arrival >= 0 &&
           step_is_before(world, (guint)gone->departure, (guint)next->arrival);
}

static void check_pair(World *world, const Binding *binding, guint a, guint b)
{
    g_autoptr(GArray) stays_a = stays_of(world, a);
    g_autoptr(GArray) stays_b = stays_of(world, b);
    for (guint i = 0; i < stays_a->len; i++) {
        for (guint j = 0; j < stays_b->len; j++) {
            const Stay *first = &g_array_index(stays_a, Stay, i), *second = &g_array_index(stays_b, Stay, j);
            if (first->host == second->host && !is_over_before(world, first, second) &&
                !is_over_before(world, second, first))
                complain(world, world_step(world, (guint)MAX(first->arrival, second->arrival))->row,
                         "%s and %s may be on %s at once: rule \"%s\" keeps them apart",
                         world->snapshot->vms[a].id, world->snapshot->vms[b].id,
                         world->snapshot->hosts[first->host].id, binding->name);
        }
    }
}

static void check_apart(World *world, const Binding *binding, const gboolean *moves)
{
    for (guint i = 0; i < binding->vms->len; i++) {
        for (guint j = i + 1; j < binding->vms->len; j++) {
            guint a = at(binding->vms, i), b = at(binding->vms, j);
            if ((moves[a] || moves[b]) && world->vms[a].running && world->vms[b].running)
                check_pair(world, binding, a, b);
        }
    }
}

/* Each leg ends where the rule allows, unless the VM began where it does not. */
static void check_hosts(World *world, const Binding *binding)
{
    for (guint i = 0; i < world->steps->len; i++) {
        const Step *step = world_step(world, i);
        if (step->row->action == ACTION_MIGRATE && bindings_lists(binding->vms, (guint)step->vm) &&
            binding_forbids(binding, (guint)step->to) &&
            !binding_forbids(binding, (guint)world->vms_at_start[step->vm].host))
            complain(world, step->row, "rule \"%s\" does not allow %s", binding->name,
                     world->snapshot->hosts[step->to].id);
    }
}

static void check_rules(World *world, const Bindings *bindings)
{
    g_autofree gboolean *moves = g_new0(gboolean, world->snapshot->n_vms);
    for (guint i = 0; i < world->steps->len; i++)
        if (world_step(world, i)->row->action == ACTION_MIGRATE)
            moves[world_step(world, i)->vm] = TRUE;
    for (guint i = 0; i < bindings->len; i++) {
        const Binding *binding = g_ptr_array_index(bindings, i);
        guint before = binding_breaches(binding, world->vms_at_start),
              after = binding_breaches(binding, world->vms);
        if (!binding->mandatory)
            continue;
        if (after > before)
            complain(world, NULL, "the mandatory rule \"%s\": %u VMs in breach, %u before", binding->name,
                     after, before);
        check_hosts(world, binding);
        if (binding->type == RULE_VM_ANTI_AFFINITY && before == 0)
            check_apart(world, binding, moves);
    }
}

/* ---- all ---- */

static void note(GArray **of_host, int host, guint step)
{
    if (!of_host[host])
        of_host[host] = g_array_new(FALSE, FALSE, sizeof(guint));
    g_array_append_val(of_host[host], step);
}

static void check_all_hosts(World *world, GArray **arrivals, GArray **departures, guint orders, guint32 seed)
{
    g_autoptr(GArray) none = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < world->snapshot->n_hosts; i++) {
        Passing passing = {i, arrivals[i] ? arrivals[i] : none, departures[i] ? departures[i] : none};
        check_host(world, &passing, orders, seed + i);
        for (guint k = 0; k < world->steps->len; k++) {
            const Step *step = world_step(world, k);
            if (step->to == (int)i && step->row->action == ACTION_ADD_MEMORY)
                check_addition(world, &passing, k);
            if (step->to == (int)i && step->row->action == ACTION_MIGRATE && world->vms[step->vm].running)
                check_cooling(world, &passing, k);
            if (step->to == (int)i && step->row->action == ACTION_ENTER_MAINTENANCE)
                check_emptied(world, &passing, k);
            if (step->to == (int)i && step->row->action == ACTION_EXIT_MAINTENANCE)
                check_opened(world, k);
        }
    }
}

void check_interleavings(World *world, const Bindings *bindings, guint orders, guint32 seed)
{
    guint n = world->snapshot->n_hosts;
    g_autofree GArray **arrivals = g_new0(GArray *, n);
    g_autofree GArray **departures = g_new0(GArray *, n);
    for (guint i = 0; i < world->steps->len; i++) {
        const Step *step = world_step(world, i);
        if (step->vm < 0)
            continue;
        if (world->vms[step->vm].running)
            note(arrivals, step->to, i);
        if (step->row->action == ACTION_MIGRATE)
            note(departures, step->from, i);
    }
    check_own_order(world);
    check_all_hosts(world, arrivals, departures, orders, seed);
    check_rules(world, bindings);
    for (guint i = 0; i < n; i++) {
        g_clear_pointer(&arrivals[i], g_array_unref);
        g_clear_pointer(&departures[i], g_array_unref);
    }
}
