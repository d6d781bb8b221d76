/* SPDX-License-Identifier: MIT */
/*
 * assessment.csv: what a snapshot means. One row per entity and resource; what plan reads every load from.
 *
 * In memory one Assessed per cluster, host and VM, in file order. A Load that was not measured has NAN in
 * measured and demand. Numbers are as written: whole KiB and KiB/s, MHz and percent with three decimals.
 */
#ifndef ANALYZE_ASSESSMENT_H
#define ANALYZE_ASSESSMENT_H

#include "collect/atomic.h"
#include "collect/samples.h"
#include "collect/snapshot.h"

#define ASSESSMENT_FORMAT "vmanger-assessment-1"

typedef enum {
    RESOURCE_CPU,         /* MHz */
    RESOURCE_MEMORY,      /* KiB: what a VM's guest uses; VMs only */
    RESOURCE_HOST_MEMORY, /* KiB: what a VM holds on its host */
    RESOURCE_DISK,        /* KiB/s */
    RESOURCE_NET,         /* KiB/s */
    N_RESOURCES
} Resource;

typedef enum { ENTITY_CLUSTER, ENTITY_HOST, ENTITY_VM } EntityKind;

typedef enum {
    STATE_NORMAL,
    /* hosts */
    STATE_UNAVAILABLE,
    STATE_HOT,
    STATE_COLD,
    /* VMs */
    STATE_OFF,
    STATE_SHORT,
    STATE_IDLE,
    /* hosts and VMs */
    STATE_UNKNOWN,
    /* clusters: the pattern */
    STATE_SATURATED,
    STATE_LOAD_BALANCE,
    STATE_POWER_SAVING,
    STATE_BALANCED
} State;

/* whose doing it is that a VM's memory is reclaimed now: of nobody; its own memory limit; the limit of a
 * resource pool above it; its host, which is short itself; another cause, the host having memory free */
typedef enum {
    PRESSURE_NONE,
    PRESSURE_VM_LIMIT,
    PRESSURE_POOL_LIMIT,
    PRESSURE_HOST,
    PRESSURE_OTHER
} Pressure;

extern const char *const resource_names[]; /* "cpu" … */
extern const char *const resource_units[]; /* "MHz" … */
extern const char *const resource_words[]; /* what people call it: "CPU" … */
extern const char *const state_names[];    /* "normal" … */

typedef struct Load {
    double capacity, allocated, measured, reclaimed, demand, base, usage_pct, threshold_pct, buffer;
    double room_demand; /* by the estimators for room: what a target must have left; NAN: as demand */
    double size_used, size_need, size_span_s; /* of a VM's cpu and memory (analyze/sizing.h): what its rule
                                 takes of what it used, the same with the margin, and seconds of data; NAN:
                                 less than a day of it */
    const char *peaks;         /* of a VM's memory: of its last days, as peaks_text has them; else "" */
    double reclaimed_host;     /* of reclaimed, what no limit holds back: the host's doing, now or once */
    int pressure;              /* Pressure, of a VM's host_memory; -1: not known */
    const char *pressure_pool; /* the pool's id under PRESSURE_POOL_LIMIT, else "" */
    const char *reason;        /* "" but on the resource that decided the state */
} Load;

/* every number NAN, no reason */
Load load_unknown(void);

typedef struct Assessed {
    const char *id, *name, *source_id, *cluster_id;
    int kind;  /* EntityKind */
    int state; /* State */
    Load loads[N_RESOURCES];
} Assessed;

/* a `#snapshot` row */
typedef struct AssessedSnapshot {
    const char *digest, *source_id;
    gint64 taken_at;
} AssessedSnapshot;

typedef struct Assessment {
    GArray *snapshots;  /* AssessedSnapshot */
    GString *rollups;   /* rows #rollup, as written */
    const char *policy; /* policy_analyze_digest */
    const char *estimator;
    gint64 window_from, window_to;
    guint origins[N_ORIGINS]; /* series of each origin */
    GArray *entities;         /* Assessed */
    char *digest;             /* SHA-256 of the file as read or written; NULL before */
    GStringChunk *strings;
    GHashTable *index; /* source_id, line feed, id -> entity's index + 1 */
} Assessment;

Assessment *assessment_new(void);
void assessment_free(Assessment *assessment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Assessment, assessment_free)

/* an amount as it is written, and so as it is decided on: MHz with three decimals, KiB and KiB/s whole */
double load_round(Resource resource, double amount);

/* demand in percent of capacity, as it is written; NAN where either is not known or the capacity is 0. A
 * threshold is passed where this is above it: up to and including 80 % is normal */
double load_usage_pct(double demand, double capacity);

/* what a target must have left for a VM, or what a host that takes one counts as asked for already */
double load_room_demand(const Load *load);

/* sets it where it is above the demand, which is set before */
void load_set_room_demand(Load *load, double room_demand);

/* what an entity asks for: its demand, or its size where that was not measured */
double load_asked_for(const Load *load);

/* appends the row of a snapshot that is history: of the source of one that follows, and older */
void assessment_add_history(Assessment *assessment, const Snapshot *snapshot);

/* widens the time that samples cover; -1 is none */
void assessment_note_window(Assessment *assessment, gint64 from, gint64 to);

/* notes that the history of a source was taken from what an archive keeps of it, up to that time */
void assessment_add_rollup(Assessment *assessment, const char *source_id, gint64 taken_at);

/* appends a snapshot's row and its clusters, hosts and VMs in the order of its tables, each with no load yet;
 * first receives the index of the first. Pointers to entities of before are no longer valid. A source that
 * has been assessed already is refused */
gboolean assessment_add_snapshot(Assessment *assessment, const Snapshot *snapshot, guint *first,
                                 GError **error);

/* reads a file ("-": standard input) */
Assessment *assessment_read(const char *path, GError **error);

/* writes it whole or not at all ("-": standard output) */
gboolean assessment_write(Assessment *assessment, const char *path, const OpenPgp *keys, GError **error);

/* ---- several as one (analyze/fleet.h) ---- */

/* reads the rows before the table alone */
Assessment *assessment_read_head(const char *path, GError **error);

/* takes over what another one's rows before the table say, as if both had been made in one run: its snapshots
 * after those that are there, its series beside them, the policy and estimator of the first */
void assessment_take_head(Assessment *assessment, const Assessment *other);

/* appends a copy of another one's entity, unless its id is there */
void assessment_take_entity(Assessment *assessment, const Assessed *entity);

/* the row `#left_out` of a site of which there is nothing in the table */
void assessment_append_left_out(GString *out, const char *site, const char *why);

/* begins a file with the rows before the table, further rows of the kind, and the table's header; entities
 * follow, those of one assessment after those of the other, and the caller commits it */
AtomicFile *assessment_begin(const Assessment *head, const GString *further, const char *path,
                             const OpenPgp *keys, GError **error);
void assessment_write_entities(const Assessment *assessment, AtomicFile *file);

/* the entity, or NULL; valid until another is added */
const Assessed *assessment_find(const Assessment *assessment, const char *source_id, const char *id);

/* TRUE where a load has any row of its own in the file: an entity's resource that is neither measured nor
 * sized has none */
gboolean load_is_stated(const Load *load);

#endif
