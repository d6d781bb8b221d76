/* SPDX-License-Identifier: MIT */
#include "plan/housing.h"

#include "collect/escape.h"

#include <math.h>
#include <string.h>

#define KIB_OF_GIB (1024.0 * 1024)

/* What ESXi takes for itself, of CPU and of memory: assumed, as a history without hosts does not say. An idle
 * one takes 1 to 3 % of both. */
#define OWN_CPU_PCT 2
#define OWN_MEMORY_PCT 3

#define CLUSTER_ID "domain-1"
#define MOST_CORES 4096
#define MOST_CORE_MHZ 100000
#define MOST_GIB 1e6
#define MOST_KIB 1e12

typedef struct Home {
    const char *id, *name;
    double cores, core_mhz, kib; /* what it has */
    double mhz_used, kib_used;   /* by itself and who lives there */
} Home;

struct Housing {
    const HousingWish *wish;
    Home pattern;  /* of hosts that are all alike */
    GArray *homes; /* Home; of alike ones none before VMs are placed */
    gboolean alike;
    GStringChunk *strings;
};

static const Column home_columns[] = {
    {"id", CELL_ID, G_STRUCT_OFFSET(Home, id), COLUMN_REQUIRED, 0, NULL},
    {"name", CELL_TEXT, G_STRUCT_OFFSET(Home, name), 0, 0, NULL},
    {"cpu_cores", CELL_WHOLE, G_STRUCT_OFFSET(Home, cores), COLUMN_REQUIRED, MOST_CORES, NULL},
    {"core_mhz", CELL_WHOLE, G_STRUCT_OFFSET(Home, core_mhz), COLUMN_REQUIRED, MOST_CORE_MHZ, NULL},
    {"memory_kib", CELL_WHOLE, G_STRUCT_OFFSET(Home, kib), COLUMN_REQUIRED, MOST_KIB, NULL},
};
static const Table homes_table = {"hosts.csv", home_columns, G_N_ELEMENTS(home_columns), FALSE};

/* a row of a file that says where a VM begins */
typedef struct Place {
    const char *vm, *host;
} Place;

static const Column place_columns[] = {
    {"vm", CELL_TEXT, G_STRUCT_OFFSET(Place, vm), COLUMN_REQUIRED, 0, NULL},
    {"host", CELL_TEXT, G_STRUCT_OFFSET(Place, host), COLUMN_REQUIRED, 0, NULL},
};
static const Table places_table = {"placement", place_columns, G_N_ELEMENTS(place_columns), FALSE};

static Home *home(const Housing *housing, guint i)
{
    return &g_array_index(housing->homes, Home, i);
}

void housing_free(Housing *housing)
{
    if (!housing)
        return;
    g_array_free(housing->homes, TRUE);
    g_string_chunk_free(housing->strings);
    g_free(housing);
}

/* ---- hosts ---- */

static double own_mhz(double cores, double core_mhz)
{
    return table_round(cores * core_mhz * OWN_CPU_PCT / 100);
}

static double own_kib(double kib)
{
    return floor(kib * OWN_MEMORY_PCT / 100);
}

double housing_own_mhz(const Host *host)
{
    return own_mhz(host->cpu_cores, host->core_mhz);
}

double housing_own_kib(const Host *host)
{
    return own_kib(host->memory_kib);
}

static void empty_home(Home *empty)
{
    empty->mhz_used = own_mhz(empty->cores, empty->core_mhz);
    empty->kib_used = own_kib(empty->kib);
}

static void add_home(Housing *housing)
{
    Home added = housing->pattern;
    g_autofree char *id = g_strdup_printf("host-%u", housing->homes->len + 1);
    added.id = added.name = g_string_chunk_insert(housing->strings, id);
    g_array_append_val(housing->homes, added);
}

