/* SPDX-License-Identifier: MIT */
#include "analyze/fleet.h"

#include "analyze/amount.h"
#include "analyze/metrics.h"
#include "collect/atomic.h"
#include "collect/escape.h"
#include "collect/plural.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SUFFIX ".csv"
#define NAME_WIDTH 24

/* ---- sites ---- */

static void site_free(gpointer data)
{
    Site *site = data;
    g_free(site->path);
    g_free(site->name);
    g_free(site->left_out);
    g_free(site->digest);
    g_free(site);
}

char *fleet_site_name(const char *path, const char *common)
{
    g_autofree char *plain = openpgp_plain_name(path);
    g_autofree char *base = g_path_get_basename(plain);
    if (g_str_has_suffix(base, SUFFIX))
        base[strlen(base) - strlen(SUFFIX)] = '\0';
    if (strcmp(base, common) != 0)
        return g_steal_pointer(&base);
    g_autofree char *directory = g_path_get_dirname(plain);
    return g_path_get_basename(directory);
}

static Site *site_new(const char *path)
{
    Site *site = g_new0(Site, 1);
    site->path = g_strdup(path);
    site->name = fleet_site_name(path, "assessment");
    site->taken_at = -1;
    site->cpu = site->memory = load_unknown();
    return site;
}

static Site *site_at(const Fleet *fleet, guint i)
{
    return fleet->sites->pdata[i];
}

/* what is not known of one cluster is left out of the sum; a site of none has none */
static void add_up(Load *sum, const Load *load)
{
    if (isnan(load->capacity) || isnan(load->demand))
        return;
    sum->capacity = (isnan(sum->capacity) ? 0 : sum->capacity) + load->capacity;
    sum->demand = (isnan(sum->demand) ? 0 : sum->demand) + load->demand;
    sum->usage_pct = load_usage_pct(sum->demand, sum->capacity);
}

static void count(Site *site, const Assessed *entity)
{
    if (entity->kind == ENTITY_HOST)
        site->hosts[entity->state]++;
    else if (entity->kind == ENTITY_VM)
        site->vms[entity->state]++;
    else {
        site->clusters++;
        add_up(&site->cpu, &entity->loads[RESOURCE_CPU]);
        add_up(&site->memory, &entity->loads[RESOURCE_HOST_MEMORY]);
    }
}

static gint64 newest_of(const Assessment *assessment)
{
    gint64 newest = -1;
    for (guint i = 0; i < assessment->snapshots->len; i++)
        newest = MAX(newest, g_array_index(assessment->snapshots, AssessedSnapshot, i).taken_at);
    return newest;
}

/* the source that an assessment and the sites before it share; NULL for none */
static const char *shared_source(const Fleet *fleet, const Assessment *assessment)
{
    for (guint i = 0; i < assessment->snapshots->len; i++) {
        const char *source = g_array_index(assessment->snapshots, AssessedSnapshot, i).source_id;
        for (guint k = 0; k < fleet->head->snapshots->len; k++)
            if (strcmp(source, g_array_index(fleet->head->snapshots, AssessedSnapshot, k).source_id) == 0)
                return source;
    }
    return NULL;
}

/* why an assessment that was read cannot be one of the fleet; NULL where it can */
static char *why_left_out(const Fleet *fleet, const Assessment *assessment, gint64 oldest)
{
    const char *shared = shared_source(fleet, assessment);
    gint64 newest = newest_of(assessment);
    if (newest < oldest) {
        g_autofree char *time = table_format_time(newest);
        return g_strdup_printf("stale: its snapshot is of %s", time);
    }
    if (shared)
        return g_strdup_printf("its source %s is that of a site before it", shared);
    if (*fleet->head->policy && strcmp(fleet->head->policy, assessment->policy) != 0)
        return g_strdup("assessed under another policy than the sites before it");
    return NULL;
}

