/* SPDX-License-Identifier: MIT */
/*
 * vCluster, vHost, vRP and vDatastore.
 */
#include "collect/rvtools.h"

#include <math.h>
#include <string.h>

#define LEAST_CLOCK_MHZ 100 /* what is less was meant as GHz, or lost its thousands */

/* ---- vCluster ---- */

enum {
    CLUSTER_NAME,
    CLUSTER_HA,
    CLUSTER_ADMISSION,
    CLUSTER_FAILURES,
    CLUSTER_DRS,
    CLUSTER_DRS_LEVEL,
    CLUSTER_DPM,
    CLUSTER_DPM_LEVEL,
    CLUSTER_ID,
};
static const TabColumn cluster_columns[] = {
    [CLUSTER_NAME] = {"Name", "Cluster", TRUE},
    [CLUSTER_HA] = {"HA enabled", "DasEnabled", FALSE},
    [CLUSTER_ADMISSION] = {"AdmissionControlEnabled", NULL, FALSE},
    [CLUSTER_FAILURES] = {"Failover Level", "FailoverLevel", FALSE},
    [CLUSTER_DRS] = {"DRS enabled", NULL, FALSE},
    [CLUSTER_DRS_LEVEL] = {"DRS default VM behavior", "DrsDefaultVmBehaviour", FALSE},
    [CLUSTER_DPM] = {"DPM enabled", NULL, FALSE},
    [CLUSTER_DPM_LEVEL] = {"DPM default behavior", "DpmDefaultDpmBehavior", FALSE},
    [CLUSTER_ID] = {"Object ID", "ClusterObjectID", FALSE},
};
static const Tab cluster_tab = {"vCluster", cluster_columns, G_N_ELEMENTS(cluster_columns), FALSE};

/* A failover level is the number of hosts that may fail, whatever admission control makes of it. */
static gboolean read_ha(const TabRow *row, Cluster *cluster, GError **error)
{
    int control;
    double failures;
    if (!tab_flag(row, CLUSTER_HA, &cluster->ha, error) ||
        !tab_flag(row, CLUSTER_ADMISSION, &control, error) ||
        !tab_number(row, CLUSTER_FAILURES, SHEET_WHOLE, MOST_COUNT, &failures, error))
        return FALSE;
    if (control == 0) {
        cluster->ha_policy = HA_POLICY_OFF;
    } else if (control == 1 && failures > 0) {
        cluster->ha_policy = HA_POLICY_SLOTS;
        cluster->ha_failures = failures;
    }
    return TRUE;
}

static gboolean take_cluster(const TabRow *row, gpointer data, GError **error)
{
    Import *import = data;
    int drs, dpm;
    g_autofree char *name = tab_text(row, CLUSTER_NAME);
    g_autofree char *drs_level = tab_text(row, CLUSTER_DRS_LEVEL);
    g_autofree char *dpm_level = tab_text(row, CLUSTER_DPM_LEVEL);
    Cluster *cluster = g_new(Cluster, 1);
    *cluster = cluster_unknown();
    if (!tab_flag(row, CLUSTER_DRS, &drs, error) || !tab_flag(row, CLUSTER_DPM, &dpm, error) ||
        !read_ha(row, cluster, error)) {
        g_free(cluster);
        return FALSE;
    }
    cluster->drs = inventory_drs_level(drs, drs_level);
    cluster->dpm = inventory_dpm_level(dpm, dpm_level);
    const char *datacenter = g_hash_table_lookup(import->cluster_names, name);
    const char *const words[] = {datacenter ? datacenter : "", name, NULL};
    cluster->id = import_id(import, row, CLUSTER_ID, "cluster", words);
    if (g_hash_table_contains(import->cluster_facts, name) || g_strcmp0(datacenter, "\n") == 0)
        g_hash_table_insert(import->cluster_facts, g_strdup(name), NULL); /* whose they are cannot be told */
    else
        g_hash_table_insert(import->cluster_facts, g_strdup(name), g_steal_pointer(&cluster));
    g_free(cluster);
    return TRUE;
}

