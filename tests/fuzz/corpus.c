/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/corpus.h"

#include "analyze/evaluation.h"
#include "collect/digest.h"
#include "collect/historyfile.h"
#include "collect/knownhosts.h"
#include "collect/queryperf.h"
#include "collect/snapshotreader.h"
#include "collect/source.h"
#include "plan/decide.h"
#include "plan/dependencies.h"
#include "plan/past.h"
#include "plan/planfile.h"
#include "plan/replay.h"
#include "plan/seriesloads.h"
#include "plan/show.h"
#include "plan/verify.h"
#include "samples/synthetic.h"
#include "tests/fuzz/conversation.h"
#include "tests/fuzz/estate.h"

#include <glib/gstdio.h>
#include <string.h>
#include <zip.h>

#define MOST_INTERVALS 30 /* of a replay */
#define FEW_MOVES 50      /* that the search of one of its cycles tries */

typedef gboolean TryFunction(Corpus *corpus, const char *path, GError **error);

typedef struct Format {
    const char *file;
    TryFunction *try;
} Format;

static TryFunction try_snapshot, try_policy, try_assessment, try_plan, try_journal, try_queryperf,
    try_knownhosts, try_export, try_workbook, try_collection, try_application, try_estate, try_history,
    try_series;

static const Format formats[] = {
    {"snapshot/snapshot.csv", try_snapshot},
    {"snapshot/clusters.csv", try_snapshot},
    {"snapshot/pools.csv", try_snapshot},
    {"snapshot/hosts.csv", try_snapshot},
    {"snapshot/vms.csv", try_snapshot},
    {"snapshot/rules.csv", try_snapshot},
    {"snapshot/samples.csv", try_snapshot},
    {"snapshot/SHA256SUMS", try_snapshot},
    {"policy.ini", try_policy},
    {"assessment.csv", try_assessment},
    {"plan.csv", try_plan},
    {"journal.csv", try_journal},
    {"rollup.csv", try_history},
    {"series.csv", try_series},
    {"queryperf.xml", try_queryperf},
    {"known_hosts", try_knownhosts},
    {"export/vHost.csv", try_export},
    {"export/vInfo.csv", try_export},
    {"export/vCPU.csv", try_export},
    {"export/vMemory.csv", try_export},
    {"sheet1.xml", try_workbook},
    {"estate/hosts.csv", try_estate},
    {"estate/domain.xml", try_estate},
    {"estate/capabilities.xml", try_estate},
    {"estate/domaincapabilities.xml", try_estate},
    {"vcenter/session.txt", try_collection},
    {"vcenter/inventory.txt", try_collection},
    {"vcenter/statistics.txt", try_collection},
    {"vcenter/measured.txt", try_collection},
    {"vcenter/tasks.txt", try_application},
};

static const char good_policy[] = "# a policy\n[analyze]\ncpu_hot_pct=70\nmemory_hot_pct=75.5\nnet_hot_pct=\n"
                                  "system_vms=vc*;Infra/*\nhost_memory=demand\nbuffer=unallocated\n\n"
                                  "[plan]\nmemory_step_mib=256\nmax_moves_per_host=3\nseed=7\nha_check=hard\n"
                                  "[apply]\nparallel=2\n[rule apart]\ntype=vm_anti_affinity\nvms=vm*\n"
                                  "[rule licensed]\ntype=vm_host_affinity\nvms=*1\nhosts=*\nmandatory=yes\n";