/* "16x2600,64"; FALSE where it is not of that form */
static gboolean read_pattern(Housing *housing, const char *text)
{
    static const struct {
        double least, most;
    } bounds[] = {{1, MOST_CORES}, {1, MOST_CORE_MHZ}, {1, MOST_GIB}};
    g_autoptr(GRegex) form = g_regex_new("^([0-9]+)x([0-9]+),([0-9]+)$", G_REGEX_DOLLAR_ENDONLY, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    if (!g_regex_match(form, text, 0, &match))
        return FALSE;
    double numbers[3];
    for (int i = 0; i < 3; i++) {
        g_autofree char *number = g_match_info_fetch(match, i + 1);
        if (!table_parse_number(number, FALSE, FALSE, &numbers[i]) || numbers[i] < bounds[i].least ||
            numbers[i] > bounds[i].most)
            return FALSE;
    }
    housing->pattern.cores = numbers[0];
    housing->pattern.core_mhz = numbers[1];
    housing->pattern.kib = numbers[2] * KIB_OF_GIB;
    empty_home(&housing->pattern);
    return TRUE;
}

static gboolean fail_option(const char *option, const char *found, const char *expected, GError **error)
{
    g_autofree char *shown = escape_for_message(found);
    g_set_error(error, VMANGER_ERROR, 0, "%s: found %s: expected %s", option, shown, expected);
    return FALSE;
}

static TableReader *open_table(const Table *table, CsvReader *csv, GStringChunk *strings, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (csv_reader_next(csv, &failure))
        return table_reader_new(table, csv, strings, error);
    if (failure)
        g_propagate_error(error, g_steal_pointer(&failure));
    else
        csv_reader_fail(csv, "header", "", "a header row", error);
    return NULL;
}

static gboolean take_home(Housing *housing, GHashTable *ids, const CsvReader *csv, Home *row, GError **error)
{
    if (!g_hash_table_add(ids, (gpointer)row->id)) {
        csv_reader_fail(csv, "id", row->id, "each host once", error);
        return FALSE;
    }
    if (row->cores < 1 || row->core_mhz < 1 || row->kib < 1) {
        csv_reader_fail(csv,
                        row->cores < 1      ? "cpu_cores"
                        : row->core_mhz < 1 ? "core_mhz"
                                            : "memory_kib",
                        "0", "at least 1", error);
        return FALSE;
    }
    if (!*row->name)
        row->name = row->id;
    empty_home(row);
    g_array_append_val(housing->homes, *row);
    return TRUE;
}

static gboolean read_homes(Housing *housing, const char *path, GError **error)
{
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return fail_option("--hosts", path, "CORESxMHZ,GIB, as " HOUSING_HOSTS ", or a file of hosts", error);
    g_autoptr(CsvReader) csv = csv_reader_open(path, NULL, error);
    g_autoptr(TableReader) reader = csv ? open_table(&homes_table, csv, housing->strings, error) : NULL;
    if (!reader)
        return FALSE;
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GError) failure = NULL;
    Home row = {0};
    while (table_reader_next(reader, &row, &failure))
        if (!take_home(housing, ids, csv, &row, error))
            return FALSE;
    if (!failure && housing->homes->len == 0)
        csv_reader_fail(csv, "row", "", "a host", &failure);
    if (!failure)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

Housing *housing_new(const HousingWish *wish, GError **error)
{
    g_autoptr(Housing) housing = g_new0(Housing, 1);
    housing->wish = wish;
    housing->homes = g_array_new(FALSE, FALSE, sizeof(Home));
    housing->strings = g_string_chunk_new(4096);
    housing->alike = read_pattern(housing, wish->hosts);
    if (!housing->alike && !read_homes(housing, wish->hosts, error))
        return NULL;
    return g_steal_pointer(&housing);
}

double housing_core_mhz(const Housing *housing)
{
    double least = housing->alike ? housing->pattern.core_mhz : INFINITY;
    for (guint i = 0; i < housing->homes->len; i++)
        least = fmin(least, home(housing, i)->core_mhz);
    return least;
}

/* ---- places ---- */

static double share_used(const Home *of, const Lodger *lodger)
{
    return fmax((of->mhz_used + lodger->mhz) / (of->cores * of->core_mhz),
                (of->kib_used + lodger->kib) / of->kib);
}

static void move_in(Housing *housing, const Lodger *lodger, guint at, guint *place)
{
    home(housing, at)->mhz_used += lodger->mhz;
    home(housing, at)->kib_used += lodger->kib;
    *place = at;
}

/* as many alike hosts as are filled on the mean as wished for, by CPU or memory, whichever takes more */
static void add_homes(Housing *housing, const Lodger *lodgers, guint n)
{
    const Home *each = &housing->pattern;
    double mhz = 0, kib = 0, share = housing->wish->fill_pct / 100;
    for (guint i = 0; i < n; i++) {
        mhz += lodgers[i].mean_mhz;
        kib += lodgers[i].mean_kib;
    }
    /* Each has the hypervisor's own as well; where that alone fills it, there is one for each VM. */
    double by_mhz = mhz / (each->cores * each->core_mhz * share - each->mhz_used);
    double by_kib = kib / (each->kib * share - each->kib_used);
    double wanted = by_mhz < 0 || by_kib < 0 ? n : ceil(fmax(by_mhz, by_kib));
    for (guint i = 0; i < fmax(1, fmin(n, wanted)); i++)
        add_home(housing);
}

static guint first_that_fits(const Housing *housing, const Lodger *lodger)
{
    guint least_full = 0;
    for (guint i = 0; i < housing->homes->len; i++) {
        double share = share_used(home(housing, i), lodger);
        if (share * 100 <= housing->wish->fill_pct)
            return i;
        if (share < share_used(home(housing, least_full), lodger))
            least_full = i;
    }
    return least_full;
}

static void place_first_fit(Housing *housing, const Lodger *lodgers, guint n, guint *places)
{
    for (guint i = 0; i < n; i++)
        move_in(housing, &lodgers[i], first_that_fits(housing, &lodgers[i]), &places[i]);
}

/* Drawn among those with the memory; where none has it, the one that is left with most. */
static guint drawn(const Housing *housing, const Lodger *lodger, GRand *draw, guint *fits)
{
    guint n = 0, roomiest = 0;
    for (guint i = 0; i < housing->homes->len; i++) {
        double left = home(housing, i)->kib - home(housing, i)->kib_used - lodger->kib;
        if (left >= 0)
            fits[n++] = i;
        if (left > home(housing, roomiest)->kib - home(housing, roomiest)->kib_used - lodger->kib)
            roomiest = i;
    }
    return n ? fits[(guint)g_rand_int_range(draw, 0, (gint32)n)] : roomiest;
}

static void place_at_random(Housing *housing, const Lodger *lodgers, guint n, guint32 seed, guint *places)
{
    g_autofree guint *fits = g_new(guint, housing->homes->len + 1);
    GRand *draw = g_rand_new_with_seed(seed);
    for (guint i = 0; i < n; i++)
        move_in(housing, &lodgers[i], drawn(housing, &lodgers[i], draw, fits), &places[i]);
    g_rand_free(draw);
}

static int find_home(const Housing *housing, const char *name)
{
    for (guint i = 0; i < housing->homes->len; i++)
        if (strcmp(home(housing, i)->name, name) == 0 || strcmp(home(housing, i)->id, name) == 0)
            return (int)i;
    return -1;
}

static gboolean take_place(Housing *housing, const CsvReader *csv, GHashTable *indices, const Place *row,
                           guint *places, GError **error)
{
    gpointer index;
    if (!g_hash_table_lookup_extended(indices, row->vm, NULL, &index)) {
        csv_reader_fail(csv, "vm", row->vm, "a VM of the history", error);
        return FALSE;
    }
    guint *place = &places[GPOINTER_TO_UINT(index)];
    if (*place != G_MAXUINT) {
        csv_reader_fail(csv, "vm", row->vm, "each VM once", error);
        return FALSE;
    }
    int at = find_home(housing, row->host);
    if (at < 0) {
        g_autofree char *expected =
            housing->alike
                ? g_strdup_printf("host-1 to host-%u, the hosts that there are by --hosts and --fill",
                                  housing->homes->len)
                : g_strdup("a host of the file of hosts");
        csv_reader_fail(csv, "host", row->host, expected, error);
        return FALSE;
    }
    *place = (guint)at;
    return TRUE;
}

static gboolean is_whole(const Lodger *lodgers, guint n, const guint *places, const char *path,
                         GError **error)
{
    for (guint i = 0; i < n; i++) {
        if (places[i] != G_MAXUINT)
            continue;
        g_autofree char *shown = escape_for_message(lodgers[i].name);
        g_set_error(error, VMANGER_ERROR, 0, "%s: found no row of the VM %s: expected one of each VM", path,
                    shown);
        return FALSE;
    }
    return TRUE;
}

static gboolean place_by_file(Housing *housing, const Lodger *lodgers, guint n, guint *places, GError **error)
{
    const char *path = housing->wish->placement;
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return fail_option("--placement", path, HOUSING_PLACEMENT ", random:SEED, or a file of vm and host",
                           error);
    g_autoptr(CsvReader) csv = csv_reader_open(path, NULL, error);
    g_autoptr(TableReader) reader = csv ? open_table(&places_table, csv, NULL, error) : NULL;
    if (!reader)
        return FALSE;
    g_autoptr(GHashTable) indices = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < n; i++) {
        g_hash_table_insert(indices, (gpointer)lodgers[i].name, GUINT_TO_POINTER(i));
        places[i] = G_MAXUINT;
    }
    g_autoptr(GError) failure = NULL;
    Place row = {0};
    while (table_reader_next(reader, &row, &failure))
        if (!take_place(housing, csv, indices, &row, places, error))
            return FALSE;
    if (failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    return is_whole(lodgers, n, places, path, error);
}

gboolean housing_place(Housing *housing, const Lodger *lodgers, guint n, guint *places, GError **error)
{
    const char *placement = housing->wish->placement;
    double seed;
    if (housing->alike)
        add_homes(housing, lodgers, n);
    if (strcmp(placement, HOUSING_PLACEMENT) == 0)
        place_first_fit(housing, lodgers, n, places);
    else if (!g_str_has_prefix(placement, "random:"))
        return place_by_file(housing, lodgers, n, places, error);
    else if (!table_parse_number(placement + strlen("random:"), FALSE, FALSE, &seed) || seed > G_MAXUINT32)
        return fail_option("--placement", placement, "random:SEED, the seed a whole number up to 4294967295",
                           error);
    else
        place_at_random(housing, lodgers, n, (guint32)seed, places);
    return TRUE;
}

void housing_add_hosts(const Housing *housing, Snapshot *snapshot)
{
    Cluster cluster = cluster_unknown();
    cluster.id = cluster.name = CLUSTER_ID;
    cluster.drs = DRS_OFF;
    snapshot_add_cluster(snapshot, &cluster);
    for (guint i = 0; i < housing->homes->len; i++) {
        const Home *from = home(housing, i);
        Host host = host_unknown();
        host.id = snapshot_string(snapshot, from->id);
        host.name = snapshot_string(snapshot, from->name);
        host.cluster_id = CLUSTER_ID;
        host.connection = CONNECTION_CONNECTED;
        host.power = HOST_POWER_ON;
        host.mode = HOST_MODE_NORMAL;
        host.cpu_cores = host.cpu_threads = from->cores;
        host.core_mhz = from->core_mhz;
        host.cpu_mhz = from->cores * from->core_mhz;
        host.memory_kib = from->kib;
        host.vmotion = 1;
        snapshot_add_host(snapshot, &host);
    }
}
