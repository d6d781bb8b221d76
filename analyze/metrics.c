/* SPDX-License-Identifier: MIT */
#include "analyze/metrics.h"

#include <math.h>

/* ---- entities ---- */

/* the labels of a cluster or a host; a source's ids are its own, so that no two have the same */
typedef struct Labels {
    GaugeLabel list[7];
    guint n;
} Labels;

static void add_label(Labels *labels, const char *name, const char *value)
{
    labels->list[labels->n++] = (GaugeLabel){name, value};
    labels->list[labels->n].name = NULL;
}

static const Assessed *entity_at(const Assessment *assessment, guint i)
{
    return &g_array_index(assessment->entities, Assessed, i);
}

static Labels labels_of(const Assessment *assessment, const Assessed *entity)
{
    Labels labels = {.n = 0};
    gboolean is_cluster = entity->kind == ENTITY_CLUSTER;
    const char *cluster_id = is_cluster ? entity->id : entity->cluster_id;
    const Assessed *cluster = assessment_find(assessment, entity->source_id, cluster_id);
    add_label(&labels, "source_id", entity->source_id);
    add_label(&labels, "cluster_id", cluster_id);
    add_label(&labels, "cluster", cluster ? cluster->name : "");
    if (!is_cluster) {
        add_label(&labels, "host_id", entity->id);
        add_label(&labels, "host", entity->name);
    }
    return labels;
}

/* ---- loads ---- */

static double capacity_of(const Load *load)
{
    return load->capacity;
}

static double demand_of(const Load *load)
{
    return load->demand;
}

static double reclaimed_of(const Load *load)
{
    return load->reclaimed;
}

static double buffer_of(const Load *load)
{
    return load->buffer;
}

/* what a host that is measured can take until it is at its threshold */
static double room_of(const Load *load)
{
    return isnan(load->demand) || isnan(load->threshold_pct)
               ? NAN
               : MAX(0, floor(load->capacity * load->threshold_pct / 100 - load->demand));
}

static double usage_of(const Load *load)
{
    return load->usage_pct / 100;
}

static double threshold_of(const Load *load)
{
    return load->threshold_pct / 100;
}

/* a figure of each load; kinds: bits by EntityKind, resources: by Resource */
typedef struct LoadFigure {
    const char *name, *help;
    double (*of)(const Load *load);
    guint kinds, resources;
    gboolean ratio; /* else in the resource's base unit */
} LoadFigure;

#define CLUSTERS (1U << ENTITY_CLUSTER)
#define HOSTS (1U << ENTITY_HOST)
#define CPU (1U << RESOURCE_CPU)
#define MEMORY (1U << RESOURCE_HOST_MEMORY)
#define RATES (1U << RESOURCE_DISK | 1U << RESOURCE_NET)

static const LoadFigure load_figures[] = {
    {"capacity", "what there is", capacity_of, CLUSTERS | HOSTS, CPU | MEMORY | RATES, FALSE},
    {"demand", "what is asked for", demand_of, CLUSTERS | HOSTS, CPU | MEMORY | RATES, FALSE},
    {"usage", "what is asked for, of what there is", usage_of, CLUSTERS | HOSTS, CPU | MEMORY | RATES, TRUE},
    {"threshold", "the usage above which it is hot", threshold_of, HOSTS, CPU | MEMORY | RATES, TRUE},
    {"buffer", "what is left to give, less what HA holds back", buffer_of, CLUSTERS, CPU | MEMORY, FALSE},
    {"buffer", "what it can take until it is at its threshold", room_of, HOSTS, CPU | MEMORY, FALSE},
    {"reclaimed", "what is ballooned, swapped or compressed", reclaimed_of, CLUSTERS | HOSTS, MEMORY, FALSE},
};

static const struct {
    Resource resource;
    const char *name, *unit;
    double units; /* base units in the assessment's */
} measures[] = {{RESOURCE_CPU, "cpu", "hertz", 1e6},
                {RESOURCE_HOST_MEMORY, "memory", "bytes", 1024},
                {RESOURCE_DISK, "disk", "bytes_per_second", 1024},
                {RESOURCE_NET, "network", "bytes_per_second", 1024}};

static void add_figure(Prometheus *prometheus, const Assessment *assessment, EntityKind kind, guint measure,
                       const LoadFigure *figure)
{
    static const char *const kinds[] = {"cluster", "host"};
    static const char *const owners[] = {"Of a cluster's", "Of a host's"};
    g_autofree char *name = g_strdup_printf("vmanger_%s_%s_%s_%s", kinds[kind], measures[measure].name,
                                            figure->name, figure->ratio ? "ratio" : measures[measure].unit);
    g_autofree char *help =
        g_strdup_printf("%s %s: %s.", owners[kind], resource_words[measures[measure].resource], figure->help);
    const Gauge gauge = {name, help};
    for (guint i = 0; i < assessment->entities->len; i++) {
        const Assessed *entity = entity_at(assessment, i);
        if (entity->kind != (int)kind)
            continue;
        double value = figure->of(&entity->loads[measures[measure].resource]);
        if (isnan(value))
            continue;
        Labels labels = labels_of(assessment, entity);
        prometheus_add(prometheus, &gauge, labels.list,
                       figure->ratio ? value : value * measures[measure].units);
    }
}

