/* SPDX-License-Identifier: MIT */
/*
 * collect: takes a snapshot of hosts and virtual machines, and of what was measured on them.
 */
#include "collect/archive.h"
#include "collect/archivehistory.h"
#include "collect/csv.h"
#include "collect/duration.h"
#include "collect/plural.h"
#include "collect/secret.h"
#include "collect/source.h"

#include <string.h>

static const char description[] =
    "Takes a snapshot of the hosts and virtual machines of a vCenter, or of hypervisors that libvirt manages, and of\n"
    "what was measured on them, or of what an RVTools export says of them, or checks a snapshot's directory and writes\n"
    "it anew.\n\n"
    "SOURCE is a vCenter, by name or as https://HOST/sdk (- or nothing: $GOVC_URL), libvirt:FILE (a CSV file of hosts'\n"
    "URIs), the directory of a snapshot, or an RVTools export as rvtools:FILE.xlsx or rvtools:DIR (CSV files).";

#define LEAST_HISTORY_S 3600

/* the ways in which collect runs: by its SOURCE */
enum { FROM_VCENTER, FROM_DIRECTORY, FROM_EXPORT, FROM_LIBVIRT };
static const char *const modes[] = {"a vCenter", "a directory", "an RVTools export", "libvirt hosts", NULL};

static guint mode_of(const char *source)
{
    if (source && g_str_has_prefix(source, RVTOOLS_PREFIX))
        return FROM_EXPORT;
    if (source && g_str_has_prefix(source, LIBVIRT_PREFIX))
        return FROM_LIBVIRT;
    return source && connection_names_directory(source) ? FROM_DIRECTORY : FROM_VCENTER;
}

static void report(const Program *program, const CollectResult *result, const char *output)
{
    const Snapshot *snapshot = result->snapshot;
    program_warn_all(program, result->warnings);
    g_autofree char *taken_at = table_format_time(snapshot->info.taken_at);
    program_say(program, "%s: taken at %s, digest %s\n", output, taken_at, result->digest);
    g_autoptr(GString) counts = g_string_new(NULL);
    plural_append(counts, snapshot->n_clusters, "cluster, ", "clusters, ");
    plural_append(counts, snapshot->n_pools, "resource pool, ", "resource pools, ");
    plural_append(counts, snapshot->n_hosts, "host, ", "hosts, ");
    plural_append(counts, snapshot->n_vms, "VM, ", "VMs, ");
    plural_append(counts, snapshot->n_rules, "rule", "rules");
    for (guint i = 0; result->notes && i < result->notes->len; i++)
        program_say(program, "%s\n", (const char *)result->notes->pdata[i]);
    program_say(program, "Snapshot complete: %s%s%s.\n", counts->str,
                *snapshot->info.left_out ? "; left out: " : "", snapshot->info.left_out);
}

/* The snapshot is there, whatever becomes of the history beside it. */
static void update_history(const char *directory, const OpenPgp *keys, CollectResult *result)
{
    char *warning = NULL;
    g_autoptr(GError) error = NULL;
    gboolean written = archive_history_update(directory, keys, &warning, &error);
    if (warning)
        g_ptr_array_add(result->warnings, warning);
    if (!written)
        g_ptr_array_add(result->warnings,
                        g_strdup_printf("the history is not brought up to date: %s", error->message));
}

/* an export's file where a vCenter's name could stand */
static gboolean is_bare_export(const char *source)
{
    g_autofree char *name = g_ascii_strdown(source, -1);
    return !strstr(name, ":") && g_str_has_suffix(name, ".xlsx");
}

/* what the options of time say together; history_s stays where history is NULL */
static gboolean read_times(guint mode, const ProgramNumber *window_s, const ProgramNumber *interval_s,
                           const char *history, gint64 *history_s, GError **error)
{
    if (mode == FROM_LIBVIRT && interval_s->value > window_s->value) {
        g_set_error(error, VMANGER_ERROR, VMANGER_ERROR_FAILED,
                    "--interval: found %d: expected at most the %d seconds of --window", interval_s->value,
                    window_s->value);
        return FALSE;
    }
    return !history || duration_parse(history, "--history", MAX(LEAST_HISTORY_S, 2 * window_s->value),
                                      ARCHIVE_HISTORY_S, history_s, error);
}

