/* SPDX-License-Identifier: MIT */
#include "plan/journal.h"

#include "collect/atomic.h"
#include "collect/digest.h"
#include "collect/format.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_CHAIN "0000000000000000000000000000000000000000000000000000000000000000"
#define OPEN_TRIES 10
#define MOST_ROWS 1e12
#define MOST_STEPS 1e7
#define STRINGS_BYTES 16384 /* in which strings are allocated */

const char *const event_names[] = {"run_started", "approved",  "checked",   "intent",  "submitted",
                                   "unknown",     "succeeded", "failed",    "refused", "skipped",
                                   "interrupted", "resolved",  "run_ended", NULL};

#define AT(member) G_STRUCT_OFFSET(JournalRow, member)
static const Column columns[] = {
    {"seq", CELL_WHOLE, AT(seq), COLUMN_REQUIRED, MOST_ROWS, NULL},
    {"time", CELL_TIME, AT(time), COLUMN_REQUIRED, 0, NULL},
    {"run", CELL_PLAIN, AT(run), COLUMN_REQUIRED, 0, NULL},
    {"plan", CELL_PLAIN, AT(plan), COLUMN_REQUIRED, 0, NULL},
    {"source_id", CELL_ID, AT(source_id), COLUMN_REQUIRED, 0, NULL},
    {"user", CELL_TEXT, AT(user), 0, 0, NULL},
    {"host", CELL_TEXT, AT(host), 0, 0, NULL},
    {"account", CELL_TEXT, AT(account), 0, 0, NULL},
    {"step", CELL_WHOLE, AT(step), 0, MOST_STEPS, NULL},
    {"event", CELL_WORD, AT(event), COLUMN_REQUIRED, 0, event_names},
    {"action", CELL_WORD, AT(action), 0, 0, action_names},
    {"object_id", CELL_ID, AT(object_id), 0, 0, NULL},
    {"object", CELL_TEXT, AT(object), 0, 0, NULL},
    {"instance_uuid", CELL_PLAIN, AT(instance_uuid), 0, 0, NULL},
    {"cluster_id", CELL_ID, AT(cluster_id), 0, 0, NULL},
    {"from_id", CELL_ID, AT(from_id), 0, 0, NULL},
    {"from", CELL_TEXT, AT(from), 0, 0, NULL},
    {"to_id", CELL_ID, AT(to_id), 0, 0, NULL},
    {"to", CELL_TEXT, AT(to), 0, 0, NULL},
    {"unit", CELL_PLAIN, AT(unit), 0, 0, NULL},
    {"task", CELL_PLAIN, AT(task), 0, 0, NULL},
    {"detail", CELL_TEXT, AT(detail), 0, 0, NULL},
    {"chain", CELL_PLAIN, AT(chain), COLUMN_REQUIRED, 0, NULL},
};
static const Table journal_table = {"journal.csv", columns, G_N_ELEMENTS(columns), FALSE};

JournalRow journal_row_unknown(void)
{
    JournalRow row;
    table_clear_row(&journal_table, &row);
    return row;
}

JournalRow journal_row_of_step(const PlanRow *step, JournalEvent event)
{
    JournalRow row = journal_row_unknown();
    row.step = step->step;
    row.event = (int)event;
    row.action = step->action;
    row.object_id = step->object_id;
    row.object = step->object;
    row.instance_uuid = step->instance_uuid;
    row.cluster_id = step->cluster_id;
    row.from_id = step->from_id;
    row.from = step->from;
    row.to_id = step->to_id;
    row.to = step->to;
    row.unit = step->unit;
    return row;
}

JournalLeaves journal_row_leaves(const JournalRow *row)
{
    switch (row->event) {
    case EVENT_INTENT:
    case EVENT_SUBMITTED:
    case EVENT_UNKNOWN:
        return LEAVES_OPEN;
    case EVENT_RESOLVED:
        return g_str_has_prefix(row->detail, JOURNAL_NOT_STARTED) ? LEAVES_UNDONE : LEAVES_OPEN;
    case EVENT_SUCCEEDED:
        return LEAVES_DONE;
    case EVENT_FAILED:
    case EVENT_REFUSED:
        return LEAVES_UNDONE;
    default:
        return LEAVES_AS_IT_WAS;
    }
}

