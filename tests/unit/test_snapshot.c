/* SPDX-License-Identifier: MIT */
#include "collect/snapshotreader.h"
#include "tests/unit/cunit.h"
#include "tests/unit/smallcluster.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

void test_snapshot_suite(void);

static SmallCluster *two_hosts_and_a_vm(void)
{
    SmallCluster *small = smallcluster_new();
    smallcluster_add_host(small, "h1");
    smallcluster_add_host(small, "h2");
    smallcluster_add_vm(small, "v1", "h1");
    smallcluster_measure_host(small, "h1", 100, 10);
    smallcluster_measure_vm(small, "v1", 50, 1, 2);
    return small;
}

/* replaces text in a file of the snapshot, so that its sums no longer match; without sums is the form in
 * which tables by hand are read */
static void edit(const SmallCluster *small, const char *file, const char *from, const char *to)
{
    g_autofree char *path = g_build_filename(small->directory, file, NULL), *text = NULL;
    CU_ASSERT_TRUE_FATAL(g_file_get_contents(path, &text, NULL, NULL));
    CU_ASSERT_PTR_NOT_NULL_FATAL(strstr(text, from));
    g_auto(GStrv) parts = g_strsplit(text, from, 2);
    g_autofree char *changed = g_strjoinv(to, parts);
    CU_ASSERT_TRUE_FATAL(g_file_set_contents(path, changed, -1, NULL));
}

static void drop(const SmallCluster *small, const char *file)
{
    g_autofree char *path = g_build_filename(small->directory, file, NULL);
    CU_ASSERT_EQUAL_FATAL(g_unlink(path), 0);
}

static void expect(const SmallCluster *small, SnapshotFlags flags, const char *part)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Snapshot) snapshot = snapshot_read(small->directory, flags, &error);
    CU_ASSERT_PTR_NULL(snapshot);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, part));
    if (!strstr(error->message, part))
        g_printerr("\n  message: %s\n  lacks:   %s\n", error->message, part);
}

/* what a table edited by hand is refused with */
static void refused(const char *file, const char *from, const char *to, const char *part)
{
    g_autoptr(SmallCluster) small = two_hosts_and_a_vm();
    smallcluster_write(small);
    drop(small, "SHA256SUMS");
    edit(small, file, from, to);
    expect(small, SNAPSHOT_UNSUMMED_OK, part);
}