static void add_loads(Prometheus *prometheus, const Assessment *assessment, EntityKind kind)
{
    for (guint measure = 0; measure < G_N_ELEMENTS(measures); measure++)
        for (guint i = 0; i < G_N_ELEMENTS(load_figures); i++)
            if (load_figures[i].kinds & 1U << kind &&
                load_figures[i].resources & 1U << measures[measure].resource)
                add_figure(prometheus, assessment, kind, measure, &load_figures[i]);
}

/* ---- states ---- */

static const State host_states[] = {STATE_HOT, STATE_NORMAL, STATE_COLD, STATE_UNKNOWN, STATE_UNAVAILABLE};
static const State vm_states[] = {STATE_SHORT, STATE_NORMAL, STATE_IDLE, STATE_UNKNOWN, STATE_OFF};
static const State patterns[] = {STATE_SATURATED, STATE_LOAD_BALANCE, STATE_POWER_SAVING, STATE_BALANCED};

/* of each entity one sample for each state that it might have: 1 of its own, else 0 */
static void add_states(Prometheus *prometheus, const Assessment *assessment, EntityKind kind,
                       const Gauge *gauge, const State *states, guint n)
{
    for (guint i = 0; i < assessment->entities->len; i++) {
        const Assessed *entity = entity_at(assessment, i);
        if (entity->kind != (int)kind)
            continue;
        for (guint k = 0; k < n; k++) {
            Labels labels = labels_of(assessment, entity);
            add_label(&labels, "state", state_names[states[k]]);
            prometheus_add(prometheus, gauge, labels.list, entity->state == (int)states[k]);
        }
    }
}

typedef struct Counts {
    guint by_state[STATE_BALANCED + 1];
} Counts;

/* of the entities of a kind, by the index of their cluster among all entities; the caller frees it */
static Counts *count(const Assessment *assessment, EntityKind kind)
{
    Counts *counts = g_new0(Counts, assessment->entities->len + 1);
    for (guint i = 0; i < assessment->entities->len; i++) {
        const Assessed *entity = entity_at(assessment, i);
        const Assessed *cluster = assessment_find(assessment, entity->source_id, entity->cluster_id);
        if (entity->kind == (int)kind && cluster)
            counts[cluster - entity_at(assessment, 0)].by_state[entity->state]++;
    }
    return counts;
}

static void add_counts(Prometheus *prometheus, const Assessment *assessment, EntityKind kind,
                       const Gauge *gauge, const State *states, guint n)
{
    g_autofree Counts *counts = count(assessment, kind);
    for (guint i = 0; i < assessment->entities->len; i++) {
        const Assessed *entity = entity_at(assessment, i);
        if (entity->kind != ENTITY_CLUSTER)
            continue;
        for (guint k = 0; k < n; k++) {
            Labels labels = labels_of(assessment, entity);
            add_label(&labels, "state", state_names[states[k]]);
            prometheus_add(prometheus, gauge, labels.list, counts[i].by_state[states[k]]);
        }
    }
}

/* ---- all of it ---- */

static void add_snapshots(Prometheus *prometheus, const Assessment *assessment)
{
    static const Gauge taken = {"vmanger_snapshot_taken_timestamp_seconds",
                                "When the snapshot was taken, by its source's clock, since 1970."};
    for (guint i = 0; i < assessment->snapshots->len; i++) {
        const AssessedSnapshot *snapshot = &g_array_index(assessment->snapshots, AssessedSnapshot, i);
        const GaugeLabel labels[] = {{"source_id", snapshot->source_id}, {NULL, NULL}};
        prometheus_add(prometheus, &taken, labels, (double)snapshot->taken_at);
    }
}

static void add_patterns(Prometheus *prometheus, const Assessment *assessment)
{
    static const Gauge pattern = {"vmanger_cluster_state", "1 for the pattern that a cluster shows, else 0."};
    add_snapshots(prometheus, assessment);
    add_states(prometheus, assessment, ENTITY_CLUSTER, &pattern, patterns, G_N_ELEMENTS(patterns));
}

void metrics_add_clusters(Prometheus *prometheus, const Assessment *assessment)
{
    add_patterns(prometheus, assessment);
    add_loads(prometheus, assessment, ENTITY_CLUSTER);
}

void metrics_add(Prometheus *prometheus, const Assessment *assessment)
{
    static const Gauge state = {"vmanger_host_state", "1 for the state that a host is in, else 0."},
                       hosts = {"vmanger_cluster_hosts", "How many hosts of a cluster are in a state."},
                       vms = {"vmanger_cluster_vms", "How many VMs of a cluster are in a state."};
    add_patterns(prometheus, assessment);
    add_counts(prometheus, assessment, ENTITY_HOST, &hosts, host_states, G_N_ELEMENTS(host_states));
    add_counts(prometheus, assessment, ENTITY_VM, &vms, vm_states, G_N_ELEMENTS(vm_states));
    add_loads(prometheus, assessment, ENTITY_CLUSTER);
    add_states(prometheus, assessment, ENTITY_HOST, &state, host_states, G_N_ELEMENTS(host_states));
    add_loads(prometheus, assessment, ENTITY_HOST);
}