char *journal_text_in(const char *detail, const char *key)
{
    g_auto(GStrv) words = list_split(detail);
    for (guint i = g_strv_length(words); i-- > 0;) /* words of a fault, which may say anything, stand first */
        if (g_str_has_prefix(words[i], key) && words[i][strlen(key)] == '=')
            return g_strdup(words[i] + strlen(key) + 1);
    return NULL;
}

double journal_number_in(const char *detail, const char *key)
{
    double number;
    g_autofree char *text = journal_text_in(detail, key);
    return text && table_parse_number(text, TRUE, FALSE, &number) ? number : NAN;
}

gboolean journal_row_found_it_so(const JournalRow *row)
{
    return row->event == EVENT_SUCCEEDED &&
           g_str_has_suffix(row->detail, strstr(JOURNAL_FOUND_SO, "%s") + strlen("%s"));
}

#define TARGET_MARK " on a "

char *journal_target_text(const char *kind, const char *id)
{
    return g_strdup_printf("vmanger " VMANGER_VERSION TARGET_MARK "%s %s", kind, id);
}

const char *journal_row_target(const JournalRow *row)
{
    const char *mark = row->event == EVENT_RUN_STARTED ? strstr(row->detail, TARGET_MARK) : NULL;
    return mark ? mark + strlen(TARGET_MARK) : "";
}

gboolean journal_target_is(const char *target, const char *kind)
{
    gsize length = strcspn(target, " ");
    return length == strlen(kind) && strncmp(target, kind, length) == 0;
}

static GHashTable *read_states(const Journal *journal)
{
    GHashTable *states = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (guint i = 0; i < journal->rows->len; i++) {
        const JournalRow *row = &g_array_index(journal->rows, JournalRow, i);
        JournalLeaves leaves = journal_row_leaves(row);
        if (!isnan(row->step) && leaves != LEAVES_AS_IT_WAS)
            g_hash_table_insert(states, GSIZE_TO_POINTER((gsize)row->step), GINT_TO_POINTER((int)leaves));
    }
    return states;
}

/* the numbers of steps left open, each once; the caller frees them */
static char *words_of_open(const Journal *journal, GHashTable *states)
{
    GString *open = g_string_new(NULL);
    for (guint i = 0; i < journal->rows->len; i++) {
        double step = g_array_index(journal->rows, JournalRow, i).step;
        gpointer key = GSIZE_TO_POINTER(isnan(step) ? 0 : (gsize)step);
        if (GPOINTER_TO_INT(g_hash_table_lookup(states, key)) != LEAVES_OPEN)
            continue;
        g_string_append_printf(open, "%s%.0f", open->len ? ", " : "", step);
        g_hash_table_remove(states, key);
    }
    return g_string_free(open, FALSE);
}

GHashTable *journal_settled_steps(const Journal *journal, GError **error)
{
    GHashTable *states = read_states(journal);
    g_autofree char *open = words_of_open(journal, states);
    if (!*open)
        return states;
    g_hash_table_unref(states);
    g_set_error(
        error, VMANGER_ERROR, 0,
        "%s: found steps of which the end is not known: %s: expected none (first apply the plan again "
        "with this journal: it settles them)",
        journal->path, open);
    return NULL;
}

const char *journal_intent_of(const Journal *journal, guint index)
{
    double step = g_array_index(journal->rows, JournalRow, index).step;
    while (index-- > 0) {
        const JournalRow *row = &g_array_index(journal->rows, JournalRow, index);
        if (row->step == step && row->event == EVENT_INTENT)
            return row->detail;
    }
    return "";
}

static Journal *journal_new(const char *path)
{
    Journal *journal = g_new0(Journal, 1);
    journal->rows = g_array_new(FALSE, FALSE, sizeof(JournalRow));
    journal->chain = g_strdup(FIRST_CHAIN);
    journal->strings = g_string_chunk_new(STRINGS_BYTES);
    journal->path = g_strdup(path);
    journal->fd = -1;
    return journal;
}