/* an answer as a vCenter gives it, in both of its formats; a counter's key is its index and FIRST_KEY */
#define FIRST_KEY 100
static const char good_queryperf[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<soapenv:Body>\n"
    "<QueryPerfResponse xmlns=\"urn:vim25\">\n"
    "<returnval xsi:type=\"PerfEntityMetricCSV\"><entity type=\"VirtualMachine\">vm-1</entity>\n"
    "<sampleInfoCSV>20,2026-11-20T20:14:40Z,20,2026-11-20T20:15:00Z</sampleInfoCSV>\n"
    "<value><id><counterId>100</counterId><instance></instance></id><value>10,-1</value></value>\n"
    "<value><id><counterId>104</counterId><instance>scsi0:1</instance></id><value>7,8</value></value>\n"
    "</returnval>\n<returnval xsi:type=\"PerfEntityMetric\"><entity type=\"HostSystem\">host-1</entity>\n"
    "<sampleInfo><timestamp>2026-11-20T20:15:00.123Z</timestamp><interval>20</interval></sampleInfo>\n"
    "<value><id><counterId>101</counterId><instance/></id><value>30</value></value>\n"
    "</returnval>\n</QueryPerfResponse>\n</soapenv:Body>\n</soapenv:Envelope>\n";

/* what two VMs used, as plan --replay takes it */
static const char good_series[] =
    "vm,time_s,vcpus,cpu_provisioned_mhz,cpu_usage_mhz,memory_provisioned_kib,memory_usage_kib\n"
    "a,1000,2,4000,3900,1048576,900000\na,1300,2,4000,3900.5,1048576,1000000\n"
    "\"b,c\",1300,1,2000,10,4194304,\na,1600,2,4000,,1048576,5\n\"b,c\",1600,1,2000,0,4194304,70\n";

static const char good_knownhosts[] =
    "vcenter.example.com 5B:12:AB:7F:00:91:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\n"
    "vcenter.example.com:443 "
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";

/* an RVTools export, as a directory of CSV files */
static const struct {
    const char *file, *text;
} good_export[] = {
    {"vHost.csv",
     "Host,Datacenter,Cluster,in Maintenance Mode,CPU Model,Speed,# Cores,CPU usage %,# Memory,Memory usage %,"
     "Current EVC,Object ID,VI SDK UUID\n"
     "esx1,DC,Prod,False,Xeon,2000,16,92,\"65,536\",70,,host-1,11-22\n"
     "esx2,DC,Prod,False,Xeon,2000,16,10,\"65,536\",20,,,11-22\n"
     "lone,DC,,True,Xeon,2000,16,1,65536,3%,,host-3,11-22\n"},
    {"vInfo.csv", "VM,Powerstate,Template,CPUs,Memory,Folder,HW version,Cluster,Host,VM ID,VI SDK UUID\n"
                  "web,poweredOn,False,4,4096,/DC/vm/a,21,Prod,esx1,vm-1,11-22\n"
                  "\"of\ntwo\",poweredOn,0,8,16384,,vmx-19,Prod,esx1,,11-22\n"
                  "old,poweredOff,True,1,1024,,21,Prod,esx2,vm-3,11-22\n"
                  "web,poweredOn,False,2,2048,,21,Prod,esx2,vm-4,11-22\n"},
    {"vCPU.csv", "VM;CPUs;Overall;Reservation;Limit;Hot Add;VM ID\nweb;4;7.000;0;-1;True;vm-1\n"
                 "\"of\ntwo\";8;12.000;0;0;False;\nweb;2;100;0;Unlimited;1;vm-4\n"},
    {"vMemory.csv", "VM,Size MB,Consumed,Swapped,Ballooned,Active,Limit,Hot Add,VM ID\n"
                    "web,4096,4000,0,0,3900,-1,True,vm-1\nweb,2048,1024,0,0,100,-1,True,vm-4\n"},
};

static const char good_sheet[] =
    "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>\n"
    "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Host</t></is></c><c r=\"B1\" t=\"s\"><v>0</v></c>"
    "<c t=\"inlineStr\"><is><r><t># </t></r><r><t>Cores</t></r></is></c>"
    "<c r=\"D1\" t=\"str\"><v># Memory</v></c><c r=\"E1\" t=\"inlineStr\"><is><t>CPU usage %</t></is></c></row>\n"
    "<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>esx1</t></is></c><c r=\"B2\"><v>2000</v></c>"
    "<c r=\"C2\" t=\"n\"><v>16</v></c><c r=\"D2\"><v>6.5536E4</v></c><c r=\"E2\"><v>12</v></c></row>\n"
    "<row><c t=\"s\"><v>1</v></c><c><v>2000</v></c><c><v>16</v></c><c><v>65536</v></c></row>\n"
    "</sheetData></worksheet>\n";

struct Corpus {
    char *directory;
    GBytes *good[G_N_ELEMENTS(formats)];
};

/* Whatever follows from accepted input must succeed. */
static void must(gboolean ok, const char *what, const GError *error)
{
    if (!ok)
        g_error("%s: %s", what, error ? error->message : "no reason given");
}

static char *path_of(const Corpus *corpus, const char *file)
{
    return g_build_filename(corpus->directory, file, NULL);
}

static void remove_all(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;
    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        remove_all(inner);
    }
    if (directory)
        g_rmdir(path);
    else
        g_unlink(path);
}

/* ---- from a snapshot to a plan, and back from the files ---- */

