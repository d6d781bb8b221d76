/* SPDX-License-Identifier: MIT */
#include "tests/unit/estate.h"

#include "analyze/evaluation.h"
#include "tests/unit/cunit.h"

#include <glib/gstdio.h>
#include <unistd.h>

Estate *estate_new(void)
{
    Estate *estate = g_new0(Estate, 1);
    estate->samples = g_string_new(NULL);
    Snapshot *s = estate->snapshot = snapshot_new();
    s->info.taken_at = 1795292100; /* 2026-11-21T20:15:00Z */
    s->info.source_type = "vcenter";
    s->info.source_id = "source-1";
    s->info.window_s = 300;
    s->info.interval_s = 20;
    Cluster cluster = cluster_unknown();
    cluster.id = "c1";
    cluster.name = "Cluster 1";
    snapshot_add_cluster(s, &cluster);
    return estate;
}

static void remove_directory(const char *path)
{
    g_autoptr(GDir) directory = path ? g_dir_open(path, 0, NULL) : NULL;
    const char *name;
    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_unlink(file);
    }
    if (path)
        g_rmdir(path);
}

void estate_free(Estate *estate)
{
    if (!estate)
        return;
    remove_directory(estate->directory);
    subject_clear(&estate->subject);
    assessment_free(estate->assessment);
    snapshot_free(estate->snapshot);
    g_string_free(estate->samples, TRUE);
    g_free(estate->directory);
    g_free(estate);
}

Host *estate_add_host(Estate *estate, const char *id)
{
    Host host = host_unknown();
    host.id = host.name = snapshot_string(estate->snapshot, id);
    host.cluster_id = "c1";
    host.connection = CONNECTION_CONNECTED;
    host.power = HOST_POWER_ON;
    host.mode = HOST_MODE_NORMAL;
    host.cpu_cores = 10;
    host.core_mhz = 1000;
    host.cpu_mhz = 10000;
    host.memory_kib = 100 * ESTATE_GIB;
    host.vmotion = 1;
    snapshot_add_host(estate->snapshot, &host);
    return &estate->snapshot->hosts[estate->snapshot->n_hosts - 1];
}

Vm *estate_add_vm(Estate *estate, const char *id, const char *host_id)
{
    Vm vm = vm_unknown();
    vm.id = vm.name = snapshot_string(estate->snapshot, id);
    vm.host_id = snapshot_string(estate->snapshot, host_id);
    vm.power = VM_POWER_ON;
    vm.vcpus = 2;
    vm.memory_mib = 10240;
    snapshot_add_vm(estate->snapshot, &vm);
    return &estate->snapshot->vms[estate->snapshot->n_vms - 1];
}

void estate_measure_values(Estate *estate, const char *entity_id, Metric metric, const char *instance,
                           const char *values)
{
    g_string_append_printf(estate->samples, "%s,%s,%s,realtime,2026-11-21T20:10:00Z,20,%s\n", entity_id,
                           metric_names[metric], instance, values);
}

void estate_measure(Estate *estate, const char *entity_id, Metric metric, double value)
{
    g_autoptr(GString) values = g_string_new(NULL);
    for (int i = 0; i < 15; i++) {
        if (i > 0)
            g_string_append_c(values, ' ');
        table_append_number(values, value);
    }
    estate_measure_values(estate, entity_id, metric, "", values->str);
}

void estate_measure_vm(Estate *estate, const char *id, double mhz, double active_gib, double consumed_gib)
{
    estate_measure(estate, id, METRIC_CPU_USAGE_MHZ, mhz);
    estate_measure(estate, id, METRIC_MEMORY_ACTIVE_KIB, active_gib * ESTATE_GIB);
    estate_measure(estate, id, METRIC_MEMORY_CONSUMED_KIB, consumed_gib * ESTATE_GIB);
}

void estate_measure_host(Estate *estate, const char *id, double mhz, double consumed_gib)
{
    estate_measure(estate, id, METRIC_CPU_USAGE_MHZ, mhz);
    estate_measure(estate, id, METRIC_MEMORY_CONSUMED_KIB, consumed_gib * ESTATE_GIB);
}

const char *estate_write(Estate *estate)
{
    g_autoptr(GError) error = NULL;
    estate->directory = g_dir_make_tmp("vmanger-estate-XXXXXX", &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(estate->directory);
    CU_ASSERT_TRUE_FATAL(snapshot_link(estate->snapshot, &error));
    g_autoptr(SnapshotWriter) writer = snapshot_writer_new(estate->directory, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
    snapshot_writer_samples(writer, estate->samples->str, estate->samples->len);
    CU_ASSERT_TRUE_FATAL(snapshot_writer_commit(writer, estate->snapshot, NULL, &error));
    return estate->directory;
}

void estate_assess(Estate *estate, const char *policy_text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Policy) policy = policy_text ? estate_policy(policy_text, &error) : policy_read(NULL, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
    const char *directory = estate_write(estate);
    snapshot_free(estate->snapshot);
    estate->snapshot = snapshot_read(directory, SNAPSHOT_STRICT, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(estate->snapshot);
    estate->assessment = assessment_new();
    g_autofree char *digest = policy_analyze_digest(policy);
    estate->assessment->policy = g_string_chunk_insert(estate->assessment->strings, digest);
    CU_ASSERT_TRUE_FATAL(
        evaluation_add(estate->assessment, estate->snapshot, directory, policy, &estate->subject, &error));
}

const Load *estate_load(const Estate *estate, const char *id, Resource resource)
{
    const Assessed *assessed = assessment_find(estate->assessment, "source-1", id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(assessed);
    return &assessed->loads[resource];
}

int estate_state(const Estate *estate, const char *id)
{
    const Assessed *assessed = assessment_find(estate->assessment, "source-1", id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(assessed);
    return assessed->state;
}

char *estate_file(const char *bytes, gsize length)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("vmanger-XXXXXX", &path, NULL);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    close(fd);
    CU_ASSERT_TRUE_FATAL(g_file_set_contents(path, bytes, (gssize)length, NULL));
    return g_steal_pointer(&path);
}

Policy *estate_policy(const char *text, GError **error)
{
    g_autofree char *path = estate_file(text, strlen(text));
    Policy *policy = policy_read(path, error);
    g_unlink(path);
    return policy;
}