void journal_free(Journal *journal)
{
    if (!journal)
        return;
    if (journal->fd >= 0)
        close(journal->fd);
    g_array_free(journal->rows, TRUE);
    g_string_chunk_free(journal->strings);
    g_free(journal->chain);
    g_free(journal->path);
    g_free(journal);
}

/* The chain's next value: over the value before, a line feed, and the row's bytes before its last comma. */
static char *next_chain(const char *chain, const char *row, gsize length)
{
    g_autoptr(Digest) digest = digest_new();
    digest_update(digest, chain, strlen(chain));
    digest_update(digest, "\n", 1);
    digest_update(digest, row, length);
    return digest_hex(digest);
}

/* ---- reading ---- */

static gboolean fail_row(const CsvReader *csv, const char *what, GError **error)
{
    g_set_error(error, VMANGER_ERROR, 0, "%s:%" G_GUINT64_FORMAT ": %s", csv_reader_name(csv),
                csv_reader_line(csv), what);
    return FALSE;
}

/* The present row is what is left of a line. */
static gboolean is_cut_short(const CsvReader *csv)
{
    gsize length;
    const char *raw = csv_reader_raw(csv, &length);
    return length == 0 || raw[length - 1] != '\n';
}

static gboolean fail_cut_short(const CsvReader *csv, GError **error)
{
    return fail_row(csv,
                    "row: found an incomplete last line: expected a line feed (apply with this journal "
                    "takes the line off and goes on)",
                    error);
}

/* The present row must be one whole line, the next in number, and continue the chain. */
static gboolean check_row(Journal *journal, const CsvReader *csv, const JournalRow *row, GError **error)
{
    gsize length;
    const char *raw = csv_reader_raw(csv, &length);
    if (is_cut_short(csv))
        return fail_cut_short(csv, error);
    if (row->seq != journal->rows->len + 1) {
        g_autofree char *what =
            g_strdup_printf("seq: found %.0f: expected %u: a row was removed, added or moved", row->seq,
                            journal->rows->len + 1);
        return fail_row(csv, what, error);
    }
    gsize before_chain = length;
    while (before_chain > 0 && raw[before_chain] != ',')
        before_chain--;
    g_autofree char *chain = next_chain(journal->chain, raw, before_chain);
    if (strcmp(chain, row->chain) != 0)
        return fail_row(csv,
                        "chain: found a value that does not follow from this row and those before: "
                        "expected an unchanged journal: this row was edited, or one before it replaced",
                        error);
    g_free(journal->chain);
    journal->chain = g_steal_pointer(&chain);
    journal->size += (gint64)length;
    return TRUE;
}

/* A header in another order would give the cells another meaning, which no chain shows. */
static gboolean check_header(Journal *journal, const CsvReader *csv, GError **error)
{
    g_autoptr(GString) expected = g_string_new(NULL);
    gsize length;
    const char *raw = csv_reader_raw(csv, &length);
    table_append_header(&journal_table, expected);
    if (length < expected->len && memcmp(raw, expected->str, length) == 0)
        return fail_cut_short(csv, error);
    if (length != expected->len || memcmp(raw, expected->str, length) != 0)
        return fail_row(csv, "header: found other columns: expected those of a journal in apply's order",
                        error);
    journal->size = (gint64)length;
    return TRUE;
}