/* ---- vHost ---- */

enum {
    HOST_NAME,
    HOST_DATACENTER,
    HOST_CLUSTER,
    HOST_MAINTENANCE,
    HOST_QUARANTINE,
    HOST_FAULT_DOMAIN,
    HOST_MODEL,
    HOST_SPEED,
    HOST_HYPERTHREADING,
    HOST_SOCKETS,
    HOST_CORES_PER_SOCKET,
    HOST_CORES,
    HOST_CPU_USAGE,
    HOST_MEMORY,
    HOST_MEMORY_USAGE,
    HOST_VMOTION,
    HOST_EVC,
    HOST_MAX_EVC,
    HOST_RELEASE,
    HOST_ID,
    HOST_UUID,
    HOST_SERVER,
    HOST_SERVER_UUID,
};
static const TabColumn host_columns[] = {
    [HOST_NAME] = {"Host", "Name", TRUE},
    [HOST_DATACENTER] = {"Datacenter", NULL, FALSE},
    [HOST_CLUSTER] = {"Cluster", NULL, FALSE},
    [HOST_MAINTENANCE] = {"in Maintenance Mode", NULL, FALSE},
    [HOST_QUARANTINE] = {"in Quarantine Mode", NULL, FALSE},
    [HOST_FAULT_DOMAIN] = {"vSAN Fault Domain Name", NULL, FALSE},
    [HOST_MODEL] = {"CPU Model", NULL, FALSE},
    [HOST_SPEED] = {"Speed", "CpuMhz|CPU Speed", TRUE},
    [HOST_HYPERTHREADING] = {"HT Active", "HyperThreadingActive", FALSE},
    [HOST_SOCKETS] = {"# CPU", "NumCpu|CPUs", FALSE},
    [HOST_CORES_PER_SOCKET] = {"Cores per CPU", NULL, FALSE},
    [HOST_CORES] = {"# Cores", "NumCpuCores|Cores", FALSE},
    [HOST_CPU_USAGE] = {"CPU usage %", "OverallCpuUsage|CPU usage", FALSE},
    [HOST_MEMORY] = {"# Memory", "MemorySize|Memory", TRUE},
    [HOST_MEMORY_USAGE] = {"Memory usage %", "OverallMemoryUsage|Memory usage", FALSE},
    [HOST_VMOTION] = {"VMotion support", "VMotionSupported", FALSE},
    [HOST_EVC] = {"Current EVC", "CurrentEVCModeKey|CurrentEVCMode", FALSE},
    [HOST_MAX_EVC] = {"Max EVC", "MaxEVCModeKey|MaxEVCMode", FALSE},
    [HOST_RELEASE] = {"ESX Version", "FullName", FALSE},
    [HOST_ID] = {"Object ID", "HostObjectID|MoRef", FALSE},
    [HOST_UUID] = {"UUID", NULL, FALSE},
    [HOST_SERVER] = {"VI SDK Server", NULL, FALSE},
    [HOST_SERVER_UUID] = {"VI SDK UUID", NULL, FALSE},
};
static const Tab host_tab = {"vHost", host_columns, G_N_ELEMENTS(host_columns), TRUE};

static gboolean note_cluster_name(const TabRow *row, gpointer data, GError **error)
{
    (void)error;
    Import *import = data;
    g_autofree char *name = tab_text(row, HOST_CLUSTER);
    g_autofree char *datacenter = tab_text(row, HOST_DATACENTER);
    const char *known = g_hash_table_lookup(import->cluster_names, name);
    g_hash_table_insert(import->cluster_names, g_strdup(name),
                        g_strdup(!known || strcmp(known, datacenter) == 0 ? datacenter : "\n"));
    return TRUE;
}

/* A cluster by its name in a datacenter, the first time with what vCluster says; a host that stands alone is
 * a cluster of its own name. Its id. */