static void what_was_written_is_read_back(void)
{
    g_autoptr(SmallCluster) small = two_hosts_and_a_vm();
    small->snapshot->vms[0].name = "=1+1, \"x\"\nnext";
    smallcluster_write(small);
    g_autoptr(Snapshot) read = snapshot_read(small->directory, SNAPSHOT_STRICT, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(read);
    CU_ASSERT_EQUAL(read->n_hosts, 2);
    CU_ASSERT_STRING_EQUAL(read->vms[0].name, "=1+1, \"x\"\nnext");
    CU_ASSERT_EQUAL(read->vms[0].host, snapshot_find_host(read, "h1"));
    CU_ASSERT_EQUAL(read->vms[0].cluster, 0);
    CU_ASSERT_TRUE(isnan(read->vms[0].cpu_limit_mhz));
    CU_ASSERT_EQUAL(snapshot_find_vm(read, "h1"), -1);
    CU_ASSERT_EQUAL(read->info.taken_at, small->snapshot->info.taken_at);
}

static void add_evc_mode(Snapshot *snapshot, const char *id, const char *vendor, double tier,
                         const char *tracks)
{
    EvcMode mode = evc_mode_unknown();
    mode.id = id;
    mode.vendor = vendor;
    mode.tier = tier;
    mode.tracks = tracks;
    snapshot_add_evc_mode(snapshot, &mode);
}

static void evc_modes_are_read_where_there_are_any(void)
{
    g_autoptr(SmallCluster) without = two_hosts_and_a_vm(), with = two_hosts_and_a_vm();
    smallcluster_write(without);
    g_autoptr(Snapshot) none = snapshot_read(without->directory, SNAPSHOT_STRICT, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(none);
    CU_ASSERT_EQUAL(none->n_evc_modes, 0);
    CU_ASSERT_FALSE(g_hash_table_contains(none->sums, "evc_modes.csv"));
    add_evc_mode(with->snapshot, "intel-icelake", "intel", 14, "intel");
    with->snapshot->hosts[0].max_evc_mode = "intel-icelake";
    smallcluster_write(with);
    g_autoptr(Snapshot) one = snapshot_read(with->directory, SNAPSHOT_STRICT, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(one);
    CU_ASSERT_EQUAL_FATAL(one->n_evc_modes, 1);
    CU_ASSERT_EQUAL(one->evc_modes[0].tier, 14);
    CU_ASSERT_STRING_EQUAL(one->hosts[0].max_evc_mode, "intel-icelake");
    edit(with, "evc_modes.csv", ",14,", ",15,");
    expect(with, SNAPSHOT_STRICT, "evc_modes.csv: found SHA-256");
    drop(with, "evc_modes.csv");
    expect(with, SNAPSHOT_STRICT, "evc_modes.csv: cannot be read");
}

static void an_evc_mode_includes_lower_tiers_of_its_vendor_and_tracks(void)
{
    g_autoptr(Snapshot) s = snapshot_new();
    add_evc_mode(s, "intel-haswell", "intel", 8, "core");
    add_evc_mode(s, "intel-icelake", "intel", 14, "core xeon");
    add_evc_mode(s, "intel-atom", "intel", 2, "atom");
    add_evc_mode(s, "amd-zen2", "amd", 10, "core");
    CU_ASSERT_EQUAL(snapshot_evc_includes(s, "intel-icelake", "intel-haswell"), 1);
    CU_ASSERT_EQUAL(snapshot_evc_includes(s, "intel-haswell", "intel-icelake"), 0);
    CU_ASSERT_EQUAL(snapshot_evc_includes(s, "intel-haswell", "intel-haswell"), 1);
    CU_ASSERT_EQUAL(snapshot_evc_includes(s, "intel-icelake", "intel-atom"), 0);
    CU_ASSERT_EQUAL(snapshot_evc_includes(s, "amd-zen2", "intel-haswell"), 0);
    CU_ASSERT_EQUAL(snapshot_evc_includes(s, "intel-icelake", "intel-granite"), -1);
    CU_ASSERT_EQUAL(snapshot_evc_includes(s, "intel-granite", "intel-granite"), 1);
    CU_ASSERT_EQUAL(snapshot_evc_includes(s, "", "intel-haswell"), -1);
}

static void a_column_that_is_missing_is_not_known(void)
{
    g_autoptr(SmallCluster) small = two_hosts_and_a_vm();
    small->snapshot->vms[0].latency_sensitivity = LATENCY_HIGH;
    small->snapshot->clusters[0].drs = DRS_UNSTATED;
    smallcluster_write(small);
    g_autoptr(Snapshot) whole = snapshot_read(small->directory, SNAPSHOT_STRICT, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(whole);
    CU_ASSERT_EQUAL(whole->vms[0].latency_sensitivity, LATENCY_HIGH);
    CU_ASSERT_EQUAL(whole->clusters[0].drs, DRS_UNSTATED);
    drop(small, "SHA256SUMS");
    edit(small, "vms.csv", "latency_sensitivity", "of_another_version");
    g_autoptr(Snapshot) lacking = snapshot_read(small->directory, SNAPSHOT_UNSUMMED_OK, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lacking);
    CU_ASSERT_EQUAL(lacking->vms[0].latency_sensitivity, -1);
    CU_ASSERT_TRUE(isnan(lacking->clusters[0].memory_reservable_mib));
}

static void a_partner_in_fault_tolerance_is_a_vm(void)
{
    g_autoptr(SmallCluster) small = two_hosts_and_a_vm();
    smallcluster_add_vm(small, "v2", "h2");
    small->snapshot->vms[0].ft_role = FT_ROLE_PRIMARY;
    small->snapshot->vms[0].ft_partner_ids = "v2";
    smallcluster_write(small);
    drop(small, "SHA256SUMS");
    edit(small, "vms.csv", ",primary,v2,", ",primary,v9,");
    expect(small, SNAPSHOT_UNSUMMED_OK, "vms.csv:2: ft_partner_ids: found \"v9\": expected ids of vms.csv");
}

static void a_reference_that_leads_nowhere_names_line_and_column(void)
{
    refused("vms.csv", ",h1,", ",h9,", "vms.csv:2: host_id: found \"h9\": expected an id of hosts.csv");
    refused("hosts.csv", ",c1,", ",c9,",
            "hosts.csv:2: cluster_id: found \"c9\": expected an id of clusters.csv");
}

static void an_id_that_stands_twice_names_line_and_column(void)
{
    refused("hosts.csv", "\nh2,", "\nh1,", "hosts.csv:3: id: found \"h1\": expected each id once");
    refused("vms.csv", "\nv1,", "\nh1,", "vms.csv:2: id: found \"h1\": expected each id once");
}

static void numbers_that_make_no_sense_name_line_and_column(void)
{
    refused("hosts.csv", ",10000,", ",-10000,", "hosts.csv:2: cpu_mhz: found \"-10000\"");
    refused("hosts.csv", ",10000,", ",0,", "hosts.csv:2: cpu_mhz: found \"0\": expected more than 0");
    refused("vms.csv", ",10240,", ",99999999999999,", "vms.csv:2: memory_mib: found \"99999999999999\"");
}

static void a_table_of_another_shape_is_named(void)
{
    refused("hosts.csv", "cluster_id", "cluster", "hosts.csv:1: cluster_id: found no such column");
    refused("snapshot.csv", "vmanger-snapshot-1", "vmanger-snapshot-9",
            "snapshot.csv:2: format: found \"vmanger-snapshot-9\"");
    g_autoptr(SmallCluster) small = two_hosts_and_a_vm();
    smallcluster_write(small);
    drop(small, "SHA256SUMS");
    drop(small, "vms.csv");
    expect(small, SNAPSHOT_UNSUMMED_OK, "vms.csv: cannot be read");
}

static void without_sums_only_collect_reads_it(void)
{
    g_autoptr(SmallCluster) small = two_hosts_and_a_vm();
    smallcluster_write(small);
    drop(small, "SHA256SUMS");
    expect(small, SNAPSHOT_STRICT, "SHA256SUMS: found no such file");
    g_autoptr(Snapshot) read = snapshot_read(small->directory, SNAPSHOT_UNSUMMED_OK, NULL);
    CU_ASSERT_PTR_NOT_NULL(read);
}

static void a_file_that_was_changed_or_added_is_refused_by_its_sum(void)
{
    g_autoptr(SmallCluster) changed = two_hosts_and_a_vm(), added = two_hosts_and_a_vm();
    smallcluster_write(changed);
    edit(changed, "hosts.csv", ",10000,", ",20000,");
    expect(changed, SNAPSHOT_STRICT, "hosts.csv: found SHA-256");
    smallcluster_write(added);
    g_autofree char *path = g_build_filename(added->directory, "notes.txt", NULL);
    CU_ASSERT_TRUE(g_file_set_contents(path, "x", 1, NULL));
    expect(added, SNAPSHOT_STRICT, "notes.txt: found a file that SHA256SUMS does not name");
}

/* ---- samples ---- */

static void samples_refused(const char *from, const char *to, gboolean summed, const char *part)
{
    g_autoptr(SmallCluster) small = two_hosts_and_a_vm();
    smallcluster_write(small);
    edit(small, "samples.csv", from, to);
    if (!summed)
        drop(small, "SHA256SUMS");
    g_autoptr(GError) error = NULL;
    g_autoptr(Snapshot) snapshot =
        snapshot_read(small->directory, summed ? SNAPSHOT_STRICT : SNAPSHOT_UNSUMMED_OK, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(snapshot);
    g_autoptr(Means) means = means_read(snapshot, small->directory, 60, &error);
    CU_ASSERT_PTR_NULL(means);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, part));
    if (!strstr(error->message, part))
        g_printerr("\n  message: %s\n  lacks:   %s\n", error->message, part);
}

static void samples_that_make_no_sense_name_line_and_column(void)
{
    samples_refused("h1,cpu", "h7,cpu", FALSE,
                    "samples.csv:2: entity_id: found \"h7\": expected an id of vms.csv or hosts.csv");
    samples_refused("cpu_usage_mhz", "cpu_percent", FALSE, "samples.csv:2: metric: found \"cpu_percent\"");
    samples_refused(",20,100 100", ",0,100 100", FALSE, "samples.csv:2: interval_s: found \"0\"");
    samples_refused(",100 100", ",100  100", FALSE, "samples.csv:2: values: found nothing");
    samples_refused(",100 100", ",100 -100", FALSE, "samples.csv:2: values: found \"-100\"");
    samples_refused(",100 100", ",100 1e2", FALSE, "samples.csv:2: values: found \"1e2\"");
    samples_refused(",100 100", ",100 1.", FALSE, "samples.csv:2: values: found \"1.\"");
    samples_refused(",100 100", ",100 1.2345", FALSE, "samples.csv:2: values: found \"1.2345\"");
    samples_refused(",100 100", ",100 12345678901234567890", FALSE, "samples.csv:2: values: found \"1234");
    samples_refused(",100 100", ",100 40000.001", FALSE, "samples.csv:2: values: found \"40000.001\"");
    samples_refused("100\n", "100 \n", FALSE, "samples.csv:2: values: found nothing");
}

static void samples_that_were_changed_are_refused_by_their_sum(void)
{
    samples_refused(",100 100", ",100 101", TRUE, "samples.csv: found SHA-256");
}

static void a_value_may_reach_four_times_the_capacity(void)
{
    g_autoptr(SmallCluster) small = two_hosts_and_a_vm();
    smallcluster_measure(small, "h2", METRIC_CPU_USAGE_MHZ, 40000);
    smallcluster_write(small);
    g_autoptr(Means) means = means_read(small->snapshot, small->directory, 60, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(means);
    CU_ASSERT_EQUAL(means_of_host(means, 1, METRIC_CPU_USAGE_MHZ), 40000);
}

void test_snapshot_suite(void)
{
    CU_pSuite suite = CU_add_suite("snapshot", NULL, NULL);
    CU_ADD_TEST(suite, what_was_written_is_read_back);
    CU_ADD_TEST(suite, evc_modes_are_read_where_there_are_any);
    CU_ADD_TEST(suite, an_evc_mode_includes_lower_tiers_of_its_vendor_and_tracks);
    CU_ADD_TEST(suite, a_column_that_is_missing_is_not_known);
    CU_ADD_TEST(suite, a_partner_in_fault_tolerance_is_a_vm);
    CU_ADD_TEST(suite, a_reference_that_leads_nowhere_names_line_and_column);
    CU_ADD_TEST(suite, an_id_that_stands_twice_names_line_and_column);
    CU_ADD_TEST(suite, numbers_that_make_no_sense_name_line_and_column);
    CU_ADD_TEST(suite, a_table_of_another_shape_is_named);
    CU_ADD_TEST(suite, without_sums_only_collect_reads_it);
    CU_ADD_TEST(suite, a_file_that_was_changed_or_added_is_refused_by_its_sum);
    CU_ADD_TEST(suite, samples_that_make_no_sense_name_line_and_column);
    CU_ADD_TEST(suite, samples_that_were_changed_are_refused_by_their_sum);
    CU_ADD_TEST(suite, a_value_may_reach_four_times_the_capacity);
}
