/* SPDX-License-Identifier: MIT */
#include "collect/rvtools.h"

#include "collect/digest.h"
#include "collect/escape.h"
#include "collect/plural.h"
#include "collect/references.h"
#include "collect/snapshotwriter.h"
#include "collect/source.h"

#include <math.h>
#include <string.h>

#define MADE_ID_DIGITS 16

/* ---- what the tabs share ---- */

static gboolean take_word(GString *known, const TabRow *row, guint column, GError **error)
{
    g_autofree char *text = tab_text(row, column);
    if (known->len == 0)
        g_string_assign(known, text);
    if (!*text || g_ascii_strcasecmp(known->str, text) == 0)
        return TRUE;
    g_autofree char *first = escape_for_message(known->str);
    g_autofree char *expected = g_strdup_printf(
        "%s, as in the rows above, since a snapshot has one vCenter: export each by itself, or leave the rows of one",
        first);
    return tab_fail(row, column, expected, error);
}

gboolean import_take_source(Import *import, const TabRow *row, guint server_column, guint uuid_column,
                            GError **error)
{
    return take_word(import->uuid, row, uuid_column, error) &&
           take_word(import->server, row, server_column, error);
}

char *import_place(const char *datacenter, const char *cluster, const char *name)
{
    return g_strdup_printf("%s\t%s\t%s", datacenter, cluster, name);
}

void import_note(GHashTable *names, const char *name, guint index)
{
    guint known = import_find(names, name);
    g_hash_table_insert(names, g_strdup(name), GUINT_TO_POINTER(known ? NAME_AMBIGUOUS : index + 1));
}

guint import_find(GHashTable *names, const char *name)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(names, name));
}

const char *import_id(Import *import, const TabRow *row, guint id_column, const char *kind,
                      const char *const *words)
{
    g_autofree char *text = row ? tab_text(row, id_column) : g_strdup("");
    if (*text) {
        g_autofree char *id = escape_id(text);
        return snapshot_string(import->snapshot, id);
    }
    g_autoptr(Digest) digest = digest_new();
    for (; *words; words++)
        digest_update_cell(digest, *words);
    g_autofree char *hex = digest_hex(digest);
    hex[MADE_ID_DIGITS] = '\0';
    g_autofree char *id = g_strdup_printf("rvtools-%s-%s", kind, hex);
    return snapshot_string(import->snapshot, id);
}

const char *import_text(Import *import, const TabRow *row, guint column)
{
    g_autofree char *text = tab_text(row, column);
    return snapshot_string(import->snapshot, text);
}

gboolean import_plain(Import *import, const TabRow *row, guint column, const char **text, GError **error)
{
    *text = import_text(import, row, column);
    return !escape_is_formula(*text) || tab_fail(row, column, "nothing that begins as a formula does", error);
}

/* ---- the export as a whole ---- */

enum { META_CREATED };
static const TabColumn meta_columns[] = {
    [META_CREATED] = {"xlsx creation datetime", "csv creation datetime|creation datetime|Exported Timestamp",
                      FALSE},
};
static const Tab meta_tab = {"vMetaData", meta_columns, G_N_ELEMENTS(meta_columns), FALSE};

static gboolean take_meta(const TabRow *row, gpointer data, GError **error)
{
    (void)error;
    gint64 *newest = data, seconds;
    g_autofree char *text = tab_text(row, META_CREATED);
    SheetCell cell = {text,
                      tab_has(row, META_CREATED) && row->row->cells[row->places[META_CREATED]].is_number};
    if (sheet_read_time(&cell, row->row->from_1904, &seconds))
        *newest = MAX(*newest, seconds);
    return TRUE;
}

/* When it was exported, and by what that is known. */
static gboolean find_time(Import *import, const char **by, GError **error)
{
    gint64 seconds = -1;
    if (!tab_read(import->spreadsheet, &meta_tab, take_meta, &seconds, error))
        return FALSE;
    *by = "what vMetaData says, read as UTC";
    if (seconds < 0) {
        seconds = spreadsheet_created(import->spreadsheet);
        *by = "when the workbook says that it was made";
    }
    if (seconds < 0) {
        seconds = spreadsheet_changed(import->spreadsheet);
        *by = "when the file was last changed, since nothing in it says when it was exported";
    }
    import->snapshot->info.taken_at = seconds;
    return TRUE;
}