static Assessment *assess(const Snapshot *snapshot, const char *directory, const Policy *policy,
                          GError **error)
{
    g_autoptr(Assessment) assessment = evaluation_begin(policy);
    g_auto(Subject) subject = {0};
    g_autoptr(History) history = history_new();
    return evaluation_add_newest(assessment, history, snapshot, directory, policy, &subject, error)
               ? g_steal_pointer(&assessment)
               : NULL;
}

/* Writes the plan that the strategy makes, reads it and tries it; FALSE where the assessment, or numbers in
 * it, are refused. */
static gboolean plan(Corpus *corpus, const Snapshot *snapshot, const Assessment *assessment,
                     const Policy *policy, GError **error)
{
    g_autoptr(Past) past = past_new();
    g_autoptr(Situation) situation = situation_new(snapshot, assessment, policy, past, error);
    g_autoptr(ChangePlan) made = situation ? decide(situation, error) : NULL;
    if (!made)
        return FALSE;
    g_autofree char *path = path_of(corpus, "made-plan.csv");
    g_autoptr(GError) failure = NULL;
    must(changeplan_write(made, path, NULL, &failure), "the plan cannot be written", failure);
    g_autoptr(ChangePlan) read = changeplan_read(path, CHANGEPLAN_AS_MADE, &failure);
    must(read != NULL, "the plan cannot be read again", failure);
    must(changeplan_check_dependencies(read, &failure), "the plan's own steps depend on none", failure);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    verify_plan(situation, read, problems);
    must(problems->len == 0, problems->len ? problems->pdata[0] : "", NULL);
    g_autofree char *removed = show_removed(read);
    g_autofree char *shown = show_plan(read, removed, 0, &(const Style){0});
    must(g_utf8_validate(shown, -1, NULL), "what is shown is no text", NULL);
    return TRUE;
}

static void write_and_read(Corpus *corpus, Assessment *assessment)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *path = path_of(corpus, "made-assessment.csv");
    g_autofree char *again = path_of(corpus, "again-assessment.csv");
    must(assessment_write(assessment, path, NULL, &failure), "the assessment cannot be written", failure);
    g_autoptr(Assessment) read = assessment_read(path, &failure);
    must(read != NULL, "the assessment cannot be read again", failure);
    must(assessment_write(read, again, NULL, &failure), "the assessment cannot be written again", failure);
    must(strcmp(assessment->digest, read->digest) == 0, "the assessment is another when read again", NULL);
}

/* Collects from a source, and goes on with what comes of it. */
/* What was collected is evaluated and planned on. */
static void must_serve(Corpus *corpus, const char *collected)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(Snapshot) snapshot = snapshot_read(collected, SNAPSHOT_STRICT, &failure);
    must(snapshot != NULL, "the snapshot cannot be read again", failure);
    g_autoptr(Policy) policy = policy_read(NULL, &failure);
    policy->strategy = STRATEGY_THRESHOLD; /* quick, so that many are tried */
    g_autoptr(Assessment) assessment = assess(snapshot, collected, policy, &failure);
    must(assessment != NULL, "the snapshot cannot be evaluated", failure);
    write_and_read(corpus, assessment);
    must(plan(corpus, snapshot, assessment, policy, &failure), "no plan can be made", failure);
}

static gboolean carry_on(Corpus *corpus, const char *source, GError **error)
{
    g_autofree char *collected = path_of(corpus, "collected");
    const Program program = {.name = "test", .quiet = TRUE};
    Connection connection = {0};
    const CollectRequest request = {.source = source,
                                    .output = collected,
                                    .window_s = 300,
                                    .connection = &connection,
                                    .program = &program};
    g_auto(CollectResult) result = {0};
    remove_all(collected);
    if (!collect_from_source(&request, &result, error))
        return FALSE;
    must_serve(corpus, collected);
    return TRUE;
}

static gboolean try_snapshot(Corpus *corpus, const char *path, GError **error)
{
    (void)path;
    g_autofree char *directory = path_of(corpus, "snapshot");
    return carry_on(corpus, directory, error);
}

static gboolean try_export(Corpus *corpus, const char *path, GError **error)
{
    (void)path;
    g_autofree char *directory = path_of(corpus, "export");
    g_autofree char *source = g_strconcat(RVTOOLS_PREFIX, directory, NULL);
    return carry_on(corpus, source, error);
}