static void take(Fleet *fleet, Site *site, const Assessment *assessment)
{
    site->first_cluster = fleet->head->entities->len;
    assessment_take_head(fleet->head, assessment);
    for (guint i = 0; i < assessment->entities->len; i++) {
        const Assessed *entity = &g_array_index(assessment->entities, Assessed, i);
        count(site, entity);
        if (entity->kind == ENTITY_CLUSTER)
            assessment_take_entity(fleet->head, entity);
    }
}

/* ---- all of them ---- */

static Fleet *fleet_new(char *const *paths)
{
    Fleet *fleet = g_new0(Fleet, 1);
    fleet->sites = g_ptr_array_new_with_free_func(site_free);
    fleet->head = assessment_new();
    for (char *const *path = paths; *path; path++)
        g_ptr_array_add(fleet->sites, site_new(*path));
    return fleet;
}

void fleet_free(Fleet *fleet)
{
    if (!fleet)
        return;
    g_ptr_array_unref(fleet->sites);
    assessment_free(fleet->head);
    g_free(fleet);
}

/* when the newest snapshot of all was taken, by their rows before the table; files that have none, or cannot
 * be read, count for nothing */
static gint64 newest_of_all(const Fleet *fleet)
{
    gint64 newest = -1;
    for (guint i = 0; i < fleet->sites->len; i++) {
        g_autoptr(Assessment) head = assessment_read_head(site_at(fleet, i)->path, NULL);
        if (head)
            newest = MAX(newest, newest_of(head));
    }
    return newest;
}

/* By its name a site is told from the others everywhere. */
static gboolean names_differ(const Fleet *fleet, GError **error)
{
    g_autoptr(GHashTable) paths = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < fleet->sites->len; i++) {
        Site *site = site_at(fleet, i);
        const char *other = g_hash_table_lookup(paths, site->name);
        if (other) {
            g_autofree char *name = escape_for_message(site->name);
            g_set_error(error, VMANGER_ERROR, 0,
                        "--merge: found two sites called %s, %s and %s: expected names that differ", name,
                        other, site->path);
            return FALSE;
        }
        g_hash_table_insert(paths, site->name, site->path);
    }
    return TRUE;
}

Fleet *fleet_read(char *const *paths, gint64 stale_after_s, GError **error)
{
    g_autoptr(Fleet) fleet = fleet_new(paths);
    if (!names_differ(fleet, error))
        return NULL;
    gint64 oldest = stale_after_s ? newest_of_all(fleet) - stale_after_s : -1;
    for (guint i = 0; i < fleet->sites->len; i++) {
        Site *site = site_at(fleet, i);
        g_autoptr(GError) failure = NULL;
        g_autoptr(Assessment) assessment = assessment_read(site->path, &failure);
        if (!assessment) {
            site->left_out = g_strdup(failure->message);
            continue;
        }
        site->digest = g_strdup(assessment->digest);
        site->taken_at = newest_of(assessment);
        site->n_snapshots = assessment->snapshots->len;
        if (!(site->left_out = why_left_out(fleet, assessment, oldest)))
            take(fleet, site, assessment);
    }
    if (fleet_left_out(fleet) < fleet->sites->len)
        return g_steal_pointer(&fleet);
    g_set_error(error, VMANGER_ERROR, 0, "--merge: found no assessment that can be had; of the first: %s",
                site_at(fleet, 0)->left_out);
    return NULL;
}

gboolean fleet_write(const Fleet *fleet, const char *path, const OpenPgp *keys, GError **error)
{
    g_autoptr(GString) left_out = g_string_new(NULL);
    for (guint i = 0; i < fleet->sites->len; i++)
        if (site_at(fleet, i)->left_out)
            assessment_append_left_out(left_out, site_at(fleet, i)->name, site_at(fleet, i)->left_out);
    g_autoptr(AtomicFile) file = assessment_begin(fleet->head, left_out, path, keys, error);
    for (guint i = 0; file && i < fleet->sites->len; i++) {
        const Site *site = site_at(fleet, i);
        g_autoptr(Assessment) assessment = site->left_out ? NULL : assessment_read(site->path, error);
        if (site->left_out)
            continue;
        if (!assessment)
            return FALSE;
        if (strcmp(assessment->digest, site->digest) != 0) {
            g_set_error(error, VMANGER_ERROR, 0, "%s: changed while it was read: merge again", site->path);
            return FALSE;
        }
        assessment_write_entities(assessment, file);
    }
    return file && atomic_file_commit(file, NULL, error);
}

