/* SPDX-License-Identifier: MIT */
#include "plan/seriesloads.h"

#include "collect/escape.h"
#include "collect/references.h"
#include "plan/model.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

#define MOST_BYTES (2UL << 30) /* unpacked */
#define READ_BYTES (1U << 20)
#define MOST_TIME_S 32503680000.0 /* the year 3000 */
#define MOST_MHZ 1e8
#define MOST_KIB 1e12
#define MOST_VCPUS 4096

#define HELD_S 86400  /* for so long a guest's pages stay with it */
#define PLACED_S 3600 /* VMs are housed by what they use in their first hour */
#define CUT_PERCENTILE 0.9
#define CUT_SHARE 0.8
#define LEAST_MIB 256
#define SIZE_STEP_MIB 4
#define KIB_OF_MIB 1024.0

/* ---- the file ---- */

typedef struct Row {
    const char *vm;
    double time_s, vcpus, provisioned_mhz, usage_mhz, provisioned_kib, usage_kib;
} Row;

#define AT(member) G_STRUCT_OFFSET(Row, member)
static const Column columns[] = {
    {"vm", CELL_TEXT, AT(vm), COLUMN_REQUIRED, 0, NULL},
    {"time_s", CELL_WHOLE, AT(time_s), COLUMN_REQUIRED, MOST_TIME_S, NULL},
    {"vcpus", CELL_WHOLE, AT(vcpus), 0, MOST_VCPUS, NULL},
    {"cpu_provisioned_mhz", CELL_DECIMAL, AT(provisioned_mhz), COLUMN_REQUIRED, MOST_MHZ, NULL},
    {"cpu_usage_mhz", CELL_DECIMAL, AT(usage_mhz), COLUMN_PRESENT, MOST_MHZ, NULL},
    {"memory_provisioned_kib", CELL_DECIMAL, AT(provisioned_kib), COLUMN_REQUIRED, MOST_KIB, NULL},
    {"memory_usage_kib", CELL_DECIMAL, AT(usage_kib), COLUMN_PRESENT, MOST_KIB, NULL},
};
static const Table series_table = {"series", columns, G_N_ELEMENTS(columns), FALSE};

/* one row of a VM */
typedef struct Point {
    guint vm;
    gint64 time_s;
    double mhz, kib;
} Point;

/* what is recorded of a VM as a whole */
typedef struct Recorded {
    char *name;
    double vcpus, provisioned_mhz, provisioned_kib; /* the largest */
    gint64 first_s, last_s;
} Recorded;

typedef struct Recording {
    const char *path;
    GArray *vms;         /* Recorded, in the order of their first rows */
    GHashTable *indices; /* name to index */
    GArray *points;      /* Point */
    GHashTable *apart;   /* seconds between rows of a VM to how often */
    gint64 first_s, last_s, step_s;
} Recording;

static void recorded_clear(gpointer data)
{
    g_free(((Recorded *)data)->name);
}

static void recording_init(Recording *recording, const char *path)
{
    *recording = (Recording){path,
                             g_array_new(FALSE, FALSE, sizeof(Recorded)),
                             g_hash_table_new(g_str_hash, g_str_equal),
                             g_array_new(FALSE, FALSE, sizeof(Point)),
                             g_hash_table_new(NULL, NULL),
                             G_MAXINT64,
                             0,
                             0};
    g_array_set_clear_func(recording->vms, recorded_clear);
}