static gboolean read_rows(Journal *journal, CsvReader *csv, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (!csv_reader_next(csv, &failure)) {
        if (!failure)
            return fail_row(csv, "header: found nothing: expected a journal", error);
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (!check_header(journal, csv, error))
        return FALSE;
    g_autoptr(TableReader) table = table_reader_new(&journal_table, csv, journal->strings, error);
    if (!table)
        return FALSE;
    JournalRow row = journal_row_unknown();
    while (table_reader_next(table, &row, &failure)) {
        if (!check_row(journal, csv, &row, error))
            return FALSE;
        g_array_append_val(journal->rows, row);
    }
    if (!failure)
        return TRUE;
    if (is_cut_short(csv))
        return fail_cut_short(csv, error);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

Journal *journal_read(const char *path, GError **error)
{
    g_autoptr(CsvReader) csv = csv_reader_open(path, NULL, error);
    if (!csv)
        return NULL;
    g_autoptr(Journal) journal = journal_new(path);
    if (read_rows(journal, csv, error))
        return g_steal_pointer(&journal);
    format_blame(path, FORMAT_JOURNAL, error);
    return NULL;
}

/* ---- opening ---- */

static gboolean fail(const Journal *journal, const char *what, GError **error)
{
    g_set_error(error, VMANGER_ERROR, 0, "%s: %s: %s", journal->path, what, g_strerror(errno));
    return FALSE;
}

static gboolean is_at_path(const Journal *journal)
{
    struct stat opened, named;
    return fstat(journal->fd, &opened) == 0 && stat(journal->path, &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

static gboolean open_file(Journal *journal, gboolean follow, GError **error)
{
    int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | (follow ? 0 : O_NOFOLLOW);
    journal->fd = open(journal->path, flags | O_CREAT | O_EXCL, 0666);
    journal->made = journal->fd >= 0;
    if (!journal->made && errno == EEXIST)
        journal->fd = open(journal->path, flags | (follow ? O_CREAT : 0), 0666);
    if (journal->fd >= 0)
        return TRUE;
    if (errno != ELOOP || follow)
        return fail(journal, "cannot be opened", error);
    g_set_error(
        error, VMANGER_ERROR, 0,
        "%s: found a symbolic link: expected a journal or nothing; one that is to be followed is named "
        "by --journal",
        journal->path);
    return FALSE;
}

/* Opens and locks; what another apply took away as it ended is opened anew. */
static gboolean open_locked(Journal *journal, gboolean follow, GError **error)
{
    for (int tries = 0; tries < OPEN_TRIES; tries++) {
        if (!open_file(journal, follow, error))
            return FALSE;
        if (flock(journal->fd, LOCK_EX | LOCK_NB) != 0)
            return fail(journal, errno == EWOULDBLOCK ? "is in use by another apply" : "cannot be locked",
                        error);
        if (is_at_path(journal))
            return TRUE;
        close(journal->fd);
        journal->fd = -1;
    }
    errno = EAGAIN;
    return fail(journal, "cannot be opened", error);
}

/* All that is in a regular file; nothing of anything else. */
static GByteArray *read_all(const Journal *journal, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct stat present;
    if (fstat(journal->fd, &present) != 0) {
        fail(journal, "cannot be read", error);
        return NULL;
    }
    g_byte_array_set_size(bytes, S_ISREG(present.st_mode) ? (guint)present.st_size : 0);
    for (guint done = 0; done < bytes->len;) {
        ssize_t length = pread(journal->fd, bytes->data + done, bytes->len - done, done);
        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0) {
            errno = length < 0 ? errno : EIO;
            fail(journal, "cannot be read", error);
            return NULL;
        }
        done += (guint)length;
    }
    return g_steal_pointer(&bytes);
}

/* Verifies what the complete lines hold; where there is none, a header may have been cut short. */
static gboolean verify(Journal *journal, const GByteArray *bytes, gsize complete, GError **error)
{
    g_autoptr(GString) header = g_string_new(NULL);
    table_append_header(&journal_table, header);
    if (complete == 0 && bytes->len < header->len &&
        (bytes->len == 0 || memcmp(bytes->data, header->str, bytes->len) == 0))
        return TRUE;
    gsize length = complete ? complete : bytes->len;
    g_autoptr(CsvReader) csv = csv_reader_open_bytes((const char *)bytes->data, length, journal->path, error);
    if (csv && read_rows(journal, csv, error))
        return TRUE;
    format_blame(journal->path, FORMAT_JOURNAL, error);
    return FALSE;
}

/* ---- appending ---- */

/* Writes the line and flushes it; on a failure the file is as before, and stays so. */
static gboolean append_line(Journal *journal, const GString *line, GError **error)
{
    gsize done = 0;
    if (journal->broken) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: is not written on after an error", journal->path);
        return FALSE;
    }
    while (done < line->len) {
        ssize_t written = write(journal->fd, line->str + done, line->len - done);
        if (written < 0 && errno != EINTR)
            break;
        if (written > 0)
            done += (gsize)written;
    }
    if (done == line->len && (journal->lazy || fdatasync(journal->fd) == 0)) {
        journal->size += (gint64)line->len;
        return TRUE;
    }
    journal->broken = TRUE;
    fail(journal, "cannot be written", error);
    /* Where even this fails, the next run takes the incomplete line off, or settles what a complete one says.
     */
    if (ftruncate(journal->fd, journal->size) != 0)
        errno = 0;
    return FALSE;
}

gboolean journal_flush(Journal *journal, GError **error)
{
    if (journal->broken) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: is not written on after an error", journal->path);
        return FALSE;
    }
    journal->broken = fdatasync(journal->fd) != 0 && errno != EINVAL; /* which a pipe or a device gives */
    return !journal->broken || fail(journal, "cannot be written", error);
}

static gboolean flush_parent(const Journal *journal, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(journal->path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean ok = (fd >= 0 && atomic_flush(fd)) || fail(journal, "its directory cannot be flushed", error);
    if (fd >= 0)
        close(fd);
    return ok;
}

static gboolean begin(Journal *journal, GError **error)
{
    g_autoptr(GString) header = g_string_new(NULL);
    table_append_header(&journal_table, header);
    return append_line(journal, header, error) && flush_parent(journal, error);
}

void journal_forget_empty(Journal *journal)
{
    if (journal->fd < 0 || journal->rows->len > 0 || !is_at_path(journal))
        return;
    if (journal->made)
        g_unlink(journal->path);
    else if (journal->found_empty && ftruncate(journal->fd, 0) != 0)
        errno = 0; /* its header stays: a journal without a row */
}

Journal *journal_open(const char *path, gboolean follow, GError **error)
{
    g_autoptr(Journal) journal = journal_new(path);
    if (!open_locked(journal, follow, error))
        return NULL;
    g_autoptr(GByteArray) bytes = read_all(journal, error);
    if (!bytes)
        return NULL;
    gsize complete = bytes->len;
    while (complete > 0 && bytes->data[complete - 1] != '\n')
        complete--;
    if (!verify(journal, bytes, complete, error))
        return NULL;
    journal->found_empty = bytes->len == 0;
    journal->torn = (gint64)(bytes->len - complete);
    if (journal->torn > 0 && ftruncate(journal->fd, (off_t)complete) != 0) {
        fail(journal, "cannot be shortened", error);
        return NULL;
    }
    if (complete > 0 || begin(journal, error))
        return g_steal_pointer(&journal);
    journal_forget_empty(journal);
    return NULL;
}

/* The journal's own copy: UTF-8, and on one line, so that an incomplete line can be told from a complete one.
 */
static const char *keep(Journal *journal, const char *text)
{
    if (!*text)
        return "";
    g_autofree char *line = g_utf8_make_valid(text, -1);
    g_strdelimit(line, "\r\n", ' ');
    return g_string_chunk_insert(journal->strings, line);
}

static void keep_strings(Journal *journal, JournalRow *row)
{
    for (guint i = 0; i < journal_table.n_columns; i++) {
        CellType type = columns[i].type;
        if (type != CELL_ID && type != CELL_PLAIN && type != CELL_TEXT)
            continue;
        const char **field = G_STRUCT_MEMBER_P(row, columns[i].offset);
        *field = keep(journal, *field);
    }
}

gboolean journal_append(Journal *journal, JournalRow *row, GError **error)
{
    JournalRow kept = *row;
    keep_strings(journal, &kept);
    kept.seq = journal->rows->len + 1;
    kept.chain = "";
    g_autoptr(GString) line = g_string_new(NULL);
    table_append_row(&journal_table, &kept, line);
    gsize before_chain = line->len - strlen(",\n");
    g_autofree char *chain = next_chain(journal->chain, line->str, before_chain);
    g_string_insert(line, (gssize)before_chain + 1, chain);
    if (!append_line(journal, line, error))
        return FALSE;
    kept.chain = keep(journal, chain);
    g_array_append_val(journal->rows, kept);
    g_free(journal->chain);
    journal->chain = g_steal_pointer(&chain);
    row->seq = kept.seq;
    row->chain = kept.chain;
    return TRUE;
}
