/* SPDX-License-Identifier: MIT */
#include "tests/unit/cunit.h"
#include "tests/unit/smallcluster.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

void test_assessment_suite(void);

#define SUM "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define KEYS                                                                                                 \
    "#format,vmanger-assessment-1\n#snapshot," SUM ",source-1,2026-11-21T20:15:00Z\n#policy," SUM            \
    "\n#estimator,mean\n#window_from,2026-11-21T20:10:00Z\n#window_to,2026-11-21T20:15:00Z\n"                \
    "#origins,realtime=12,export=3\n"
#define HEADER                                                                                               \
    "entity,id,name,source_id,cluster_id,resource,unit,capacity,allocated,measured,reclaimed,demand,base,"   \
    "usage_pct,threshold_pct,state,buffer,reclaimed_host,pressure,"                                          \
    "pressure_pool_id,room_demand,size_used,size_need,size_span_s,peaks,reason\n"
#define CPU                                                                                                  \
    "host,h1,esx-1,source-1,c1,cpu,MHz,10000,2000,8100.5,,8100.5,100,81.005,80,hot,,,,,,,,,,\"81.005 %, above\"\n"
#define MEMORY "host,h1,esx-1,source-1,c1,host_memory,KiB,1000,0,300,0,300,300,30,80,hot,,,,,,,,,,\n"

static Assessment *read_text(const char *text, GError **error)
{
    g_autofree char *path = smallcluster_file(text, strlen(text));
    Assessment *assessment = assessment_read(path, error);
    g_unlink(path);
    return assessment;
}

static void refused(const char *text, const char *part)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Assessment) assessment = read_text(text, &error);
    CU_ASSERT_PTR_NULL(assessment);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, part));
    if (!strstr(error->message, part))
        g_printerr("\n  message: %s\n  lacks:   %s\n", error->message, part);
}

static void what_is_written_is_what_was_read(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Assessment) assessment = read_text(KEYS HEADER CPU MEMORY, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(assessment);
    CU_ASSERT_EQUAL(assessment->origins[ORIGIN_EXPORT], 3);
    CU_ASSERT_EQUAL(assessment->window_to - assessment->window_from, 300);
    const Assessed *host = assessment_find(assessment, "source-1", "h1");
    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    CU_ASSERT_EQUAL(host->state, STATE_HOT);
    CU_ASSERT_EQUAL(host->loads[RESOURCE_CPU].demand, 8100.5);
    CU_ASSERT_TRUE(isnan(host->loads[RESOURCE_CPU].reclaimed));
    CU_ASSERT_FALSE(load_is_stated(&host->loads[RESOURCE_DISK]));
    CU_ASSERT_PTR_NULL(assessment_find(assessment, "source-2", "h1"));

    g_autofree char *path = smallcluster_file("", 0), *written = NULL;
    CU_ASSERT_TRUE_FATAL(assessment_write(assessment, path, NULL, &error));
    CU_ASSERT_TRUE_FATAL(g_file_get_contents(path, &written, NULL, NULL));
    CU_ASSERT_STRING_EQUAL(written, KEYS HEADER CPU MEMORY);
    g_autoptr(Assessment) again = assessment_read(path, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(again);
    CU_ASSERT_STRING_EQUAL(again->digest, assessment->digest);
    g_unlink(path);
}

static void an_evaluated_snapshot_reads_back_number_for_number(void)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    smallcluster_add_host(small, "h1");
    smallcluster_add_vm(small, "v1", "h1");
    smallcluster_measure_host(small, "h1", 1234.5678, 33.3);
    smallcluster_measure_vm(small, "v1", 333.3333, 1.2345, 3.21);
    smallcluster_assess(small, NULL);
    g_autofree char *path = smallcluster_file("", 0);
    CU_ASSERT_TRUE_FATAL(assessment_write(small->assessment, path, NULL, NULL));
    g_autoptr(Assessment) read = assessment_read(path, NULL);
    g_unlink(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(read);
    CU_ASSERT_EQUAL_FATAL(read->entities->len, small->assessment->entities->len);
    for (guint i = 0; i < read->entities->len; i++) {
        const Assessed *was = &g_array_index(small->assessment->entities, Assessed, i);
        const Assessed *is = &g_array_index(read->entities, Assessed, i);
        CU_ASSERT_STRING_EQUAL(was->id, is->id);
        CU_ASSERT_EQUAL(was->state, is->state);
        for (int r = 0; r < N_RESOURCES; r++) {
            CU_ASSERT_TRUE(was->loads[r].demand == is->loads[r].demand || isnan(is->loads[r].demand));
            CU_ASSERT_EQUAL(isnan(was->loads[r].demand), isnan(is->loads[r].demand));
            CU_ASSERT_TRUE(was->loads[r].usage_pct == is->loads[r].usage_pct ||
                           isnan(is->loads[r].usage_pct));
        }
    }
}

static void padding_quotes_cr_and_unknown_columns_are_borne(void)
{
    g_autoptr(Assessment) assessment = read_text(
        "#format,vmanger-assessment-1,,,\r\n#snapshot," SUM ",s,2026-11-21T20:15:00Z,,\r\n#policy," SUM
        ",,,,\r\n#later,x\r\nid,entity,extra,source_id,cluster_id,resource,unit,capacity,allocated,"
        "measured,reclaimed,reclaimed_host,pressure,pressure_pool_id,demand,base,usage_pct,threshold_pct,state,"
        "buffer\r\n"
        "\"v1\",vm,?,s,c1,memory,KiB,4,,,,,,,,,,,idle,\r\n",
        NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(assessment);
    CU_ASSERT_PTR_NOT_NULL_FATAL(assessment_find(assessment, "s", "v1"));
    CU_ASSERT_EQUAL(assessment_find(assessment, "s", "v1")->loads[RESOURCE_MEMORY].capacity, 4);
}

static void names_that_are_formulas_come_back_as_they_were(void)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    smallcluster_add_host(small, "h1")->name = "=cmd|' /C calc'!A0";
    smallcluster_assess(small, NULL);
    g_autofree char *path = smallcluster_file("", 0), *text = NULL;
    CU_ASSERT_TRUE_FATAL(assessment_write(small->assessment, path, NULL, NULL));
    CU_ASSERT_TRUE(g_file_get_contents(path, &text, NULL, NULL));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "h1,'=cmd|"));
    g_autoptr(Assessment) read = assessment_read(path, NULL);
    g_unlink(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(read);
    CU_ASSERT_STRING_EQUAL(assessment_find(read, "source-1", "h1")->name, "=cmd|' /C calc'!A0");
}