static const char *cluster_of(Import *import, const char *datacenter, const char *name, const char *host)
{
    gboolean alone = !*name;
    const char *called = alone ? host : name;
    g_autofree char *place = import_place(datacenter, alone ? "\n" : "", called);
    guint known = import_find(import->clusters, place);
    if (known)
        return import->snapshot->clusters[known - 1].id;
    const Cluster *facts = alone ? NULL : g_hash_table_lookup(import->cluster_facts, name);
    const char *const words[] = {datacenter, called, NULL};
    Cluster cluster = facts ? *facts : cluster_unknown();
    if (!facts)
        cluster.id = import_id(import, NULL, 0, alone ? "alone" : "cluster", words);
    cluster.name = snapshot_string(import->snapshot, called);
    g_autofree char *path = g_strdup_printf("%s%s%s", datacenter, *datacenter ? "/" : "", called);
    cluster.path = snapshot_string(import->snapshot, path);
    if (alone) {
        cluster.drs = cluster.dpm = DRS_OFF;
        cluster.ha = 0;
    }
    import_note(import->clusters, place, import->snapshot->n_clusters);
    snapshot_add_cluster(import->snapshot, &cluster);
    return cluster.id;
}

static gboolean read_hardware(Import *import, const TabRow *row, Host *host, GError **error)
{
    double sockets, per_socket, memory_mib;
    int threads;
    if (!tab_number(row, HOST_SPEED, SHEET_AMOUNT, MOST_COUNT, &host->core_mhz, error) ||
        !tab_number(row, HOST_SOCKETS, SHEET_WHOLE, MOST_COUNT, &sockets, error) ||
        !tab_number(row, HOST_CORES_PER_SOCKET, SHEET_WHOLE, MOST_COUNT, &per_socket, error) ||
        !tab_number(row, HOST_CORES, SHEET_WHOLE, MOST_COUNT, &host->cpu_cores, error) ||
        !tab_number(row, HOST_MEMORY, SHEET_WHOLE, MOST_MIB, &memory_mib, error) ||
        !tab_flag(row, HOST_HYPERTHREADING, &threads, error) ||
        !import_plain(import, row, HOST_MODEL, &host->cpu_model, error))
        return FALSE;
    if (host->core_mhz > 0 && host->core_mhz < LEAST_CLOCK_MHZ)
        return tab_fail(row, HOST_SPEED, "the clock of a core in MHz", error);
    if (!(host->cpu_cores > 0))
        host->cpu_cores = sockets * per_socket;
    if (!tab_has(row, HOST_CORES) && !(tab_has(row, HOST_SOCKETS) && tab_has(row, HOST_CORES_PER_SOCKET)))
        return tab_fail(row, HOST_CORES,
                        "this column, or # CPU and Cores per CPU: export all tabs again from RVTools", error);
    host->cpu_threads = threads < 0 ? NAN : host->cpu_cores * (threads ? 2 : 1);
    host->core_mhz = table_round(host->core_mhz);
    host->cpu_mhz = table_round(host->core_mhz * host->cpu_cores);
    host->memory_kib = memory_mib * 1024;
    return TRUE;
}

static gboolean read_state(Import *import, const TabRow *row, Host *host, GError **error)
{
    int maintenance, quarantine;
    if (!tab_flag(row, HOST_MAINTENANCE, &maintenance, error) ||
        !tab_flag(row, HOST_QUARANTINE, &quarantine, error) ||
        !tab_flag(row, HOST_VMOTION, &host->vmotion, error) ||
        !import_plain(import, row, HOST_EVC, &host->evc_mode, error) ||
        !import_plain(import, row, HOST_MAX_EVC, &host->max_evc_mode, error) ||
        !import_plain(import, row, HOST_UUID, &host->uuid, error))
        return FALSE;
    host->mode = maintenance == 1  ? HOST_MODE_MAINTENANCE
                 : quarantine == 1 ? HOST_MODE_QUARANTINE
                                   : HOST_MODE_NORMAL;
    host->connection = CONNECTION_CONNECTED; /* its hardware is known, and it has use: it answers */
    host->power = HOST_POWER_ON;
    g_autofree char *release = tab_text(row, HOST_RELEASE);
    char *build = strstr(release, " build-");
    if (build)
        *build = '\0';
    host->product = snapshot_string(import->snapshot, release);
    host->vsan_fault_domain = import_text(import, row, HOST_FAULT_DOMAIN);
    return TRUE;
}