/* A workbook whose tabs vHost and vInfo are the sheet, and an empty one. */
static void make_workbook(const char *path, const char *sheet, gsize length)
{
    const struct {
        const char *part, *text;
    } parts[] = {
        {"_rels/.rels", "<Relationships><Relationship Id=\"a\" Type=\"x/officeDocument\" Target=\"b.xml\"/>"
                        "</Relationships>"},
        {"_rels/b.xml.rels",
         "<Relationships><Relationship Id=\"c\" Type=\"x/worksheet\" Target=\"sheet1.xml\"/>"
         "<Relationship Id=\"d\" Type=\"x/sharedStrings\" Target=\"s.xml\"/>"
         "<Relationship Id=\"e\" Type=\"x/worksheet\" Target=\"sheet2.xml\"/></Relationships>"},
        {"b.xml", "<workbook xmlns:r=\"r\"><sheets><sheet name=\"vHost\" r:id=\"c\"/>"
                  "<sheet name=\"vInfo\" r:id=\"e\"/></sheets></workbook>"},
        {"s.xml", "<sst><si><t>Speed</t></si><si><t>esx2</t></si></sst>"},
        {"sheet2.xml",
         "<worksheet><sheetData><row><c t=\"str\"><v>VM</v></c><c t=\"str\"><v>Powerstate</v></c>"
         "<c t=\"str\"><v>Host</v></c></row></sheetData></worksheet>"},
    };
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    must(archive != NULL, "no workbook", NULL);
    for (guint i = 0; i <= G_N_ELEMENTS(parts); i++) {
        gboolean is_part = i < G_N_ELEMENTS(parts);
        zip_source_t *bytes = zip_source_buffer(archive, is_part ? parts[i].text : sheet,
                                                is_part ? strlen(parts[i].text) : length, 0);
        must(zip_file_add(archive, is_part ? parts[i].part : "sheet1.xml", bytes, 0) >= 0, "no part", NULL);
    }
    must(zip_close(archive) == 0, "the workbook cannot be written", NULL);
}

static gboolean try_workbook(Corpus *corpus, const char *path, GError **error)
{
    g_autofree char *bytes = NULL, *workbook = path_of(corpus, "export.xlsx");
    gsize length;
    must(g_file_get_contents(path, &bytes, &length, NULL), "a sheet is missing", NULL);
    make_workbook(workbook, bytes, length);
    g_autofree char *source = g_strconcat(RVTOOLS_PREFIX, workbook, NULL);
    return carry_on(corpus, source, error);
}

static gboolean try_policy(Corpus *corpus, const char *path, GError **error)
{
    g_autoptr(Policy) policy = policy_read(path, error);
    if (!policy)
        return FALSE;
    g_autofree char *digest = policy_plan_digest(policy);
    must(digest_is_hex(digest), "the policy has no digest", NULL);
    g_autofree char *directory = path_of(corpus, "snapshot");
    g_autoptr(GError) failure = NULL;
    g_autoptr(Snapshot) snapshot = snapshot_read(directory, SNAPSHOT_STRICT, &failure);
    must(snapshot != NULL, "the good snapshot cannot be read", failure);
    g_autoptr(Assessment) assessment = assess(snapshot, directory, policy, &failure);
    must(assessment != NULL, "the good snapshot cannot be evaluated", failure);
    write_and_read(corpus, assessment);
    return plan(corpus, snapshot, assessment, policy, error);
}

static gboolean try_assessment(Corpus *corpus, const char *path, GError **error)
{
    g_autoptr(Assessment) assessment = assessment_read(path, error);
    if (!assessment)
        return FALSE;
    write_and_read(corpus, assessment);
    g_autofree char *directory = path_of(corpus, "snapshot");
    g_autoptr(Snapshot) snapshot = snapshot_read(directory, SNAPSHOT_STRICT, error);
    g_autoptr(Policy) policy = policy_read(NULL, error);
    if (policy)
        policy->strategy = STRATEGY_THRESHOLD;
    return snapshot && policy && plan(corpus, snapshot, assessment, policy, error);
}

static gboolean try_plan(Corpus *corpus, const char *path, GError **error)
{
    g_autoptr(ChangePlan) as_made = changeplan_read(path, CHANGEPLAN_AS_MADE, error);
    g_autoptr(GError) failure = NULL;
    g_autoptr(ChangePlan) edited = changeplan_read(path, CHANGEPLAN_EDITED, &failure);
    must(edited != NULL || !as_made, "a plan as made is not accepted as an edited one", failure);
    if (!edited)
        return FALSE;
    g_autofree char *stamped = path_of(corpus, "made-plan.csv");
    changeplan_drop_dependents(edited);
    must(changeplan_check_dependencies(edited, &failure), "steps still depend on dropped ones", failure);
    must(changeplan_write(edited, stamped, NULL, &failure), "the plan cannot be stamped", failure);
    g_autoptr(ChangePlan) read = changeplan_read(stamped, CHANGEPLAN_AS_MADE, &failure);
    must(read != NULL, "the stamped plan cannot be read", failure);
    g_autofree char *removed = show_removed(read);
    g_autofree char *shown = show_plan(read, removed, 0, &(const Style){0});
    must(g_utf8_validate(shown, -1, NULL), "what is shown is no text", NULL);
    return as_made != NULL;
}