static void recording_clear(Recording *recording)
{
    g_hash_table_destroy(recording->indices);
    g_hash_table_destroy(recording->apart);
    g_array_free(recording->points, TRUE);
    g_array_free(recording->vms, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Recording, recording_clear)

static Recorded *recorded(const Recording *recording, guint vm)
{
    return &g_array_index(recording->vms, Recorded, vm);
}

static gboolean fail_reading(const char *path, const char *found, GError **error)
{
    g_set_error(error, VMANGER_ERROR, 0, "%s: found %s: expected CSV, or CSV compressed by gzip", path,
                found);
    return FALSE;
}

/* all bytes of a file, unpacked where it is packed */
static gboolean read_bytes(gzFile file, const char *path, GByteArray *bytes, GError **error)
{
    g_autofree guint8 *part = g_malloc(READ_BYTES);
    int n;
    while ((n = gzread(file, part, READ_BYTES)) > 0) {
        if (bytes->len + (gsize)n >= MOST_BYTES)
            return fail_reading(path, "more than 2 GiB", error);
        g_byte_array_append(bytes, part, (guint)n);
    }
    int code;
    const char *words = gzerror(file, &code);
    if (n < 0 || code != Z_OK)
        return fail_reading(path, code == Z_ERRNO ? g_strerror(errno) : *words ? words : "damage", error);
    return TRUE;
}

static GByteArray *unpack(const char *path, GError **error)
{
    gzFile file = gzopen(path, "rb");
    if (!file) {
        fail_reading(path, g_strerror(errno), error);
        return NULL;
    }
    GByteArray *bytes = g_byte_array_new();
    gboolean read = read_bytes(file, path, bytes, error);
    if (gzclose(file) != Z_OK && read) /* it ends before its end */
        read = fail_reading(path, "a file that is cut off", error);
    if (!read)
        g_clear_pointer(&bytes, g_byte_array_unref);
    return bytes;
}

static guint vm_of(Recording *recording, const char *name, gboolean *is_new)
{
    gpointer index;
    *is_new = !g_hash_table_lookup_extended(recording->indices, name, NULL, &index);
    if (!*is_new)
        return GPOINTER_TO_UINT(index);
    Recorded vm = {.name = g_strdup(name)};
    g_array_append_val(recording->vms, vm);
    g_hash_table_insert(recording->indices, vm.name, GUINT_TO_POINTER(recording->vms->len - 1));
    return recording->vms->len - 1;
}

static gboolean take_row(Recording *recording, const CsvReader *csv, const Row *row, GError **error)
{
    gboolean is_new;
    Point point = {vm_of(recording, row->vm, &is_new), (gint64)row->time_s, row->usage_mhz, row->usage_kib};
    Recorded *vm = recorded(recording, point.vm);
    if (!is_new && point.time_s <= vm->last_s) {
        g_autofree char *found = g_strdup_printf("%" G_GINT64_FORMAT, point.time_s);
        g_autofree char *expected =
            g_strdup_printf("more than %" G_GINT64_FORMAT ", the time of the VM's row before", vm->last_s);
        csv_reader_fail(csv, "time_s", found, expected, error);
        return FALSE;
    }
    if (is_new) {
        vm->first_s = point.time_s;
    } else {
        gpointer apart = GSIZE_TO_POINTER((gsize)(point.time_s - vm->last_s));
        gsize times = GPOINTER_TO_SIZE(g_hash_table_lookup(recording->apart, apart));
        g_hash_table_insert(recording->apart, apart, GSIZE_TO_POINTER(times + 1));
    }
    vm->last_s = point.time_s;
    vm->vcpus = fmax(vm->vcpus, row->vcpus);
    vm->provisioned_mhz = fmax(vm->provisioned_mhz, row->provisioned_mhz);
    vm->provisioned_kib = fmax(vm->provisioned_kib, row->provisioned_kib);
    recording->first_s = MIN(recording->first_s, point.time_s);
    recording->last_s = MAX(recording->last_s, point.time_s);
    g_array_append_val(recording->points, point);
    return TRUE;
}

/* how far most rows of a VM are apart; of several as frequent, the least */
static gint64 most_frequent(GHashTable *apart)
{
    GHashTableIter iter;
    gpointer key, value;
    gsize best = 0, most = 0;
    g_hash_table_iter_init(&iter, apart);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        gsize seconds = GPOINTER_TO_SIZE(key), times = GPOINTER_TO_SIZE(value);
        if (times > most || (times == most && seconds < best)) {
            best = seconds;
            most = times;
        }
    }
    return (gint64)best;
}