/* Percent, whole as RVTools writes them; a host that is not measured has 0 of memory in use. */
static gboolean read_load(Import *import, const TabRow *row, const Host *host, GError **error)
{
    double cpu, memory;
    if (!tab_number(row, HOST_CPU_USAGE, SHEET_SHARE, 400, &cpu, error) ||
        !tab_number(row, HOST_MEMORY_USAGE, SHEET_SHARE, 400, &memory, error))
        return FALSE;
    ExportedLoad load = {cpu * host->cpu_mhz / 100, memory * host->memory_kib / 100};
    if (memory == 0)
        load = (ExportedLoad){NAN, NAN};
    g_array_append_val(import->loads, load);
    return TRUE;
}

static gboolean take_host(const TabRow *row, gpointer data, GError **error)
{
    Import *import = data;
    Host host = host_unknown();
    g_autofree char *name = tab_text(row, HOST_NAME);
    g_autofree char *datacenter = tab_text(row, HOST_DATACENTER);
    g_autofree char *cluster = tab_text(row, HOST_CLUSTER);
    g_autofree char *place = import_place(datacenter, cluster, name);
    if (!*name)
        return tab_fail(row, HOST_NAME, "the name of a host", error);
    if (!import_take_source(import, row, HOST_SERVER, HOST_SERVER_UUID, error) ||
        !read_hardware(import, row, &host, error) || !read_state(import, row, &host, error))
        return FALSE;
    if (!(host.cpu_mhz > 0 && host.memory_kib > 0)) {
        g_hash_table_add(import->strangers, g_strdup(name));
        import->left_out[LEFT_OUT_UNKNOWN_HOSTS]++;
        return TRUE;
    }
    if (import_find(import->placed_hosts, place))
        return tab_fail(row, HOST_NAME, "each host of a cluster once", error);
    const char *const words[] = {datacenter, cluster, name, NULL};
    host.id = import_id(import, row, HOST_ID, "host", words);
    host.name = snapshot_string(import->snapshot, name);
    host.cluster_id = cluster_of(import, datacenter, cluster, name);
    import_note(import->placed_hosts, place, import->snapshot->n_hosts);
    import_note(import->hosts, name, import->snapshot->n_hosts);
    snapshot_add_host(import->snapshot, &host);
    return read_load(import, row, &host, error);
}

/* A cluster has the EVC mode that all of its hosts have. */
static void infer_evc_modes(Snapshot *snapshot)
{
    for (guint c = 0; c < snapshot->n_clusters; c++) {
        const char *mode = NULL;
        for (guint h = 0; h < snapshot->n_hosts; h++) {
            const Host *host = &snapshot->hosts[h];
            if (host->cluster_id == snapshot->clusters[c].id)
                mode = mode && strcmp(mode, host->evc_mode) != 0 ? "" : host->evc_mode;
        }
        snapshot->clusters[c].evc_mode = mode ? mode : "";
    }
}

/* ---- vRP ---- */