guint fleet_left_out(const Fleet *fleet)
{
    guint n = 0;
    for (guint i = 0; i < fleet->sites->len; i++)
        n += site_at(fleet, i)->left_out != NULL;
    return n;
}

guint fleet_hosts(const Fleet *fleet, State state)
{
    guint n = 0;
    for (guint i = 0; i < fleet->sites->len; i++)
        n += site_at(fleet, i)->hosts[state];
    return n;
}

guint fleet_vms(const Fleet *fleet, State state)
{
    guint n = 0;
    for (guint i = 0; i < fleet->sites->len; i++)
        n += site_at(fleet, i)->vms[state];
    return n;
}

/* ---- for people ---- */

guint site_count(const guint *by_state)
{
    guint n = 0;
    for (guint i = 0; i <= STATE_BALANCED; i++)
        n += by_state[i];
    return n;
}

guint site_not_measured(const Site *site)
{
    return site->hosts[STATE_UNKNOWN] + site->vms[STATE_UNKNOWN];
}

static guint findings_of(const Site *site)
{
    return site->hosts[STATE_HOT] + site->vms[STATE_SHORT];
}

static int most_findings_first(const void *a, const void *b)
{
    const Site *left = *(Site *const *)a, *right = *(Site *const *)b;
    guint x = findings_of(left), y = findings_of(right);
    return x != y ? (x < y) - (x > y) : strcmp(left->name, right->name);
}

static void append_left_out(GString *out, const Fleet *fleet, const Style *style)
{
    guint n = fleet_left_out(fleet);
    if (n == 0)
        return;
    g_string_append(out, "Left out\n");
    for (guint i = 0; i < fleet->sites->len; i++) {
        const Site *site = site_at(fleet, i);
        if (!site->left_out)
            continue;
        g_autofree char *why = escape_for_terminal(site->left_out);
        gsize from = out->len;
        g_string_append(out, "  ! ");
        style_append_name(out, site->name, NAME_WIDTH);
        style_paint(out, from, out->len - from, style, STYLE_BAD);
        g_string_append_printf(out, " %s\n", why);
    }
}

static void append_site(GString *out, const Site *site)
{
    g_string_append(out, "  ");
    style_append_name(out, site->name, NAME_WIDTH);
    g_string_append_printf(out, " %u of %u hosts hot, %u of %u VMs short; CPU ", site->hosts[STATE_HOT],
                           site_count(site->hosts), site->vms[STATE_SHORT], site_count(site->vms));
    percent_append(out, site->cpu.usage_pct);
    g_string_append(out, ", memory ");
    percent_append(out, site->memory.usage_pct);
    g_string_append_c(out, '\n');
}

static void append_sites(GString *out, const Fleet *fleet, guint most)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    for (guint i = 0; i < fleet->sites->len; i++)
        if (!site_at(fleet, i)->left_out && findings_of(site_at(fleet, i)) > 0)
            g_ptr_array_add(found, site_at(fleet, i));
    if (found->len == 0)
        return;
    qsort(found->pdata, found->len, sizeof *found->pdata, most_findings_first);
    g_string_append(out, "Sites with hot hosts or short VMs\n");
    for (guint i = 0; i < found->len && (!most || i < most); i++)
        append_site(out, found->pdata[i]);
    if (most && found->len > most)
        g_string_append_printf(out, "  and %u more (--verbose shows all)\n", found->len - most);
}