static gboolean try_journal(Corpus *corpus, const char *path, GError **error)
{
    (void)corpus;
    g_autoptr(GError) failure = NULL;
    g_autoptr(Journal) read = journal_read(path, error);
    g_autoptr(Journal) opened = journal_open(path, FALSE, &failure);
    must(opened != NULL || !read, "a journal that can be read cannot be gone on with", failure);
    if (!opened)
        return FALSE;
    JournalRow row = journal_row_unknown();
    row.event = EVENT_RUN_ENDED;
    row.time = 1795292100;
    row.run = row.plan = row.source_id = "x";
    must(journal_append(opened, &row, &failure), "the journal cannot be appended to", failure);
    g_autoptr(Journal) again = journal_read(path, &failure);
    must(again != NULL, "the appended journal cannot be read", failure);
    g_autoptr(Past) past = past_new();
    past_add(past, again, "");
    return read != NULL;
}

/* Written and read again, a history says the same, and what was measured since goes on with it. */
static gboolean try_history(Corpus *corpus, const char *path, GError **error)
{
    g_autofree char *digest = NULL, *again = NULL, *first = NULL, *second = NULL;
    g_autoptr(History) history = history_read(path, &digest, NULL, error);
    if (!history)
        return FALSE;
    g_autofree char *one = path_of(corpus, "rollup-1.csv"), *two = path_of(corpus, "rollup-2.csv");
    g_autoptr(GError) failure = NULL;
    must(history_write(history, one, digest, G_MAXINT32, NULL, &failure), "a history cannot be written",
         failure);
    g_autoptr(History) read = history_read(one, &again, NULL, &failure);
    must(read && history_write(read, two, again, G_MAXINT32, NULL, &failure),
         "a written history cannot be read", failure);
    must(g_file_get_contents(one, &first, NULL, &failure) &&
             g_file_get_contents(two, &second, NULL, &failure),
         "a history is missing", failure);
    must(strcmp(first, second) == 0, "a history changes as it is read", NULL);
    g_autofree char *directory = path_of(corpus, "snapshot");
    g_autoptr(Snapshot) snapshot = snapshot_read(directory, SNAPSHOT_STRICT, &failure);
    g_autoptr(Policy) policy = policy_read(NULL, &failure);
    must(snapshot && policy, "the good snapshot cannot be read", failure);
    g_autoptr(Assessment) assessment = evaluation_begin(policy);
    g_auto(Subject) subject = {0};
    if (!evaluation_add_newest(assessment, history, snapshot, directory, policy, &subject, error))
        return FALSE;
    write_and_read(corpus, assessment);
    return TRUE;
}

/* A replay of what is accepted, where it is short. */
static gboolean try_series(Corpus *corpus, const char *path, GError **error)
{
    (void)corpus;
    static const SeriesWish wish = {{HOUSING_HOSTS, HOUSING_PLACEMENT, HOUSING_FILL_PCT}, TRUE};
    g_autoptr(LoadHistory) history = seriesloads_read(path, &wish, error);
    if (!history)
        return FALSE;
    if (history->n_intervals > MOST_INTERVALS)
        return TRUE;
    g_autoptr(Policy) policy = policy_read(NULL, error);
    Replay replays[] = {{.name = (char *)"none"}, {.name = (char *)"default", .policy = policy}};
    gint done = 0;
    gboolean ok = replay_all(history, policy, replays, G_N_ELEMENTS(replays), FEW_MOVES, &done, error);
    for (guint i = 0; i < G_N_ELEMENTS(replays); i++) {
        replays[i].name = NULL;
        replay_clear(&replays[i]);
    }
    return ok;
}

/* ---- the good ones ---- */