enum {
    POOL_NAME,
    POOL_PATH,
    POOL_CPU_LIMIT,
    POOL_CPU_RESERVATION,
    POOL_CPU_SHARES,
    POOL_CPU_EXPANDABLE,
    POOL_MEMORY_LIMIT,
    POOL_MEMORY_RESERVATION,
    POOL_MEMORY_SHARES,
    POOL_MEMORY_EXPANDABLE,
    POOL_ID,
};
static const TabColumn pool_columns[] = {
    [POOL_NAME] = {"Resource Pool name", "Resource Pool|Name", FALSE},
    [POOL_PATH] = {"Resource Pool path", "Path", FALSE},
    [POOL_CPU_LIMIT] = {"CPU limit", NULL, FALSE},
    [POOL_CPU_RESERVATION] = {"CPU reservation", NULL, FALSE},
    [POOL_CPU_SHARES] = {"CPU shares", NULL, FALSE},
    [POOL_CPU_EXPANDABLE] = {"CPU expandableReservation", NULL, FALSE},
    [POOL_MEMORY_LIMIT] = {"Mem limit", "Memory limit", FALSE},
    [POOL_MEMORY_RESERVATION] = {"Mem reservation", "Memory reservation", FALSE},
    [POOL_MEMORY_SHARES] = {"Mem shares", "Memory shares", FALSE},
    [POOL_MEMORY_EXPANDABLE] = {"Mem expandableReservation", "Memory expandableReservation", FALSE},
    [POOL_ID] = {"Object ID", "RPObjectID", FALSE},
};
static const Tab pool_tab = {"vRP", pool_columns, G_N_ELEMENTS(pool_columns), FALSE};

/* "/FOLDER…/DATACENTER/FOLDER…/CLUSTER/Resources/POOL…": the cluster, or the host that stands alone; 0 for
 * neither */
static guint cluster_of_path(const Import *import, const char *path)
{
    g_auto(GStrv) words = g_strsplit(path, "/", -1);
    guint n = 1;
    while (words[0] && words[n] && words[n + 1] && strcmp(words[n + 1], "Resources") != 0)
        n++;
    if (!words[0] || !words[1] || !words[n] || !words[n + 1])
        return 0;
    guint found = 0;
    for (guint i = 0; i < n && !found; i++) { /* the datacenter may stand in folders, too, or not be known */
        g_autofree char *cluster = import_place(words[i], "", words[n]);
        g_autofree char *alone = import_place(words[i], "\n", words[n]);
        found = import_find(import->clusters, cluster);
        found = found ? found : import_find(import->clusters, alone);
    }
    return found;
}

static gboolean read_allocations(const TabRow *row, Pool *pool, GError **error)
{
    return tab_limit(row, POOL_CPU_LIMIT, MOST_MHZ, &pool->cpu_limit_mhz, error) &&
           tab_limit(row, POOL_MEMORY_LIMIT, MOST_MIB, &pool->memory_limit_mib, error) &&
           tab_number(row, POOL_CPU_RESERVATION, SHEET_WHOLE, MOST_MHZ, &pool->cpu_reservation_mhz, error) &&
           tab_number(row, POOL_MEMORY_RESERVATION, SHEET_WHOLE, MOST_MIB, &pool->memory_reservation_mib,
                      error) &&
           tab_number(row, POOL_CPU_SHARES, SHEET_WHOLE, MOST_MIB, &pool->cpu_shares, error) &&
           tab_number(row, POOL_MEMORY_SHARES, SHEET_WHOLE, MOST_MIB, &pool->memory_shares, error) &&
           tab_flag(row, POOL_CPU_EXPANDABLE, &pool->cpu_expandable, error) &&
           tab_flag(row, POOL_MEMORY_EXPANDABLE, &pool->memory_expandable, error);
}