/* A vCenter's UUID; where an export lacks it, a digest of the server's name, else of the hosts' names. */
static void find_identity(Import *import, const char *path)
{
    SnapshotInfo *info = &import->snapshot->info;
    g_autofree char *uuid = escape_id(import->uuid->str);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_autoptr(GList) names = g_hash_table_get_keys(import->placed_hosts);
    names = g_list_sort(names, (GCompareFunc)strcmp);
    if (import->server->len)
        g_ptr_array_add(words, import->server->str);
    for (GList *name = import->server->len ? NULL : names; name; name = name->next)
        g_ptr_array_add(words, name->data);
    g_ptr_array_add(words, NULL);
    g_autofree char *base = g_path_get_basename(path);
    info->source_type = "rvtools";
    info->source = snapshot_string(import->snapshot, import->server->len ? import->server->str : base);
    if (escape_is_formula(info->source))
        info->source = "";
    info->source_id = *uuid ? snapshot_string(import->snapshot, uuid)
                            : import_id(import, NULL, 0, "source", (const char *const *)words->pdata);
}

/* ---- samples ---- */

/* A value above 400 % of a capacity is none that was measured; -1: nothing to write. */
static void write_sample(const Import *import, SnapshotWriter *writer, Series *series, double value,
                         guint *absurd)
{
    g_autoptr(GString) row = g_string_new(NULL);
    if (isnan(value))
        return;
    if (value > series_most(import->snapshot, series)) {
        ++*absurd;
        return;
    }
    series_append_row(series, &value, 1, row);
    snapshot_writer_samples(writer, row->str, row->len);
}

/* What is off is not measured; nor is what holds no memory, of which the server has no figures yet. */
static gboolean is_measured(const ExportedVm *vm)
{
    return vm->row.power == VM_POWER_ON && vm->measured[METRIC_MEMORY_CONSUMED_KIB] != 0;
}

static void write_samples(const Import *import, SnapshotWriter *writer, guint *absurd)
{
    const Snapshot *snapshot = import->snapshot;
    Series series = {.instance = "",
                     .origin = ORIGIN_EXPORT,
                     .start = snapshot->info.taken_at - (gint64)snapshot->info.window_s,
                     .interval_s = snapshot->info.window_s};
    series.vm = -1;
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        const ExportedLoad *load = &g_array_index(import->loads, ExportedLoad, i);
        series.entity_id = snapshot->hosts[i].id;
        series.host = (int)i;
        series.metric = METRIC_CPU_USAGE_MHZ;
        write_sample(import, writer, &series, load->cpu_mhz, absurd);
        series.metric = METRIC_MEMORY_CONSUMED_KIB;
        write_sample(import, writer, &series, load->memory_kib, absurd);
    }
    series.host = -1;
    for (guint i = 0; i < import->vms->len; i++) {
        const ExportedVm *vm = &g_array_index(import->vms, ExportedVm, i);
        if (vm->left_out != N_LEFT_OUT || !is_measured(vm))
            continue;
        series.entity_id = vm->row.id;
        series.vm = snapshot_find_vm(snapshot, vm->row.id);
        for (series.metric = 0; series.metric < N_METRICS; series.metric++)
            write_sample(import, writer, &series, vm->measured[series.metric], absurd);
    }
}

/* ---- words ---- */

static void warn(Import *import, guint n, const char *what)
{
    if (n > 0)
        g_ptr_array_add(import->warnings, g_strdup_printf("%u %s", n, what));
}

static void warn_of_gaps(Import *import, guint absurd)
{
    warn(import, import->unmatched,
         "rows are of VMs of one name that nothing tells apart, and were not used: export the column VM ID");
    warn(import, absurd, "values above 400 % of a capacity were not used");
}

