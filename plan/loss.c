/* SPDX-License-Identifier: MIT */
#include "plan/loss.h"

#include "analyze/roles.h"
#include "plan/room.h"

#include <math.h>

const char *const loss_names[] = {"nowhere", "overcommits", "heats", "fits", "in_partner", NULL};

/* ---- who is to be placed ---- */

/* TRUE where the partner of a fault-tolerant VM runs on a host that is not lost */
static gboolean goes_on_in_partner(const Situation *situation, const gboolean *lost, guint vm)
{
    const Model *start = situation->start;
    const GArray *partners = legality_partners(situation->legality, vm);
    for (guint i = 0; partners && i < partners->len; i++) {
        const ModelVm *partner = &start->vms[g_array_index(partners, guint, i)];
        if (partner->running && !lost[partner->host])
            return TRUE;
    }
    return FALSE;
}

/* for g_array_sort_with_data: LostVm, those that hold most memory first */
static gint compare_lost(gconstpointer a, gconstpointer b, gpointer data)
{
    const Model *start = data;
    guint left = ((const LostVm *)a)->vm, right = ((const LostVm *)b)->vm;
    double held_left = model_vm_memory(start, left), held_right = model_vm_memory(start, right);
    if (held_left != held_right)
        return held_left > held_right ? -1 : 1;
    return left < right ? -1 : 1;
}

/* From here on the VMs of lost hosts do not run, until they are placed. */
static void stop_lost(Loss *loss, const Situation *situation)
{
    const Model *start = loss->start;
    for (guint vm = 0; vm < start->n_vms; vm++) {
        if (!start->vms[vm].running || !loss->lost[start->vms[vm].host])
            continue;
        loss->end->vms[vm].running = FALSE;
        LostVm lost = {vm, LOSS_NOWHERE, -1, OBSTACLE_NONE, NULL};
        if (goes_on_in_partner(situation, loss->lost, vm))
            lost.verdict = LOSS_IN_PARTNER;
        if (vm_is_agent(start->vms[vm].row))
            loss->agents++;
        else
            g_array_append_val(loss->vms, lost);
    }
    g_array_sort_with_data(loss->vms, compare_lost, (gpointer)start);
}

/* ---- where they fit ---- */

/* TRUE where the host could back what the VM has reserved, whatever memory is in use there */
static gboolean can_reserve(const Model *now, guint vm, guint host)
{
    Room held = room_held(now, host), brought = room_of_vm(now, vm);
    brought.of[ROOM_MEMORY] = 0;
    for (int i = 0; i < N_ROOMS; i++)
        held.of[i] += brought.of[i];
    return room_lacking(now, host, &held, &brought) < 0;
}

/* what becomes of the VM on the host; why gets what stands in the way where it cannot run there */
static LossVerdict verdict_on(const Situation *situation, const Model *now, guint vm, guint host,
                              Obstacle *why)
{
    const Legality *legality = situation->legality;
    if (!legality_could_run(legality, now, vm, host)) {
        obstacle_set(why, OBSTACLE_NONE, -1,
                     "no host that is left could run it: hardware, datastores, networks or a rule");
        return LOSS_NOWHERE;
    }
    if (!legality_allows_move(legality, now, vm, host, LEGAL_RULES, why))
        return LOSS_NOWHERE;
    if (legality_allows_move(legality, now, vm, host, LEGAL_ROOM, why))
        return legality_allows_move(legality, now, vm, host, LEGAL_HEAT, NULL) ? LOSS_FITS : LOSS_HEATS;
    return can_reserve(now, vm, host) ? LOSS_OVERCOMMITS : LOSS_NOWHERE;
}

/* KiB that are left on a host once the VM is there */
static double left_with(const Model *now, guint vm, guint host)
{
    return now->snapshot->hosts[host].memory_kib - room_held(now, host).of[ROOM_MEMORY] -
           model_vm_memory(now, vm);
}

/* TRUE where the one host is the better place of those that are as good for the VM: it has least left where
 * VMs are packed, else most */
static gboolean is_better(const Model *now, guint vm, guint host, int than, gboolean packed)
{
    double left = left_with(now, vm, host);
    return than < 0 ||
           (packed ? left < left_with(now, vm, (guint)than) : left > left_with(now, vm, (guint)than));
}