static gboolean read_rows(Recording *recording, CsvReader *csv, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (!csv_reader_next(csv, &failure)) {
        if (failure)
            g_propagate_error(error, g_steal_pointer(&failure));
        else
            csv_reader_fail(csv, "header", "", "a header row", error);
        return FALSE;
    }
    g_autoptr(TableReader) reader = table_reader_new(&series_table, csv, NULL, error);
    if (!reader)
        return FALSE;
    Row row;
    while (table_reader_next(reader, &row, &failure))
        if (!take_row(recording, csv, &row, error))
            return FALSE;
    gint64 step_s = most_frequent(recording->apart);
    recording->step_s = MAX(1, step_s);
    if (!failure && step_s == 0)
        csv_reader_fail(csv, "time_s", "", "at least two rows of a VM", &failure);
    if (!failure)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* ---- sizes ---- */

static gsize interval_of(const Recording *recording, gint64 time_s)
{
    return (gsize)((time_s - recording->first_s) / recording->step_s);
}

static int compare_double(gconstpointer a, gconstpointer b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

/* of those that are known; NAN for none */
static double percentile(const double *amounts, guint n_vms, gsize n_intervals, guint vm)
{
    g_autoptr(GArray) known = g_array_new(FALSE, FALSE, sizeof(double));
    for (gsize t = 0; t < n_intervals; t++)
        if (!isnan(amounts[t * n_vms + vm]))
            g_array_append_val(known, amounts[t * n_vms + vm]);
    if (known->len == 0)
        return NAN;
    g_array_sort(known, compare_double);
    return g_array_index(known, double, (guint)(CUT_PERCENTILE * (known->len - 1)));
}

static double whole_mib(double kib)
{
    return fmax(LEAST_MIB, SIZE_STEP_MIB * ceil(kib / KIB_OF_MIB / SIZE_STEP_MIB));
}

/* As recorded no VM has less than its provisioned MHz, however fast the cores are. */
static void size_vm(Vm *vm, const Recorded *of, double core_mhz)
{
    vm->vcpus = fmin(MOST_VCPUS, fmax(fmax(1, of->vcpus), ceil(of->provisioned_mhz / core_mhz)));
    vm->memory_mib = whole_mib(of->provisioned_kib);
}

static void cut_vm(Vm *vm, double busy_mhz, double busy_kib, double core_mhz)
{
    if (!isnan(busy_mhz))
        vm->vcpus = fmin(MOST_VCPUS, fmax(1, ceil(busy_mhz / CUT_SHARE / core_mhz)));
    if (!isnan(busy_kib))
        vm->memory_mib = whole_mib(busy_kib / CUT_SHARE);
}

/* ---- what was used, by interval ---- */

typedef struct Grid {
    guint n_vms;
    gsize n_intervals;
    double *mhz, *kib, *held, *overhead; /* [interval * n_vms + vm]; NAN: not measured */
} Grid;

static void grid_clear(Grid *grid)
{
    g_free(grid->mhz);
    g_free(grid->kib);
    g_free(grid->held);
    g_free(grid->overhead);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Grid, grid_clear)

static double *unknown_amounts(const Grid *grid)
{
    gsize n = grid->n_vms * grid->n_intervals;
    double *amounts = g_new0(double, n + 1);
    for (gsize i = 0; i < n; i++)
        amounts[i] = NAN;
    return amounts;
}

/* Rows of one VM in one interval, which stand together in time, are averaged. */
static void fill_grid(const Recording *recording, Grid *grid)
{
    g_autofree guint *n_in = g_new0(guint, grid->n_vms + 1);
    g_autofree gsize *last = g_new0(gsize, grid->n_vms + 1);
    grid->mhz = unknown_amounts(grid);
    grid->kib = unknown_amounts(grid);
    for (guint i = 0; i < recording->points->len; i++) {
        const Point *point = &g_array_index(recording->points, Point, i);
        gsize interval = interval_of(recording, point->time_s), cell = interval * grid->n_vms + point->vm;
        guint *n = &n_in[point->vm];
        *n = *n && last[point->vm] == interval ? *n + 1 : 1;
        last[point->vm] = interval;
        grid->mhz[cell] = *n == 1 ? point->mhz : grid->mhz[cell] + (point->mhz - grid->mhz[cell]) / *n;
        grid->kib[cell] = *n == 1 ? point->kib : grid->kib[cell] + (point->kib - grid->kib[cell]) / *n;
    }
}

/* The greatest of the day up to each interval: of those that may still be it, candidates keeps the intervals,
 * the greatest first. */
static void hold(Grid *grid, guint vm, gsize day, double nothing_known, gsize from, gsize to)
{
    g_autofree gsize *candidates = g_new(gsize, grid->n_intervals + 1);
    gsize first = 0, end = 0;
    gboolean known = FALSE;
    for (gsize t = from; t <= to; t++) {
        double kib = grid->kib[t * grid->n_vms + vm];
        known |= !isnan(kib);
        while (!isnan(kib) && end > first && grid->kib[candidates[end - 1] * grid->n_vms + vm] <= kib)
            end--;
        if (!isnan(kib))
            candidates[end++] = t;
        while (end > first && candidates[first] + day < t)
            first++;
        grid->held[t * grid->n_vms + vm] = end > first ? grid->kib[candidates[first] * grid->n_vms + vm] : 0;
    }
    for (gsize t = from; !known && t <= to; t++)
        grid->held[t * grid->n_vms + vm] = nothing_known;
}

static void hold_all(const Recording *recording, Grid *grid, const Snapshot *start)
{
    grid->held = unknown_amounts(grid);
    grid->overhead = unknown_amounts(grid);
    for (guint vm = 0; vm < grid->n_vms; vm++) {
        const Vm *row = &start->vms[vm];
        gsize from = interval_of(recording, recorded(recording, vm)->first_s);
        gsize to = interval_of(recording, recorded(recording, vm)->last_s);
        double overhead = round(overhead_mib(row->memory_mib, row->vcpus) * KIB_OF_MIB);
        hold(grid, vm, (gsize)(HELD_S / recording->step_s), row->memory_mib * KIB_OF_MIB, from, to);
        for (gsize t = from; t <= to; t++)
            grid->overhead[t * grid->n_vms + vm] = overhead;
    }
}

/* what a VM uses in some intervals: of CPU the mean, of memory the mean of what it holds, both within its
 * size; where it does not run it uses nothing, what is not measured does not count */
static void used_in(const Grid *grid, const Vm *row, guint vm, gsize from, gsize n, double core_mhz,
                    double *mhz, double *kib)
{
    double n_measured = 0;
    *mhz = *kib = 0;
    for (gsize t = from; t < from + n; t++) {
        gsize cell = t * grid->n_vms + vm;
        gboolean runs = !isnan(grid->held[cell]), measured = !isnan(grid->mhz[cell]);
        *kib += runs ? fmin(grid->held[cell], row->memory_mib * KIB_OF_MIB) + grid->overhead[cell] : 0;
        *mhz += measured ? fmin(grid->mhz[cell], row->vcpus * core_mhz) : 0;
        n_measured += measured || !runs;
    }
    *mhz = n_measured > 0 ? *mhz / n_measured : 0;
    *kib /= (double)n;
}

static Lodger lodger_of(const Recording *recording, const Grid *grid, const Snapshot *start, guint vm,
                        double core_mhz)
{
    Lodger lodger = {.name = recorded(recording, vm)->name};
    const Vm *row = &start->vms[vm];
    gsize from = interval_of(recording, recorded(recording, vm)->first_s);
    gsize hour = (gsize)MAX(1, PLACED_S / recording->step_s);
    used_in(grid, row, vm, from, MIN(hour, grid->n_intervals - from), core_mhz, &lodger.mhz, &lodger.kib);
    used_in(grid, row, vm, 0, grid->n_intervals, core_mhz, &lodger.mean_mhz, &lodger.mean_kib);
    return lodger;
}

/* ---- the inventory ---- */

static Snapshot *begin_inventory(const Recording *recording)
{
    Snapshot *start = snapshot_new();
    start->info.source_type = "series";
    start->info.source = "series";
    start->info.source_id = "series";
    start->info.taken_at = recording->first_s;
    start->info.window_s = start->info.interval_s = (double)recording->step_s;
    return start;
}

static void add_vms(const Recording *recording, const Grid *grid, double core_mhz, gboolean cut,
                    Snapshot *start)
{
    for (guint i = 0; i < recording->vms->len; i++) {
        const Recorded *from = recorded(recording, i);
        g_autofree char *escaped = escape_id(from->name);
        g_autofree char *id = g_strconcat("vm-", escaped, NULL);
        Vm vm = vm_unknown();
        vm.id = snapshot_string(start, id);
        vm.name = snapshot_string(start, from->name);
        vm.power = VM_POWER_OFF;
        vm.connection = VM_CONNECTED;
        vm.memory_hot_add = vm.cpu_hot_add = 1;
        size_vm(&vm, from, core_mhz);
        if (cut)
            cut_vm(&vm, percentile(grid->mhz, grid->n_vms, grid->n_intervals, i),
                   percentile(grid->kib, grid->n_vms, grid->n_intervals, i), core_mhz);
        snapshot_add_vm(start, &vm);
    }
}

static gboolean house(const Recording *recording, const Grid *grid, Housing *housing, Snapshot *start,
                      GError **error)
{
    g_autofree Lodger *lodgers = g_new(Lodger, grid->n_vms + 1);
    g_autofree guint *places = g_new0(guint, grid->n_vms + 1);
    for (guint i = 0; i < grid->n_vms; i++)
        lodgers[i] = lodger_of(recording, grid, start, i, housing_core_mhz(housing));
    if (!housing_place(housing, lodgers, grid->n_vms, places, error))
        return FALSE;
    housing_add_hosts(housing, start);
    for (guint i = 0; i < grid->n_vms; i++)
        start->vms[i].host_id = start->hosts[places[i]].id;
    return TRUE;
}

static void fill_history(const Recording *recording, Grid *grid, LoadHistory *history)
{
    history->of_vms[ASKED_CPU_MHZ] = g_steal_pointer(&grid->mhz);
    history->of_vms[ASKED_ACTIVE_KIB] = g_steal_pointer(&grid->kib);
    history->of_vms[ASKED_HELD_KIB] = g_steal_pointer(&grid->held);
    history->of_vms[ASKED_OVERHEAD_KIB] = g_steal_pointer(&grid->overhead);
    history->origins[ORIGIN_ROLLUP] = grid->n_vms;
    for (guint t = 0; t < history->n_intervals; t++) {
        history->ends[t] = recording->first_s + (gint64)(t + 1) * recording->step_s;
        history->lengths[t] = (double)recording->step_s;
        for (guint i = 0; i < history->start->n_hosts; i++) {
            const Host *host = &history->start->hosts[i];
            *loadhistory_of_host(history, ASKED_CPU_MHZ, t, i) = housing_own_mhz(host);
            *loadhistory_of_host(history, ASKED_HELD_KIB, t, i) = housing_own_kib(host);
        }
    }
    for (guint vm = 0; vm < grid->n_vms; vm++) {
        const Recorded *from = recorded(recording, vm);
        for (gsize t = interval_of(recording, from->first_s); t <= interval_of(recording, from->last_s); t++)
            history->running[t * grid->n_vms + vm] = TRUE;
    }
}

static LoadHistory *make_history(const Recording *recording, const SeriesWish *wish, Housing *housing,
                                 GError **error)
{
    g_auto(Grid)
        grid = {recording->vms->len, interval_of(recording, recording->last_s) + 1, NULL, NULL, NULL, NULL};
    if (!loadhistory_can_hold(recording->path, grid.n_vms, grid.n_intervals, error))
        return NULL;
    fill_grid(recording, &grid);
    g_autoptr(Snapshot) start = begin_inventory(recording);
    add_vms(recording, &grid, housing_core_mhz(housing), wish->cut_sizes, start);
    hold_all(recording, &grid, start);
    if (!house(recording, &grid, housing, start, error) || !snapshot_link(start, error))
        return NULL;
    if (!loadhistory_can_hold(recording->path, start->n_hosts, grid.n_intervals, error))
        return NULL;
    LoadHistory *history = loadhistory_new(recording->path, g_steal_pointer(&start), (guint)grid.n_intervals);
    fill_history(recording, &grid, history);
    return history;
}

LoadHistory *seriesloads_read(const char *path, const SeriesWish *wish, GError **error)
{
    g_autoptr(Housing) housing = housing_new(&wish->housing, error);
    g_autoptr(GByteArray) bytes = housing ? unpack(path, error) : NULL;
    if (!bytes)
        return NULL;
    g_autoptr(CsvReader) csv = csv_reader_open_bytes((const char *)bytes->data, bytes->len, path, error);
    g_auto(Recording) recording;
    recording_init(&recording, path);
    if (!csv || !read_rows(&recording, csv, error))
        return NULL;
    return make_history(&recording, wish, housing, error);
}