int main(int argc, char **argv)
{
    secret_guard();
    g_auto(Program) program = {.name = "collect"};
    g_auto(Connection) connection = {0};
    g_autofree char *output = NULL, *archive_directory = NULL;
    g_auto(GStrv) encrypt_to = NULL;
    g_autoptr(OpenPgp) keys = NULL;
    g_autofree char *history = NULL;
    ProgramNumber window_s = {300, 10, 3600, "seconds", FALSE};
    ProgramNumber interval_s = {20, 1, 300, "seconds", FALSE};
    const GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "The directory that shall appear: new, or empty",
         "SNAPSHOT"},
        {"archive", 0, 0, G_OPTION_ARG_FILENAME, &archive_directory,
         "Make DIR/TIME and point DIR/latest to it, instead of -o", "DIR"},
        OPENPGP_OPTION(&encrypt_to, 0),
        {"window", 0, PROGRAM_MODE(FROM_VCENTER) | PROGRAM_MODE(FROM_LIBVIRT), G_OPTION_ARG_INT, &window_s,
         "Measure over this time (300)", "SECONDS"},
        {"interval", 0, PROGRAM_MODE(FROM_LIBVIRT), G_OPTION_ARG_INT, &interval_s,
         "Take a sample this often (20)", "SECONDS"},
        {"history", 0, PROGRAM_MODE(FROM_VCENTER), G_OPTION_ARG_STRING, &history,
         "Add the server's own statistics of so long before: 90m, 24h, 7d", "TIME"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    g_autofree GOptionEntry *options =
        connection_options(&connection, entries, PROGRAM_MODE(FROM_VCENTER), PROGRAM_MODE(FROM_LIBVIRT));
    g_autoptr(GError) error = NULL;
    if (!program_parse(&program, &argc, &argv, "SOURCE -o SNAPSHOT", description, options, &error))
        return program_misused(&program, "%s", error->message);
    if (argc > 2 || !output == !archive_directory)
        return program_misused(&program, "expected one SOURCE, and one of -o SNAPSHOT and --archive DIR");
    const char *source = argc == 2 ? argv[1] : NULL;
    if (source && is_bare_export(source))
        return program_misused(&program, "%s: found a workbook: expected rvtools:%s", source, source);
    guint mode = mode_of(source);
    gint64 history_s = 0;
    if (!program_accepts(options, modes, mode, &error) ||
        !read_times(mode, &window_s, &interval_s, history, &history_s, &error))
        return program_misused(&program, "%s", error->message);
    if (mode != FROM_EXPORT && mode != FROM_LIBVIRT && !connection_resolve(&connection, source, &error))
        return program_fail(&program, error);

    if (encrypt_to && !(keys = openpgp_new(encrypt_to, &error)))
        return program_fail(&program, error);
    g_auto(CollectResult) result = {0};
    g_autoptr(Archive) archive = NULL;
    if (archive_directory && !(archive = archive_open(archive_directory, &error)))
        return program_fail(&program, error);
    CollectRequest request = {
        .source = argv[1],
        .output = archive ? archive_next(archive) : output,
        .keys = keys,
        .last = archive ? archive_before(archive) : NULL,
        .window_s = window_s.value,
        .interval_s = interval_s.value,
        .history_s = history_s,
        .connection = &connection,
        .program = &program,
    };
    gboolean made = collect_from_source(&request, &result, &error);
    if (archive && g_error_matches(error, VMANGER_ERROR, VMANGER_ERROR_STANDS)) {
        g_clear_error(&error); /* the archive flushes the same directory */
        made = TRUE;
    }
    if (!made || (archive && !archive_commit(archive, result.snapshot->info.taken_at, &error)))
        return program_fail(&program, error);
    if (archive)
        update_history(archive_directory, keys, &result);
    report(&program, &result, archive ? archive_latest(archive) : output);
    return program_end(&program, result.warnings->len > 0 ? EXIT_PARTLY : EXIT_DONE, TRUE);
}
