/* SPDX-License-Identifier: MIT */
#include "collect/queryperf.h"
#include "tests/unit/cunit.h"

#include <string.h>

void test_samples_suite(void);

/* A counter's key is its index and 100. */
static int key_of(const char *name)
{
    for (guint i = 0; i < realtime_counters.n; i++)
        if (strcmp(realtime_counters.counters[i].name, name) == 0)
            return (int)i + 100;
    CU_FAIL_FATAL("no such counter");
    return 0;
}

/* One host of 16000 MHz and 64 GiB with a VM of 2 vCPUs and 4 GiB, at 20:15:00. */
static Snapshot *small(void)
{
    Snapshot *snapshot = snapshot_new();
    Host host = host_unknown();
    host.id = "host-1";
    host.core_mhz = 2000;
    host.cpu_mhz = 16000;
    host.memory_kib = 64.0 * 1024 * 1024;
    snapshot_add_host(snapshot, &host);
    Vm vm = vm_unknown();
    vm.id = "vm-1";
    vm.host = 0;
    vm.vcpus = 2;
    vm.memory_mib = 4096;
    snapshot_add_vm(snapshot, &vm);
    table_parse_time("2026-11-21T20:15:00Z", &snapshot->info.taken_at);
    return snapshot;
}

typedef struct Reading {
    PerfReader *reader;
    GString *rows;
    gboolean of_host;
} Reading;

static gboolean take(const Element *element, gpointer data, GError **error)
{
    (void)error;
    Reading *reading = data;
    perf_reader_take(reading->reader, element, reading->of_host ? 0 : -1, reading->of_host ? -1 : 0,
                     reading->rows);
    return TRUE;
}

/* The rows made of the inside of one returnval, each shortened to metric, start and values. */
static void reads(const char *inside, gboolean of_host, const char *expected, guint dropped)
{
    g_autoptr(Snapshot) snapshot = small();
    g_autofree CounterKey *keys = g_new0(CounterKey, realtime_counters.n);
    for (guint i = 0; i < realtime_counters.n; i++)
        keys[i].key = (int)i + 100;
    g_autoptr(PerfReader) samples = perf_reader_new(snapshot, &realtime_counters, keys, 4, 20);
    g_autoptr(GString) rows = g_string_new(NULL);
    Reading reading = {samples, rows, of_host};
    g_autoptr(XmlReader) reader = xml_reader_new(1, take, &reading);
    g_autofree char *document = g_strdup_printf("<r><returnval>%s</returnval></r>", inside);
    CU_ASSERT_TRUE(xml_reader_push(reader, document, strlen(document), NULL));
    g_autoptr(GString) shown = g_string_new(rows->str);
    g_string_replace(shown, of_host ? "host-1," : "vm-1,", "", 0);
    g_string_replace(shown, ",,realtime,2026-11-21T", " ", 0);
    g_string_replace(shown, "Z,20,", " ", 0);
    CU_ASSERT_STRING_EQUAL(shown->str, expected);
    CU_ASSERT_EQUAL(perf_reader_dropped(samples), dropped);
}

static char *series(const char *counter, const char *instance, const char *values)
{
    return g_strdup_printf("<value><id><counterId>%d</counterId><instance>%s</instance></id>%s</value>",
                           key_of(counter), instance, values);
}

#define TIMES                                                                                                        \
    "<sampleInfoCSV>20,2026-11-21T20:14:00Z,20,2026-11-21T20:14:20Z,20,2026-11-21T20:14:40Z,20,2026-11-21T20:15:00Z" \
    "</sampleInfoCSV>"

static void csv_is_read(void)
{
    g_autofree char *cpu = series("cpu.usagemhz.average", "", "<value>10,20,30,40</value>");
    g_autofree char *memory = series("mem.active.average", "", "<value>1,-1,,4</value>");
    g_autofree char *inside = g_strconcat(TIMES, cpu, memory, NULL);
    reads(inside, FALSE, "cpu_usage_mhz 20:13:40 10 20 30 40\nmemory_active_kib 20:13:40 1 - - 4\n", 0);
}

static void the_other_format_is_read(void)
{
    g_autofree char *cpu =
        series("cpu.usagemhz.average", "", "<value>10</value><value>-1</value><value>30</value>");
    g_autofree char *inside = g_strconcat(
        "<sampleInfo><timestamp>2026-11-21T20:14:20.123Z</timestamp><interval>20</interval></sampleInfo>"
        "<sampleInfo><timestamp>2026-11-21T22:14:40+02:00</timestamp></sampleInfo>"
        "<sampleInfo><timestamp>2026-11-21T20:15:00Z</timestamp></sampleInfo>",
        cpu, NULL);
    reads(inside, FALSE, "cpu_usage_mhz 20:13:40 - 10 - 30\n", 0);
}

