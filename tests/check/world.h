/* SPDX-License-Identifier: MIT */
/*
 * What plan-check knows: a snapshot's inventory with the assessment's loads, and a plan's steps in the order
 * of the file. Its own code throughout: of plan/ it uses the reader of plan.csv alone.
 */
#ifndef TESTS_CHECK_WORLD_H
#define TESTS_CHECK_WORLD_H

#include "analyze/assessment.h"
#include "analyze/policy.h"
#include "plan/changeplan.h"
#include "tests/check/facts.h"

/* what a host can be full of: KiB of memory, MHz and MiB of reservations, with what it takes to run VMs */
enum { FULL_MEMORY, FULL_CPU_RESERVATION, FULL_MEMORY_RESERVATION, N_FULL };
extern const char *const full_words[N_FULL];

typedef struct HostAt {
    double capacity[N_RESOURCES], threshold[N_RESOURCES], demand[N_RESOURCES];
    double held[N_FULL], most[N_FULL];
    gboolean usable, to_empty;
    int mode;  /* HOST_MODE_… */
    int state; /* as assessed */
} HostAt;

typedef struct VmAt {
    double demand[N_RESOURCES], measured_kib, memory_mib, vcpus;
    gboolean running, measured;
    int host, state, pressure; /* as assessed, but for the host */
} VmAt;

/* a step of the plan, resolved against the world as the steps before it in the file leave it */
typedef struct Step {
    const PlanRow *row;
    int vm, from, to; /* -1: not known; an addition has its VM's host in both */
    double was, amount;
    double brought[N_FULL], released[N_FULL]; /* to `to` from its start, from `from` at its end */
    double demand[N_RESOURCES];               /* of the mover, or added */
    double bytes;                             /* to copy */
} Step;

typedef struct World {
    const Snapshot *snapshot;
    const Assessment *assessment;
    const Policy *policy;
    const ChangePlan *plan;
    Facts facts;
    HostAt *hosts, *hosts_at_start;
    VmAt *vms, *vms_at_start;
    GArray *steps; /* Step, in file order */
    GArray *place; /* guint: of a step's number, its index + 1; 0: none */
    guint words;   /* 64-bit words of a row of before */
    guint64 *before;
    guint violations;
    gboolean goes_home; /* the plan takes VMs back after maintenance: it looks for nothing else to mend */
} World;

/* joins the three as they are before any step; the assessment must be of the snapshot, or the error says so
 */
World *world_new(const Snapshot *snapshot, const Assessment *assessment, const Policy *policy,
                 const ChangePlan *plan, GError **error);

void world_free(World *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

/* prints a violation on one line: of a row, or of the plan as a whole where row is NULL */
void complain(World *world, const PlanRow *row, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* resolves a row and carries it out; the step joins world->steps. FALSE where the row makes no sense, which
 * is a violation */
gboolean world_take(World *world, const PlanRow *row);

/* TRUE where the first step must have succeeded before the second may begin */
gboolean step_is_before(const World *world, guint earlier, guint later);

const Step *world_step(const World *world, guint index);

/* percent of a host's capacity in use, and whether it stands above a threshold that decides */
double host_pct(const HostAt *host, Resource resource);
gboolean host_is_hot(const HostAt *host);

/* KiB that the VM needs on a host */
double vm_needs_kib(const VmAt *vm);

/* TRUE for a host that is connected and on */
gboolean host_is_live(const Host *host);

/* of a VM that runs: what it has reserved, and what its host reserves to run it (MiB; MHz) */
double vm_reserved_mib(const World *world, const VmAt *vms, guint vm);
double vm_held_mib(const World *world, const VmAt *vms, guint vm);
double vm_reserved_mhz(const World *world, const VmAt *vms, guint vm);

#endif