/* Once, what no cell can say. */
static void say_limits(const Import *import, const Program *program, const char *by)
{
    program_say(
        program,
        "An export holds one moment; taken_at is %s. Left empty, as it does not tell them: DRS rules and overrides, "
        "networks%s, capacities of disk and network, CPU demand, ready time and swap-in, passed-through "
        "devices, hot-add limits and steps.\n",
        by, import->has_paths && import->has_disk_paths && import->has_mounts ? "" : ", datastores");
    static const char *const tabs[] = {"vCPU", "vMemory", "vCluster", "vRP", NULL};
    g_autoptr(GString) missing = g_string_new(NULL);
    for (guint i = 0; tabs[i]; i++)
        if (!spreadsheet_has(import->spreadsheet, tabs[i]))
            g_string_append_printf(missing, "%s%s", missing->len ? ", " : "", tabs[i]);
    if (missing->len)
        program_say(program, "Missing tabs, and with them what they say: %s.\n", missing->str);
    if (import->in_rules > 0)
        program_say(program,
                    "VMs in DRS rules, of which it has no more than names: %u. State these rules as "
                    "[rule NAME] of the policy.\n",
                    import->in_rules);
    program_say(program,
                "A plan from it is for thinking, of sizes and of what if; to act on one, collect from the "
                "vCenter itself.\n");
}

/* ---- the source ---- */

static GHashTable *new_names(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void vm_clear(gpointer data)
{
    ExportedVm *vm = data;
    if (vm->pinned)
        g_string_free(vm->pinned, TRUE);
    if (vm->datastores)
        g_string_free(vm->datastores, TRUE);
}

static void import_init(Import *import)
{
    GHashTable **const names[] = {&import->clusters,   &import->hosts,     &import->placed_hosts,
                                  &import->pools,      &import->vms_by_id, &import->vms_by_name,
                                  &import->placed_vms, &import->strangers, &import->datastores};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        *names[i] = new_names();
    import->cluster_names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    import->cluster_facts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    import->loads = g_array_new(FALSE, FALSE, sizeof(ExportedLoad));
    import->vms = g_array_new(FALSE, FALSE, sizeof(ExportedVm));
    g_array_set_clear_func(import->vms, vm_clear);
    import->server = g_string_new(NULL);
    import->uuid = g_string_new(NULL);
}

static void import_clear(Import *import)
{
    GHashTable *const names[] = {import->clusters,      import->hosts,        import->placed_hosts,
                                 import->pools,         import->vms_by_id,    import->vms_by_name,
                                 import->placed_vms,    import->strangers,    import->datastores,
                                 import->cluster_names, import->cluster_facts};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        g_hash_table_destroy(names[i]);
    g_array_unref(import->loads);
    g_array_unref(import->vms);
    g_string_free(import->server, TRUE);
    g_string_free(import->uuid, TRUE);
}

static gboolean read_export(Import *import, const char *path, const char **by, GError **error)
{
    SnapshotInfo *info = &import->snapshot->info;
    if (!find_time(import, by, error) || !import_hosts(import, error) || !import_vms(import, error))
        return FALSE;
    find_identity(import, path);
    info->tool = "vmanger " VMANGER_VERSION;
    info->left_out = inventory_left_out(import->snapshot, import->left_out);
    return snapshot_link(import->snapshot, error);
}

static gboolean write_export(Import *import, const CollectRequest *request, CollectResult *result,
                             GError **error)
{
    guint absurd = 0;
    g_autoptr(SnapshotWriter) writer = snapshot_writer_new(request->output, request->keys, error);
    if (!writer)
        return FALSE;
    write_samples(import, writer, &absurd);
    warn_of_gaps(import, absurd);
    return snapshot_writer_commit(writer, import->snapshot, &result->digest, error);
}

gboolean collect_from_rvtools(const CollectRequest *request, CollectResult *result, GError **error)
{
    const char *path = request->source + strlen(RVTOOLS_PREFIX), *by = NULL;
    g_autoptr(Spreadsheet) spreadsheet = spreadsheet_open(path, error);
    if (!spreadsheet)
        return FALSE;
    result->warnings = g_ptr_array_new_with_free_func(g_free);
    result->snapshot = snapshot_new();
    result->snapshot->info.window_s = result->snapshot->info.interval_s = request->window_s;
    Import import = {.spreadsheet = spreadsheet, .snapshot = result->snapshot, .warnings = result->warnings};
    import_init(&import);
    gboolean ok = read_export(&import, path, &by, error) && write_export(&import, request, result, error);
    if (ok || g_error_matches(error ? *error : NULL, VMANGER_ERROR, VMANGER_ERROR_STANDS))
        say_limits(&import, request->program, by);
    import_clear(&import);
    return ok;
}