/* the words for why no host can run the VM, of the last one that could but for something; the caller frees
 * them */
static char *words_of(const Model *now, const Obstacle *why)
{
    if (!why->words)
        return g_strdup("no other host of its cluster is left");
    return why->host < 0
               ? g_strdup(why->words)
               : g_strdup_printf("%s, for one, %s", now->snapshot->hosts[why->host].name, why->words);
}

/* Finds the best host for a VM that runs, on a model as it stands. */
static void find_host(const Situation *situation, const Loss *loss, LostVm *lost, gboolean packed)
{
    const Model *now = loss->end;
    g_auto(Obstacle) why = {0};
    for (guint host = 0; host < now->snapshot->n_hosts; host++) {
        g_auto(Obstacle) here = {0};
        if (loss->lost[host] || now->hosts[host].cluster != now->vms[lost->vm].row->cluster ||
            !model_is_counted_on(now, host))
            continue;
        LossVerdict verdict = verdict_on(situation, now, lost->vm, host, &here);
        if (verdict == LOSS_NOWHERE) {
            if (!why.words || here.code != OBSTACLE_NONE) {
                obstacle_clear(&why);
                obstacle_set(&why, here.code, here.host, "%s", here.words);
            }
            continue;
        }
        gboolean packs = packed && verdict == LOSS_FITS;
        if ((int)verdict < lost->verdict ||
            ((int)verdict == lost->verdict && !is_better(now, lost->vm, host, lost->host, packs)))
            continue;
        lost->verdict = (int)verdict;
        lost->host = (int)host;
    }
    lost->code = lost->host < 0 ? why.code : OBSTACLE_NONE;
    lost->words = lost->host < 0 ? words_of(now, &why) : NULL;
}

static void place(const Situation *situation, Loss *loss, LostVm *lost, gboolean packed)
{
    Model *now = loss->end;
    now->vms[lost->vm].running = TRUE;
    find_host(situation, loss, lost, packed);
    now->vms[lost->vm].running = lost->host >= 0;
    if (lost->host < 0)
        return;
    Change move = change_migration(now, lost->vm, (guint)lost->host);
    change_apply(now, &move);
}

static Loss *try_placing(const Situation *situation, const gboolean *lost, gboolean packed)
{
    Loss *loss = g_new0(Loss, 1);
    guint n = situation->start->snapshot->n_hosts;
    loss->start = situation->start;
    loss->lost = g_memdup2(lost, (n + 1) * sizeof *lost);
    loss->vms = g_array_new(FALSE, FALSE, sizeof(LostVm));
    loss->end = model_copy(situation->start);
    stop_lost(loss, situation);
    for (guint i = 0; i < loss->vms->len; i++) {
        LostVm *one = &g_array_index(loss->vms, LostVm, i);
        if (one->verdict != LOSS_IN_PARTNER)
            place(situation, loss, one, packed);
    }
    return loss;
}

Loss *loss_new(const Situation *situation, const gboolean *lost)
{
    Loss *packed = try_placing(situation, lost, TRUE), *spread = try_placing(situation, lost, FALSE);
    gboolean better = FALSE;
    for (int verdict = LOSS_NOWHERE; verdict < LOSS_FITS; verdict++) {
        guint a = loss_count(packed, -1, (LossVerdict)verdict),
              b = loss_count(spread, -1, (LossVerdict)verdict);
        if (a == b)
            continue;
        better = b < a;
        break;
    }
    loss_free(better ? packed : spread);
    return better ? spread : packed;
}

void loss_free(Loss *loss)
{
    if (!loss)
        return;
    for (guint i = 0; i < loss->vms->len; i++)
        g_free(g_array_index(loss->vms, LostVm, i).words);
    g_array_unref(loss->vms);
    model_free(loss->end);
    g_free(loss->lost);
    g_free(loss);
}

guint loss_count(const Loss *loss, int cluster, LossVerdict verdict)
{
    guint n = 0;
    for (guint i = 0; i < loss->vms->len; i++) {
        const LostVm *lost = &g_array_index(loss->vms, LostVm, i);
        n += lost->verdict == (int)verdict &&
             (cluster < 0 || loss->start->vms[lost->vm].row->cluster == cluster);
    }
    return n;
}
