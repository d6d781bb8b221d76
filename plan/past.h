/* SPDX-License-Identifier: MIT */
/*
 * What past applies did, read from their journals: how often each VM was added to, when it last moved, and
 * how long migrations took against their estimate. A VM is known across time by source_id and instance_uuid
 * (by its id where it has no UUID). Journals may overlap: each row of a run counts once.
 *
 * A rehearsal changed nothing but a copy of a snapshot: its rows count for that copy, which names the plan
 * that was rehearsed, and for no other snapshot of the same source.
 */
#ifndef PLAN_PAST_H
#define PLAN_PAST_H

#include "analyze/policy.h"
#include "plan/fault.h"
#include "plan/journal.h"
#include "plan/lent.h"
#include "plan/model.h"

typedef struct VmPast {
    guint memory_additions, cpu_additions; /* that succeeded */
    GArray *memory;                        /* LentChange, reclaims too; NULL for none */
    gint64 last_migration;                 /* that succeeded: seconds since 1970, -1 for none */
    GArray *refusals;                      /* PastRefusal, in the journals' order; NULL for none */
    GArray *departures;                    /* PastDeparture likewise */
} VmPast;

/* a step on a VM that the vCenter refused for what will be so again; or one that succeeded, which says that
 * it no longer is */
typedef struct PastRefusal {
    gint64 time;      /* seconds since 1970, by the vCenter's clock */
    int action;       /* Action: migrate, add_memory, add_cpu */
    char *to_id;      /* the host that a migration led to; "" for others */
    FaultScope scope; /* FAULT_OF_VM, FAULT_OF_PAIR; FAULT_UNKNOWN where it succeeded */
    char *fault;      /* its name in the vSphere API: "CannotAccessNetwork"; "" where it succeeded */
} PastRefusal;

/* a migration that succeeded and whose time the target's clock shows */
typedef struct PastMigration {
    double copy_mib;                   /* as planned; NAN where not known */
    double est_s;                      /* as planned; NAN where not known */
    double real_s;                     /* from submitted, else intent, to succeeded; above 0 */
    gint64 start;                      /* seconds since 1970 */
    char *source_id, *from_id, *to_id; /* its hosts; owned */
    const VmPast *vm;
} PastMigration;

/* a migration that succeeded: when, and off which host */
typedef struct PastDeparture {
    gint64 time;
    char *host_id;
} PastDeparture;

typedef struct Past {
    GHashTable *vms;    /* source_id, line feed, UUID or id -> VmPast */
    GHashTable *seen;   /* run, line feed, seq */
    GArray *migrations; /* PastMigration, in the journals' order */
    GPtrArray *foreign; /* char *: paths of journals of rehearsals that do not count here */
} Past;

Past *past_new(void);
void past_free(Past *past);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Past, past_free)

/* adds what a journal tells of a snapshot that is the result of these rehearsals (SnapshotInfo.rehearsal, a
 * list of plans); the journal may be freed afterwards */
void past_add(Past *past, const Journal *journal, const char *rehearsals);

/* reads journals by path, for such a snapshot; paths is NULL-terminated, NULL is none */
Past *past_read(char *const *paths, const char *rehearsals, GError **error);

/* TRUE where no journal told anything */
gboolean past_is_empty(const Past *past);

/* what is known of a VM; never NULL */
const VmPast *past_find(const Past *past, const char *source_id, const char *instance_uuid, const char *id);
const VmPast *past_of_vm(const Past *past, const Model *model, guint vm);

/* lent_sizes_before of a VM as the model has it: what was lent to it. Nothing where another VM of the
 * snapshot bears its instance UUID, or past is NULL; the caller unrefs it */
GArray *past_sizes_before(const Past *past, const Model *model, guint vm);

/* the latest refusal, not before `since` (seconds since 1970), that speaks against doing this to the VM once
 * more: of a migration, what was refused it on every host, or on that host ("": on every host alone); of an
 * addition, what was refused it. One after which the same succeeded does not count. NULL where there is none
 */
const PastRefusal *past_refusal(const VmPast *vm, Action action, const char *host_id, gint64 since);

/* when the VM last left the host, not before `since`; -1: it did not */
gint64 past_departure(const VmPast *vm, const char *host_id, gint64 since);

/* how often the VM was added memory to at or after a time, of what has not been taken back */
guint past_memory_additions_since(const VmPast *vm, gint64 time);

/* MiB that the VM had before the first of the additions that made it what it is (past_sizes_before): its
 * present size where somebody else has resized it since */
double past_memory_before(const Past *past, const Model *model, guint vm);

#endif