static void make_history(const Corpus *corpus)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = path_of(corpus, "snapshot"), *path = path_of(corpus, "rollup.csv");
    g_autoptr(Snapshot) snapshot = snapshot_read(directory, SNAPSHOT_STRICT, &error);
    g_autoptr(Means) means = snapshot ? means_read(snapshot, directory, 60, &error) : NULL;
    g_autoptr(History) history = history_new();
    must(means != NULL, "no good history", error);
    for (int i = 0; i < 30; i++) { /* so that there are hours and what was foreseen of them */
        snapshot->info.taken_at -= 300 * (i == 0 ? 30 : -1);
        must(history_add(history, snapshot, means, &error), "no good history", error);
    }
    must(history_write(history, path, snapshot->digest, 86400, NULL, &error), "no good history", error);
}

static void make_snapshot(const Corpus *corpus)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = path_of(corpus, "snapshot");
    Recipe recipe = recipe_default();
    recipe.clusters = 2;
    recipe.hosts = 5;
    recipe.vms = 16;
    recipe.hot_pct = recipe.short_pct = recipe.odd_pct = 40;
    recipe.rules_per_vm = 1;
    g_autoptr(Fleet) fleet = synthetic_new(3, 1795292100, &recipe, &error);
    must(fleet && fleet_write(fleet, 1795292100, directory, &error), "no good snapshot", error);
}

static void make_plan(Corpus *corpus)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = path_of(corpus, "snapshot"), *path = path_of(corpus, "assessment.csv");
    g_autofree char *planned = path_of(corpus, "made-plan.csv"), *kept = path_of(corpus, "plan.csv");
    g_autoptr(Snapshot) snapshot = snapshot_read(directory, SNAPSHOT_STRICT, &error);
    must(snapshot != NULL, "no good snapshot", error);
    g_autoptr(Policy) policy = policy_read(NULL, &error);
    g_autoptr(Assessment) assessment = assess(snapshot, directory, policy, &error);
    must(assessment && assessment_write(assessment, path, NULL, &error), "no good assessment", error);
    must(plan(corpus, snapshot, assessment, policy, &error), "no good plan", error);
    must(g_rename(planned, kept) == 0, "no good plan", NULL);
}

/* ---- what a server, and govc, have written ---- */

typedef struct Reading {
    PerfReader *reader;
    const Snapshot *snapshot;
    GString *rows;
} Reading;

static gboolean take_answer(const Element *element, gpointer data, GError **error)
{
    (void)error;
    Reading *reading = data;
    if (reading->snapshot->n_hosts > 0)
        perf_reader_take(reading->reader, element, 0, -1, reading->rows);
    if (reading->snapshot->n_vms > 0)
        perf_reader_take(reading->reader, element, -1, 0, reading->rows);
    return TRUE;
}

/* Rows made of an answer are rows of samples.csv. */
static void must_be_samples(const GString *rows)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) file = g_string_new(NULL);
    table_append_header(&samples_table, file);
    g_string_append(file, rows->str);
    g_autoptr(CsvReader) csv = csv_reader_open_bytes(file->str, file->len, "samples.csv", &error);
    while (csv && csv_reader_next(csv, &error))
        must(csv_reader_n_cells(csv) == samples_table.n_columns, "a row of another length", NULL);
    must(csv && !error, "samples cannot be read", error);
}

static gboolean try_queryperf(Corpus *corpus, const char *path, GError **error)
{
    g_autofree char *directory = path_of(corpus, "snapshot"), *bytes = NULL;
    g_autofree CounterKey *keys = g_new0(CounterKey, realtime_counters.n);
    gsize length;
    g_autoptr(Snapshot) snapshot = snapshot_read(directory, SNAPSHOT_STRICT, error);
    must(snapshot != NULL, "no good snapshot", NULL);
    must(g_file_get_contents(path, &bytes, &length, NULL), "an answer is missing", NULL);
    for (guint i = 0; i < realtime_counters.n; i++)
        keys[i].key = (int)i + FIRST_KEY;
    g_autoptr(PerfReader) samples = perf_reader_new(snapshot, &realtime_counters, keys, 15, 20);
    g_autoptr(GString) rows = g_string_new(NULL);
    Reading reading = {samples, snapshot, rows};
    g_autoptr(XmlReader) reader = xml_reader_new(3, take_answer, &reading);
    gboolean ok = xml_reader_push(reader, bytes, length, error) && xml_reader_finish(reader, error);
    must_be_samples(rows);
    return ok;
}

static gboolean try_knownhosts(Corpus *corpus, const char *path, GError **error)
{
    (void)corpus;
    g_auto(KnownHost) known = {0};
    if (!knownhosts_find(path, "https://vcenter.example.com/sdk", &known, error))
        return FALSE;
    if (known.thumbprint)
        return TRUE;
    g_set_error(error, VMANGER_ERROR, 0, "the server is not known");
    return FALSE;
}

