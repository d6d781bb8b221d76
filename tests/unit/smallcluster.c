/* SPDX-License-Identifier: MIT */
#include "tests/unit/smallcluster.h"

#include "analyze/evaluation.h"
#include "collect/references.h"
#include "collect/snapshotreader.h"
#include "collect/snapshotwriter.h"
#include "tests/unit/cunit.h"

#include <glib/gstdio.h>
#include <unistd.h>

SmallCluster *smallcluster_new(void)
{
    SmallCluster *small = g_new0(SmallCluster, 1);
    small->samples = g_string_new(NULL);
    Snapshot *s = small->snapshot = snapshot_new();
    s->info.taken_at = 1795292100; /* 2026-11-21T20:15:00Z */
    s->info.source_type = "vcenter";
    s->info.source_id = "source-1";
    s->info.window_s = 300;
    s->info.interval_s = 20;
    Cluster cluster = cluster_unknown();
    cluster.id = "c1";
    cluster.name = "Cluster 1";
    snapshot_add_cluster(s, &cluster);
    return small;
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

void smallcluster_free(SmallCluster *small)
{
    if (!small)
        return;
    remove_directory(small->directory);
    subject_clear(&small->subject);
    assessment_free(small->assessment);
    snapshot_free(small->snapshot);
    g_string_free(small->samples, TRUE);
    g_free(small->directory);
    g_free(small);
}

Host *smallcluster_add_host(SmallCluster *small, const char *id)
{
    Host host = host_unknown();
    host.id = host.name = snapshot_string(small->snapshot, id);
    host.cluster_id = "c1";
    host.connection = CONNECTION_CONNECTED;
    host.power = HOST_POWER_ON;
    host.mode = HOST_MODE_NORMAL;
    host.cpu_cores = 10;
    host.core_mhz = 1000;
    host.cpu_mhz = 10000;
    host.memory_kib = 100 * GIB_IN_KIB;
    host.vmotion = 1;
    snapshot_add_host(small->snapshot, &host);
    return &small->snapshot->hosts[small->snapshot->n_hosts - 1];
}

Vm *smallcluster_add_vm(SmallCluster *small, const char *id, const char *host_id)
{
    Vm vm = vm_unknown();
    vm.id = vm.name = snapshot_string(small->snapshot, id);
    vm.host_id = snapshot_string(small->snapshot, host_id);
    vm.power = VM_POWER_ON;
    vm.vcpus = 2;
    vm.memory_mib = 10240;
    snapshot_add_vm(small->snapshot, &vm);
    return &small->snapshot->vms[small->snapshot->n_vms - 1];
}

void smallcluster_measure_values(SmallCluster *small, const char *entity_id, Metric metric,
                                 const char *instance, const char *values)
{
    g_string_append_printf(small->samples, "%s,%s,%s,realtime,2026-11-21T20:10:00Z,20,%s\n", entity_id,
                           metric_names[metric], instance, values);
}

void smallcluster_measure(SmallCluster *small, const char *entity_id, Metric metric, double value)
{
    g_autoptr(GString) values = g_string_new(NULL);
    for (int i = 0; i < 15; i++) {
        if (i > 0)
            g_string_append_c(values, ' ');
        table_append_number(values, value);
    }
    smallcluster_measure_values(small, entity_id, metric, "", values->str);
}

void smallcluster_measure_vm(SmallCluster *small, const char *id, double mhz, double active_gib,
                             double consumed_gib)
{
    smallcluster_measure(small, id, METRIC_CPU_USAGE_MHZ, mhz);
    smallcluster_measure(small, id, METRIC_MEMORY_ACTIVE_KIB, active_gib * GIB_IN_KIB);
    smallcluster_measure(small, id, METRIC_MEMORY_CONSUMED_KIB, consumed_gib * GIB_IN_KIB);
}

void smallcluster_measure_host(SmallCluster *small, const char *id, double mhz, double consumed_gib)
{
    smallcluster_measure(small, id, METRIC_CPU_USAGE_MHZ, mhz);
    smallcluster_measure(small, id, METRIC_MEMORY_CONSUMED_KIB, consumed_gib * GIB_IN_KIB);
}

const char *smallcluster_write(SmallCluster *small)
{
    g_autoptr(GError) error = NULL;
    small->directory = g_dir_make_tmp("vmanger-smallcluster-XXXXXX", &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(small->directory);
    CU_ASSERT_TRUE_FATAL(snapshot_link(small->snapshot, &error));
    g_autoptr(SnapshotWriter) writer = snapshot_writer_new(small->directory, NULL, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
    snapshot_writer_samples(writer, small->samples->str, small->samples->len);
    CU_ASSERT_TRUE_FATAL(snapshot_writer_commit(writer, small->snapshot, NULL, &error));
    return small->directory;
}

void smallcluster_assess(SmallCluster *small, const char *policy_text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Policy) policy =
        policy_text ? smallcluster_policy(policy_text, &error) : policy_read(NULL, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
    const char *directory = smallcluster_write(small);
    snapshot_free(small->snapshot);
    small->snapshot = snapshot_read(directory, SNAPSHOT_STRICT, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(small->snapshot);
    small->assessment = assessment_new();
    g_autofree char *digest = policy_analyze_digest(policy);
    small->assessment->policy = g_string_chunk_insert(small->assessment->strings, digest);
    CU_ASSERT_TRUE_FATAL(
        evaluation_add(small->assessment, small->snapshot, directory, policy, &small->subject, &error));
}

const Load *smallcluster_load(const SmallCluster *small, const char *id, Resource resource)
{
    const Assessed *assessed = assessment_find(small->assessment, "source-1", id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(assessed);
    return &assessed->loads[resource];
}

int smallcluster_state(const SmallCluster *small, const char *id)
{
    const Assessed *assessed = assessment_find(small->assessment, "source-1", id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(assessed);
    return assessed->state;
}

char *smallcluster_file(const char *bytes, gsize length)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("vmanger-XXXXXX", &path, NULL);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    close(fd);
    CU_ASSERT_TRUE_FATAL(g_file_set_contents(path, bytes, (gssize)length, NULL));
    return g_steal_pointer(&path);
}

Policy *smallcluster_policy(const char *text, GError **error)
{
    g_autofree char *path = smallcluster_file(text, strlen(text));
    Policy *policy = policy_read(path, error);
    g_unlink(path);
    if (policy)
        g_clear_pointer(&policy->file, g_free); /* so that no message tells where it stood */
    return policy;
}