static gboolean take_pool(const TabRow *row, gpointer data, GError **error)
{
    Import *import = data;
    Snapshot *snapshot = import->snapshot;
    Pool pool = pool_unknown();
    g_autofree char *path = tab_text(row, POOL_PATH);
    guint cluster = cluster_of_path(import, path);
    if (!cluster || cluster == NAME_AMBIGUOUS)
        return TRUE; /* of hosts that are not taken */
    if (import_find(import->pools, path))
        return tab_fail(row, POOL_PATH, "each resource pool once", error);
    if (!read_allocations(row, &pool, error))
        return FALSE;
    g_autofree char *base = g_path_get_basename(path);
    g_autofree char *name = tab_text(row, POOL_NAME);
    const char *const words[] = {path, NULL};
    pool.id = import_id(import, row, POOL_ID, "pool", words);
    pool.name = snapshot_string(snapshot, *name ? name : base);
    pool.cluster_id = snapshot->clusters[cluster - 1].id;
    import_note(import->pools, path, snapshot->n_pools);
    snapshot_add_pool(snapshot, &pool);
    return TRUE;
}

/* The pool above has the path without its last name. */
static void find_parents(Import *import)
{
    GHashTableIter iter;
    gpointer path, index;
    g_hash_table_iter_init(&iter, import->pools);
    while (g_hash_table_iter_next(&iter, &path, &index)) {
        g_autofree char *above = g_path_get_dirname(path);
        guint parent = import_find(import->pools, above);
        if (parent)
            import->snapshot->pools[GPOINTER_TO_UINT(index) - 1].parent_id =
                import->snapshot->pools[parent - 1].id;
    }
}

/* ---- vDatastore ---- */

enum { STORE_NAME, STORE_HOSTS, STORE_ACCESSIBLE, STORE_ID };
static const TabColumn store_columns[] = {
    [STORE_NAME] = {"Name", NULL, TRUE},
    [STORE_HOSTS] = {"Hosts", NULL, FALSE},
    [STORE_ACCESSIBLE] = {"Accessible", NULL, FALSE},
    [STORE_ID] = {"Object ID", "DatastoreObjectID", FALSE},
};
static const Tab store_tab = {"vDatastore", store_columns, G_N_ELEMENTS(store_columns), FALSE};

static void mount(Import *import, const char *names, const char *id)
{
    g_auto(GStrv) each = g_strsplit_set(names, ",;\n", -1);
    for (char **name = each; *name; name++) {
        guint index = import_find(import->hosts, g_strstrip(*name));
        if (!index || index == NAME_AMBIGUOUS)
            continue;
        Host *host = &import->snapshot->hosts[index - 1];
        if (list_contains(host->datastores, id))
            continue;
        g_autofree char *list = g_strconcat(host->datastores, *host->datastores ? " " : "", id, NULL);
        host->datastores = snapshot_string(import->snapshot, list);
    }
}

static gboolean take_datastore(const TabRow *row, gpointer data, GError **error)
{
    Import *import = data;
    int accessible;
    g_autofree char *name = tab_text(row, STORE_NAME);
    g_autofree char *hosts = tab_text(row, STORE_HOSTS);
    if (!tab_flag(row, STORE_ACCESSIBLE, &accessible, error))
        return FALSE;
    const char *const words[] = {name, hosts, NULL};
    const char *id = import_id(import, row, STORE_ID, "datastore", words);
    gboolean twice = g_hash_table_contains(import->datastores, name);
    g_hash_table_insert(import->datastores, g_strdup(name), (gpointer)(twice ? "" : id));
    import->has_mounts |= tab_has(row, STORE_HOSTS);
    if (accessible != 0)
        mount(import, hosts, id);
    return TRUE;
}

gboolean import_hosts(Import *import, GError **error)
{
    Spreadsheet *spreadsheet = import->spreadsheet;
    if (!tab_read(spreadsheet, &host_tab, note_cluster_name, import, error) ||
        !tab_read(spreadsheet, &cluster_tab, take_cluster, import, error) ||
        !tab_read(spreadsheet, &host_tab, take_host, import, error))
        return FALSE;
    infer_evc_modes(import->snapshot);
    if (!tab_read(spreadsheet, &pool_tab, take_pool, import, error))
        return FALSE;
    find_parents(import);
    return tab_read(spreadsheet, &store_tab, take_datastore, import, error);
}