char *fleet_text(const Fleet *fleet, guint most, const Style *style)
{
    GString *out = g_string_new(NULL);
    guint clusters = 0, hosts = 0, vms = 0, out_of = fleet_left_out(fleet);
    for (guint i = 0; i < fleet->sites->len; i++) {
        clusters += site_at(fleet, i)->clusters;
        hosts += site_count(site_at(fleet, i)->hosts);
        vms += site_count(site_at(fleet, i)->vms);
    }
    append_left_out(out, fleet, style);
    append_sites(out, fleet, most);
    plural_append(out, fleet->sites->len - out_of, "site", "sites");
    if (out_of)
        g_string_append_printf(out, " (%u left out)", out_of);
    g_string_append(out, ", ");
    plural_append(out, clusters, "cluster", "clusters");
    g_string_append(out, ", ");
    plural_append(out, hosts, "host", "hosts");
    g_string_append(out, ", ");
    plural_append(out, vms, "VM", "VMs");
    guint hot = fleet_hosts(fleet, STATE_HOT), lacking = fleet_vms(fleet, STATE_SHORT);
    g_string_append_printf(out, ": %u hot %s, %u short %s, %u not measured.\n", hot,
                           plural(hot, "host", "hosts"), lacking, plural(lacking, "VM", "VMs"),
                           fleet_hosts(fleet, STATE_UNKNOWN) + fleet_vms(fleet, STATE_UNKNOWN));
    return g_string_free(out, FALSE);
}

/* ---- for Prometheus ---- */

static void add_of_sites(const Fleet *fleet, Prometheus *prometheus, const Gauge *gauge,
                         double (*of)(const Site *site))
{
    for (guint i = 0; i < fleet->sites->len; i++) {
        const GaugeLabel labels[] = {{"site", site_at(fleet, i)->name}, {NULL, NULL}};
        prometheus_add(prometheus, gauge, labels, of(site_at(fleet, i)));
    }
}

static double is_in(const Site *site)
{
    return !site->left_out;
}

static double taken_of(const Site *site)
{
    return site->taken_at < 0 ? NAN : (double)site->taken_at;
}

static double hot_of(const Site *site)
{
    return site->left_out ? NAN : (double)site->hosts[STATE_HOT];
}

static double hosts_of(const Site *site)
{
    return site->left_out ? NAN : (double)site_count(site->hosts);
}

static double short_of(const Site *site)
{
    return site->left_out ? NAN : (double)site->vms[STATE_SHORT];
}

static double vms_of(const Site *site)
{
    return site->left_out ? NAN : (double)site_count(site->vms);
}

static double unknown_of(const Site *site)
{
    return site->left_out ? NAN : (double)site_not_measured(site);
}

void fleet_metrics(const Fleet *fleet, Prometheus *prometheus)
{
    static const struct {
        Gauge gauge;
        double (*of)(const Site *site);
    } gauges[] = {
        {{"vmanger_site_merged", "1 for a site that is in the merged assessment, 0 for one left out."},
         is_in},
        {{"vmanger_site_snapshot_taken_timestamp_seconds",
          "When a site's newest snapshot was taken, by its source's clock, since 1970."},
         taken_of},
        {{"vmanger_site_hosts", "How many hosts a site has."}, hosts_of},
        {{"vmanger_site_hot_hosts", "How many of them are hot."}, hot_of},
        {{"vmanger_site_vms", "How many VMs a site has."}, vms_of},
        {{"vmanger_site_short_vms", "How many of them are short of memory."}, short_of},
        {{"vmanger_site_not_measured", "How many hosts and VMs of a site are not measured."}, unknown_of},
    };
    for (guint i = 0; i < G_N_ELEMENTS(gauges); i++)
        add_of_sites(fleet, prometheus, &gauges[i].gauge, gauges[i].of);
    metrics_add_clusters(prometheus, fleet->head);
}