/* The spoilt text is asked first, then the good ones. */
static guint conversations(const Corpus *corpus, GBytes *spoilt, Conversation *texts)
{
    guint n = 0;
    texts[n].text = g_bytes_get_data(spoilt, &texts[n].length);
    n++;
    for (guint i = 0; i < corpus_count(); i++)
        if (formats[i].try == try_collection || formats[i].try == try_application) {
            texts[n].text = corpus_bytes(corpus, i, &texts[n].length);
            n++;
        }
    return n;
}

static GBytes *bytes_of(const char *path)
{
    char *bytes;
    gsize length;
    must(g_file_get_contents(path, &bytes, &length, NULL), "a conversation is missing", NULL);
    return g_bytes_new_take(bytes, length);
}

static gboolean try_collection(Corpus *corpus, const char *path, GError **error)
{
    g_autoptr(GBytes) spoilt = bytes_of(path);
    g_autofree char *collected = path_of(corpus, "collected");
    Conversation texts[G_N_ELEMENTS(formats) + 1];
    guint n = conversations(corpus, spoilt, texts);
    remove_all(collected);
    if (!conversation_collect(texts, n, collected, error))
        return FALSE;
    must_serve(corpus, collected);
    return TRUE;
}

static gboolean try_application(Corpus *corpus, const char *path, GError **error)
{
    g_autoptr(GBytes) spoilt = bytes_of(path);
    Conversation texts[G_N_ELEMENTS(formats) + 1];
    return conversation_apply(texts, conversations(corpus, spoilt, texts), error);
}

/* ---- hosts that libvirt manages ---- */

static gboolean try_estate(Corpus *corpus, const char *path, GError **error)
{
    (void)path;
    g_autofree char *collected = path_of(corpus, "collected");
    char *texts[N_ESTATE + 1] = {NULL};
    guint n = 0;
    for (guint i = 0; i < corpus_count(); i++) {
        g_autofree char *file = path_of(corpus, formats[i].file);
        if (formats[i].try == try_estate)
            must(g_file_get_contents(file, &texts[n++], NULL, NULL), "a text is missing", NULL);
    }
    remove_all(collected);
    gboolean ok = estate_collect((const char *const *)texts, collected, error);
    for (guint i = 0; i < N_ESTATE; i++)
        g_free(texts[i]);
    if (ok)
        must_serve(corpus, collected);
    return ok;
}

static void make_estate(const Corpus *corpus)
{
    g_autofree char *directory = path_of(corpus, "estate");
    guint n = 0;
    must(g_mkdir(directory, 0700) == 0, "no directory for an estate", NULL);
    for (guint i = 0; i < corpus_count(); i++) {
        g_autofree char *path = path_of(corpus, formats[i].file);
        if (formats[i].try == try_estate)
            must(g_file_set_contents(path, estate_good[n++], -1, NULL), "no good estate", NULL);
    }
}

/* ---- conversations ---- */

/* They are kept as texts in the source. */
static void copy_conversations(const Corpus *corpus)
{
    const char *top = g_getenv("TOP");
    g_autofree char *directory = path_of(corpus, "vcenter");
    must(g_mkdir(directory, 0700) == 0, "no directory for conversations", NULL);
    for (guint i = 0; i < corpus_count(); i++) {
        if (formats[i].try != try_collection && formats[i].try != try_application)
            continue;
        g_autoptr(GError) error = NULL;
        g_autofree char *from = g_build_filename(top ? top : ".", "tests/fuzz", formats[i].file, NULL);
        g_autofree char *to = path_of(corpus, formats[i].file), *bytes = NULL;
        gsize length;
        must(g_file_get_contents(from, &bytes, &length, &error) &&
                 g_file_set_contents(to, bytes, (gssize)length, &error),
             "no conversation", error);
    }
}

static void make_journal(const Corpus *corpus)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *planned = path_of(corpus, "plan.csv"), *path = path_of(corpus, "journal.csv");
    g_autoptr(ChangePlan) made = changeplan_read(planned, CHANGEPLAN_AS_MADE, &error);
    g_autoptr(Journal) journal = journal_open(path, FALSE, &error);
    must(made && journal, "no good journal", error);
    for (guint i = 0; i < made->rows->len; i++) {
        const PlanRow *step = &g_array_index(made->rows, PlanRow, i);
        for (int event = EVENT_INTENT; step->kind == ROW_STEP && event <= EVENT_FAILED; event++) {
            JournalRow row = journal_row_of_step(step, event);
            row.time = made->taken_at + event;
            row.run = "run-1";
            row.plan = made->plan;
            row.source_id = made->source_id;
            row.detail = "est_s=12.5";
            must(journal_append(journal, &row, &error), "no good journal", error);
        }
    }
}