static void instances_and_directions_are_summed(void)
{
    g_autofree char *a = series("virtualDisk.read.average", "scsi0:0", "<value>1,2,3,4</value>");
    g_autofree char *b = series("virtualDisk.read.average", "scsi0:1", "<value>10,20,-1,40</value>");
    g_autofree char *c = series("virtualDisk.write.average", "scsi0:0", "<value>100,-1,-1,400</value>");
    g_autofree char *all = series("virtualDisk.read.average", "", "<value>5,5,5,5</value>");
    g_autofree char *inside = g_strconcat(TIMES, a, b, c, all, NULL);
    reads(inside, FALSE, "disk_kibps 20:13:40 111 22 3 444\n", 0);
}

static void an_aggregate_alone_is_taken(void)
{
    g_autofree char *all = series("virtualDisk.read.average", "", "<value>5,5,5,5</value>");
    g_autofree char *cpu = series("cpu.usagemhz.average", "0", "<value>1,1,1,1</value>");
    g_autofree char *inside = g_strconcat(TIMES, all, cpu, NULL);
    reads(inside, FALSE, "disk_kibps 20:13:40 5 5 5 5\n", 0);
}

static void hosts_and_vms_have_counters_of_their_own(void)
{
    g_autofree char *of_vm = series("mem.swapped.average", "", "<value>1,1,1,1</value>");
    g_autofree char *of_host = series("mem.swapused.average", "", "<value>2,2,2,2</value>");
    g_autofree char *inside = g_strconcat(TIMES, of_vm, of_host, NULL);
    reads(inside, FALSE, "memory_swapped_kib 20:13:40 1 1 1 1\n", 0);
    reads(inside, TRUE, "memory_swapped_kib 20:13:40 2 2 2 2\n", 0);
}

static void what_no_measurement_can_be_is_dropped(void)
{
    g_autofree char *cpu = series("cpu.usagemhz.average", "", "<value>16000,16001,99999999,4</value>");
    g_autofree char *inside = g_strconcat(TIMES, cpu, NULL);
    reads(inside, FALSE, "cpu_usage_mhz 20:13:40 16000 - - 4\n", 2);
    g_autofree char *absurd =
        series("cpu.usagemhz.average", "", "<value>99999999,99999999,99999999,99999999</value>");
    g_autofree char *nothing = g_strconcat(TIMES, absurd, NULL);
    reads(nothing, FALSE, "", 4);
}

static void old_samples_leave_the_end_of_the_window_empty(void)
{
    g_autofree char *cpu = series("cpu.usagemhz.average", "", "<value>1,2</value>");
    g_autofree char *late = g_strconcat(
        "<sampleInfoCSV>20,2026-11-21T20:14:00Z,20,2026-11-21T20:14:20Z</sampleInfoCSV>", cpu, NULL);
    reads(late, FALSE, "cpu_usage_mhz 20:13:00 - - 1 2\n", 0);
    g_autofree char *old = g_strconcat(
        "<sampleInfoCSV>20,2026-11-21T20:13:39Z,20,2026-11-21T20:13:59Z</sampleInfoCSV>", cpu, NULL);
    reads(old, FALSE, "cpu_usage_mhz 20:13:39 2 - - -\n", 0);
    g_autofree char *older = g_strconcat(
        "<sampleInfoCSV>20,2026-11-21T19:00:00Z,20,2026-11-21T19:00:20Z</sampleInfoCSV>", cpu, NULL);
    reads(older, FALSE, "", 0);
}

static void what_makes_no_sense_is_no_sample(void)
{
    g_autofree char *cpu = series("cpu.usagemhz.average", "", "<value>x,1e999,,,5,6,7</value>");
    g_autofree char *inside = g_strconcat(TIMES, cpu, "<value/><value><id/></value><extra>1</extra>", NULL);
    reads(inside, FALSE, "", 0);
    reads("", FALSE, "", 0);
    reads("<sampleInfoCSV>nonsense</sampleInfoCSV>", FALSE, "", 0);
}

void test_samples_suite(void)
{
    CU_pSuite suite = CU_add_suite("samples", NULL, NULL);
    CU_ADD_TEST(suite, csv_is_read);
    CU_ADD_TEST(suite, the_other_format_is_read);
    CU_ADD_TEST(suite, instances_and_directions_are_summed);
    CU_ADD_TEST(suite, an_aggregate_alone_is_taken);
    CU_ADD_TEST(suite, hosts_and_vms_have_counters_of_their_own);
    CU_ADD_TEST(suite, what_no_measurement_can_be_is_dropped);
    CU_ADD_TEST(suite, old_samples_leave_the_end_of_the_window_empty);
    CU_ADD_TEST(suite, what_makes_no_sense_is_no_sample);
}