static void key_rows_that_are_wrong_or_missing_are_named(void)
{
    refused("", ":1: header: found nothing: expected a header row");
    refused(HEADER CPU, ":1: #format: found nothing");
    refused("#format,vmanger-assessment-9\n", ":1: #format: found \"vmanger-assessment-9\"");
    refused("#format,vmanger-assessment-1\n" HEADER, ":2: #snapshot: found nothing");
    refused("#format,vmanger-assessment-1\n#snapshot,12,s,2026-11-21T20:15:00Z\n",
            ":2: #snapshot: found \"12\"");
    refused("#format,vmanger-assessment-1\n#snapshot," SUM ",s,now\n", ":2: #snapshot: found \"now\"");
    refused("#format,vmanger-assessment-1\n#snapshot," SUM ",s,2026-11-21T20:15:00Z\n" HEADER,
            ":3: #policy: found nothing");
    refused("#origins,realtime=many\n", ":1: #origins: found \"realtime=many\"");
    refused("#window_from,yesterday\n", ":1: #window_from: found \"yesterday\"");
}

static void rows_that_contradict_each_other_are_named_by_line_and_column(void)
{
    refused(KEYS HEADER CPU CPU, ":10: resource: found \"cpu\": expected each resource of an entity once");
    refused(KEYS HEADER CPU "host,h1,esx-1,source-1,c1,disk,KiB/s,1,,,,,,,,cold,,,,,,,,,,\n",
            ":10: state: found \"cold\": expected the state of the entity's other rows");
    refused(KEYS HEADER CPU "vm,h1,esx-1,source-1,c1,disk,KiB/s,1,,,,,,,,hot,,,,,,,,,,\n",
            ":10: entity: found \"vm\": expected host");
    refused(KEYS HEADER "host,h1,x,source-1,c1,cpu,KiB,1,,,,,,,,hot,,,,,,,,,,\n",
            ":9: unit: found \"KiB\": expected MHz");
    refused(KEYS HEADER "host,h1,x,source-1,c1,cpu,MHz,1,,,,,,,,short,,,,,,,,,,\n",
            ":9: state: found \"short\"");
    refused(KEYS HEADER "host,h1,x,source-1,c1,cpu,MHz,,,,,,,,,hot,,,,,,,,,,\n",
            ":9: capacity: found nothing");
    refused(KEYS HEADER "host,h1,x,source-1,c1,cpu,MHz,-1,,,,,,,,hot,,,,,,,,,,\n",
            ":9: capacity: found \"-1\"");
    refused(KEYS HEADER "host,h1,x,source-1,c1,gpu,MHz,1,,,,,,,,hot,,,,,,,,,,\n",
            ":9: resource: found \"gpu\"");
    refused(KEYS HEADER "host,h1,x\n", ":9: row: found \"3 cells\": expected 26");
    refused(KEYS "entity,id\n", ":8: source_id: found no such column");
}

static void a_source_that_is_assessed_already_is_refused(void)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    smallcluster_add_host(small, "h1");
    smallcluster_assess(small, NULL);
    g_autoptr(GError) error = NULL;
    guint first = 0;
    CU_ASSERT_FALSE(assessment_add_snapshot(small->assessment, small->snapshot, &first, &error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "found source source-1 assessed already"));
}

static void snapshots_of_two_sources_make_one_view(void)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    smallcluster_add_host(small, "h1");
    smallcluster_assess(small, NULL);
    small->snapshot->info.source_id = "source-2";
    guint first = 0;
    CU_ASSERT_TRUE_FATAL(assessment_add_snapshot(small->assessment, small->snapshot, &first, NULL));
    CU_ASSERT_EQUAL(first, 2);
    CU_ASSERT_EQUAL(small->assessment->snapshots->len, 2);
    const Assessed *one = assessment_find(small->assessment, "source-1", "h1");
    const Assessed *two = assessment_find(small->assessment, "source-2", "h1");
    CU_ASSERT_TRUE(one && two && one != two);
}

void test_assessment_suite(void)
{
    CU_pSuite suite = CU_add_suite("assessment", NULL, NULL);
    CU_ADD_TEST(suite, what_is_written_is_what_was_read);
    CU_ADD_TEST(suite, an_evaluated_snapshot_reads_back_number_for_number);
    CU_ADD_TEST(suite, padding_quotes_cr_and_unknown_columns_are_borne);
    CU_ADD_TEST(suite, names_that_are_formulas_come_back_as_they_were);
    CU_ADD_TEST(suite, key_rows_that_are_wrong_or_missing_are_named);
    CU_ADD_TEST(suite, rows_that_contradict_each_other_are_named_by_line_and_column);
    CU_ADD_TEST(suite, a_source_that_is_assessed_already_is_refused);
    CU_ADD_TEST(suite, snapshots_of_two_sources_make_one_view);
}