static void make_export(const Corpus *corpus)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = path_of(corpus, "export"), *sheet = path_of(corpus, "sheet1.xml");
    must(g_mkdir(directory, 0700) == 0, "no directory for an export", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(good_export); i++) {
        g_autofree char *path = g_build_filename(directory, good_export[i].file, NULL);
        must(g_file_set_contents(path, good_export[i].text, -1, &error), "no good export", error);
    }
    must(g_file_set_contents(sheet, good_sheet, -1, &error), "no good sheet", error);
}

Corpus *corpus_new(void)
{
    g_autoptr(GError) error = NULL;
    Corpus *corpus = g_new0(Corpus, 1);
    /* In memory where there is such a place: each try writes and flushes a dozen files. */
    gboolean memory = g_access("/dev/shm", W_OK) == 0;
    corpus->directory = g_build_filename(memory ? "/dev/shm" : g_get_tmp_dir(), "vmanger-XXXXXX", NULL);
    must(g_mkdtemp(corpus->directory) != NULL, "no directory for corpus", NULL);
    g_autofree char *policy = path_of(corpus, "policy.ini");
    must(g_file_set_contents(policy, good_policy, -1, &error), "no good policy", error);
    g_autofree char *answer = path_of(corpus, "queryperf.xml"), *known = path_of(corpus, "known_hosts");
    must(g_file_set_contents(answer, good_queryperf, -1, &error), "no good answer", error);
    must(g_file_set_contents(known, good_knownhosts, -1, &error), "no good known hosts", error);
    g_autofree char *series = path_of(corpus, "series.csv");
    must(g_file_set_contents(series, good_series, -1, &error), "no good series", error);
    make_export(corpus);
    make_estate(corpus);
    make_snapshot(corpus);
    make_history(corpus);
    make_plan(corpus);
    make_journal(corpus);
    copy_conversations(corpus);
    for (guint i = 0; i < corpus_count(); i++) {
        g_autofree char *path = path_of(corpus, formats[i].file);
        char *bytes = NULL;
        gsize length = 0;
        must(g_file_get_contents(path, &bytes, &length, &error), "a specimen is missing", error);
        corpus->good[i] = g_bytes_new_take(bytes, length);
    }
    return corpus;
}

void corpus_free(Corpus *corpus)
{
    if (!corpus)
        return;
    remove_all(corpus->directory);
    for (guint i = 0; i < corpus_count(); i++)
        g_bytes_unref(corpus->good[i]);
    g_free(corpus->directory);
    g_free(corpus);
}

guint corpus_count(void)
{
    return G_N_ELEMENTS(formats);
}

const char *corpus_name(guint index)
{
    return formats[index].file;
}

const char *corpus_bytes(const Corpus *corpus, guint index, gsize *length)
{
    return g_bytes_get_data(corpus->good[index], length);
}

static void put(const Corpus *corpus, const char *file, const char *bytes, gsize length)
{
    g_autofree char *path = path_of(corpus, file);
    FILE *out = fopen(path, "we");
    must(out && fwrite(bytes, 1, length, out) == length && fclose(out) == 0, "a specimen cannot be put",
         NULL);
}

/* The tables come without sums, so that more than a sum is looked at; the sums themselves come with tables.
 */
static void prepare_sums(Corpus *corpus, guint index)
{
    g_autofree char *sums = path_of(corpus, "snapshot/SHA256SUMS");
    if (formats[index].try == try_snapshot)
        g_unlink(sums);
}

static void restore(Corpus *corpus, guint index)
{
    static const guint sums = 7;
    const guint both[] = {index, sums};
    for (guint i = 0; i < G_N_ELEMENTS(both); i++) {
        gsize length;
        const char *bytes = corpus_bytes(corpus, both[i], &length);
        put(corpus, formats[both[i]].file, bytes, length);
    }
}

gboolean corpus_try(Corpus *corpus, guint index, const char *bytes, gsize length, GError **error)
{
    g_autofree char *path = path_of(corpus, formats[index].file);
    prepare_sums(corpus, index);
    put(corpus, formats[index].file, bytes, length);
    gboolean accepted = formats[index].try(corpus, path, error);
    restore(corpus, index);
    return accepted;
}
