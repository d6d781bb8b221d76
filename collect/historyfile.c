/* SPDX-License-Identifier: MIT */
#include "collect/historyfile.h"

#include "collect/atomic.h"
#include "collect/csv.h"
#include "collect/digest.h"
#include "collect/escape.h"
#include "collect/table.h"

#include <math.h>
#include <string.h>

#define FINE                                                                                                 \
    1000.0 /* averages are added to again and again: numbers of three decimals are too coarse for them */

#define MOST_DIGITS 15 /* before the point: with three decimals more, a number is still exact enough */

typedef struct Row {
    int entity, quantity;
    const char *key, *recent, *buckets, *averages, *hours, *days;
} Row;

static const char *const entity_names[] = {"vm", "host", NULL};
static const char *const quantity_names[] = {"cpu",      "cpu_demand",  "memory", "held",
                                             "base_cpu", "base_memory", NULL};

#define AT(member) G_STRUCT_OFFSET(Row, member)
static const Column columns[] = {
    {"entity", CELL_WORD, AT(entity), COLUMN_REQUIRED, 0, entity_names},
    {"key", CELL_ID, AT(key), COLUMN_REQUIRED, 0, NULL},
    {"quantity", CELL_WORD, AT(quantity), COLUMN_REQUIRED, 0, quantity_names},
    {"recent", CELL_PLAIN, AT(recent), COLUMN_REQUIRED, 0, NULL},
    {"buckets", CELL_PLAIN, AT(buckets), COLUMN_PRESENT, 0, NULL},
    {"averages", CELL_PLAIN, AT(averages), COLUMN_REQUIRED, 0, NULL},
    {"hours", CELL_PLAIN, AT(hours), COLUMN_PRESENT, 0, NULL},
    {"days", CELL_PLAIN, AT(days), 0, 0, NULL},
};
const Table history_table = {HISTORY_FILE, columns, G_N_ELEMENTS(columns), FALSE};

#define OF_NONE "-" /* a digest that is not known: the file is part of the snapshot */

typedef struct Entity {
    int number, n, first_quantity;
} Entity;
static const Entity vm_entity = {0, N_FOLLOWED, 0}, host_entity = {1, N_FOLLOWED_BASES, N_FOLLOWED};

/* ---- lists of numbers ---- */

static void put(GString *list, double number)
{
    if (list->len > 0)
        g_string_append_c(list, ' ');
    if (isnan(number))
        g_string_append_c(list, '-');
    else
        table_append_number(list, number);
}

static gboolean take_digits(const char **list, double *number)
{
    static const double scale[] = {1, 10, 100, 1000};
    const char *at = *list;
    gint64 whole = 0;
    int places = 0;
    for (; g_ascii_isdigit(*at) && at - *list < MOST_DIGITS; at++)
        whole = whole * 10 + (*at - '0');
    if (at == *list)
        return FALSE;
    if (*at == '.')
        for (at++; g_ascii_isdigit(*at) && places < 3; at++, places++)
            whole = whole * 10 + (*at - '0');
    *number = (double)whole / scale[places];
    *list = at;
    return TRUE;
}

/* Takes the next number of a list; FALSE where there is none. */
static gboolean take(const char **list, double *number)
{
    const char *at = *list;
    if (*at == '-') {
        *number = NAN;
        at++;
    } else if (!take_digits(&at, number)) {
        return FALSE;
    }
    if (*at != ' ' && *at != '\0')
        return FALSE;
    *list = *at == ' ' ? at + 1 : at;
    return TRUE;
}

#define N_LISTS 5

/* ---- writing ---- */

static void append_rollup(const Rollup *rollup, gint64 newest, Row *row, GString *out)
{
    GString *lists[N_LISTS];
    for (int i = 0; i < N_LISTS; i++)
        lists[i] = g_string_new(NULL);
    for (guint i = 0; i < rollup->n_recent; i++) {
        put(lists[0], (double)(newest - rollup->recent[i].end));
        put(lists[0], rollup->recent[i].seconds);
        put(lists[0], rollup->recent[i].mean);
    }
    if (rollup->n_buckets > 0)
        put(lists[1], rollup->first);
    for (guint i = 0; i < rollup->n_buckets; i++)
        put(lists[1], rollup->buckets[i]);
    put(lists[2], rollup->errors);
    put(lists[2], (double)rollup->hour);
    put(lists[2], rollup->hour_sum);
    put(lists[2], rollup->hour_s);
    for (int i = 0; i < ROLLUP_AVERAGES; i++) {
        const RollupAverage *average = &rollup->averages[i];
        put(lists[2], average->sum / average->weight * FINE);
        put(lists[2], average->weight * FINE);
        put(lists[2], average->foreseen * FINE);
        put(lists[2], average->error);
    }
    for (int i = 0; i < ROLLUP_HOURS; i++) {
        const RollupHour *hour = &rollup->hours[i];
        if (!(hour->weight > 0))
            continue;
        put(lists[3], i);
        put(lists[3], hour->mean);
        put(lists[3], hour->weight);
        put(lists[3], (double)hour->day);
    }
    if (rollup->since >= 0) {
        put(lists[4], (double)(newest - rollup->since));
        put(lists[4], rollup->measured_s);
    }
    for (guint i = 0; rollup->since >= 0 && i < rollup->n_days; i++) {
        put(lists[4], (double)rollup->days[i].day);
        put(lists[4], rollup->days[i].peak);
    }
    row->recent = lists[0]->str;
    row->buckets = lists[1]->str;
    row->averages = lists[2]->str;
    row->hours = lists[3]->str;
    row->days = lists[4]->str;
    table_append_row(&history_table, row, out);
    for (int i = 0; i < N_LISTS; i++)
        g_string_free(lists[i], TRUE);
}

static void append_rollups(const Entity *entity, const char *key, const Rollup *rollups, gint64 newest,
                           gint64 oldest, GString *out)
{
    for (int i = 0; i < entity->n; i++) {
        Row row = {.entity = entity->number, .key = key, .quantity = entity->first_quantity + i};
        if (rollups[i].n_recent > 0 && rollups[i].recent[rollups[i].n_recent - 1].end >= oldest)
            append_rollup(&rollups[i], newest, &row, out);
    }
}

void history_append_head(const char *source_id, gint64 newest, const char *digest, GString *out)
{
    g_autofree char *time = table_format_time(newest);
    g_string_append_printf(out, "#format,%s\n#source_id,%s\n#taken_at,%s\n#snapshot,%s\n", HISTORY_FORMAT,
                           source_id, time, digest ? digest : OF_NONE);
    table_append_header(&history_table, out);
}

void history_append_vm(const char *key, const Rollup *rollups, gint64 newest, GString *out)
{
    append_rollups(&vm_entity, key, rollups, newest, G_MININT64, out);
}

static int compare_keys(gconstpointer a, gconstpointer b)
{
    return strcmp(a, b);
}

typedef struct Writing {
    gint64 newest, oldest; /* what was last measured before oldest is left out */
    AtomicFile *file;
    GString *text;
} Writing;

static void write_all(const Writing *writing, GHashTable *rollups_of, const Entity *entity)
{
    g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(rollups_of), compare_keys);
    for (GList *key = keys; key; key = key->next) {
        append_rollups(entity, key->data, g_hash_table_lookup(rollups_of, key->data), writing->newest,
                       writing->oldest, writing->text);
        atomic_file_take(writing->file, writing->text);
    }
}

gboolean history_write(const History *history, const char *path, const char *digest, gint64 keep_s,
                       const OpenPgp *keys, GError **error)
{
    g_autoptr(AtomicFile) file = atomic_file_new(path, keys, error);
    if (!file)
        return FALSE;
    g_autoptr(GString) text = g_string_new(NULL);
    Writing writing = {history->newest, history->newest - keep_s, file, text};
    history_append_head(history->source_id, history->newest, digest, text);
    write_all(&writing, history->vms, &vm_entity);
    write_all(&writing, history->hosts, &host_entity);
    atomic_file_take(file, text);
    return atomic_file_commit(file, NULL, error);
}

/* ---- reading ---- */

static gboolean read_recent(const char *list, gint64 newest, Rollup *rollup)
{
    double before = INFINITY, age, seconds, mean;
    while (*list) {
        if (rollup->n_recent == ROLLUP_RECENT || !take(&list, &age) || !take(&list, &seconds) ||
            !take(&list, &mean) || !(age < before) || !(seconds > 0) || isnan(mean))
            return FALSE;
        rollup->recent[rollup->n_recent++] = (RollupInterval){newest - (gint64)age, seconds, mean};
        before = age;
    }
    return rollup->n_recent > 0;
}

static gboolean read_buckets(const char *list, Rollup *rollup)
{
    double number, weights[ROLLUP_BUCKETS];
    if (!*list)
        return TRUE;
    if (!take(&list, &number) || !(number < ROLLUP_BUCKETS))
        return FALSE;
    rollup->first = (guint)number;
    guint n = 0;
    for (; *list && n < ROLLUP_BUCKETS - rollup->first; n++)
        if (!take(&list, &weights[n]) || isnan(weights[n]))
            return FALSE;
    rollup->buckets = g_new(float, n + 1);
    rollup->n_buckets = n;
    for (guint i = 0; i < n; i++)
        rollup->buckets[i] = (float)weights[i];
    return !*list;
}

static gboolean read_averages(const char *list, Rollup *rollup)
{
    double hour;
    if (!take(&list, &rollup->errors) || !take(&list, &hour) || !take(&list, &rollup->hour_sum) ||
        !take(&list, &rollup->hour_s) || !(hour >= 0) || !(rollup->hour_s > 0) || isnan(rollup->errors) ||
        isnan(rollup->hour_sum))
        return FALSE;
    rollup->hour = (gint64)hour;
    for (int i = 0; i < ROLLUP_AVERAGES; i++) {
        RollupAverage *average = &rollup->averages[i];
        if (!take(&list, &average->sum) || !take(&list, &average->weight) ||
            !take(&list, &average->foreseen) || !take(&list, &average->error) || isnan(average->sum) ||
            !(average->weight > 0) || isnan(average->error))
            return FALSE;
        average->weight /= FINE;
        average->foreseen /= FINE;
        average->sum = average->sum / FINE * average->weight;
    }
    return !*list;
}

static gboolean read_hours(const char *list, Rollup *rollup)
{
    double hour, mean, weight, day;
    while (*list) {
        if (!take(&list, &hour) || !take(&list, &mean) || !take(&list, &weight) || !take(&list, &day) ||
            !(hour < ROLLUP_HOURS) || isnan(mean) || !(weight > 0) || isnan(day))
            return FALSE;
        rollup->hours[(int)hour] = (RollupHour){mean, weight, (gint64)day};
    }
    return TRUE;
}

static gboolean read_days(const char *list, gint64 newest, Rollup *rollup)
{
    double age, day, peak, before = -1;
    if (!*list)
        return TRUE;
    if (!take(&list, &age) || !take(&list, &rollup->measured_s) || isnan(age) || isnan(rollup->measured_s))
        return FALSE;
    rollup->since = newest - (gint64)age;
    while (*list) {
        if (rollup->n_days == ROLLUP_DAYS || !take(&list, &day) || !take(&list, &peak) || !(day > before) ||
            isnan(peak))
            return FALSE;
        rollup->days[rollup->n_days++] = (RollupDay){(gint64)day, peak};
        before = day;
    }
    return TRUE;
}

/* what is wrong with a row; no column: nothing */
static RowFault read_row(History *history, const Row *row)
{
    gboolean of_host = row->quantity >= N_FOLLOWED;
    if (of_host != (row->entity == 1))
        return (RowFault){"quantity", quantity_names[row->quantity], "a quantity of such an entity"};
    Rollup *rollups =
        of_host ? history_rollups_of_host(history, row->key) : history_rollups_of_vm(history, row->key);
    Rollup *rollup = &rollups[of_host ? row->quantity - N_FOLLOWED : row->quantity];
    if (rollup->n_recent > 0)
        return (RowFault){"key", row->key, "each quantity of an entity once"};
    return !read_recent(row->recent, history->newest, rollup)
               ? (RowFault){"recent", row->recent, "at most 12 windows: age, seconds and mean of each"}
           : !read_buckets(row->buckets, rollup) ? (RowFault){"buckets", row->buckets, "a bucket and weights"}
           : !read_averages(row->averages, rollup)
               ? (RowFault){"averages", row->averages, "an hour and averages, as collect writes them"}
           : !read_hours(row->hours, rollup)
               ? (RowFault){"hours", row->hours, "hours of the day, as collect writes them"}
           : !read_days(row->days, history->newest, rollup)
               ? (RowFault){"days", row->days,
                            "an age, seconds, and days with their peaks, as collect writes them"}
               : (RowFault){NULL, NULL, NULL};
}

static gboolean next_row(CsvReader *csv, const char *what, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (csv_reader_next(csv, &failure))
        return TRUE;
    if (failure)
        g_propagate_error(error, g_steal_pointer(&failure));
    else
        csv_reader_fail(csv, what, "", "such a row", error);
    return FALSE;
}

/* FALSE where the value is none of that key */
static gboolean take_key(History *history, const char *key, const char *value, char **digest)
{
    if (strcmp(key, "#format") == 0)
        return strcmp(value, HISTORY_FORMAT) == 0;
    if (strcmp(key, "#taken_at") == 0)
        return table_parse_time(value, &history->newest);
    if (strcmp(key, "#source_id") == 0) {
        history->source_id = g_strdup(value);
        return *value != '\0' && escape_id_is_clean(value);
    }
    *digest = strcmp(value, OF_NONE) == 0 ? NULL : g_strdup(value);
    return !*digest || digest_is_hex(value);
}

/* Reads the `#` rows and stops at the header, which is then the present row. */
static gboolean read_key_rows(History *history, CsvReader *csv, char **digest, GError **error)
{
    static const char *const keys[] = {"#format", "#source_id", "#taken_at", "#snapshot"};
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (!next_row(csv, keys[i], error))
            return FALSE;
        const char *value = csv_reader_n_cells(csv) == 2 ? csv_reader_cell(csv, 1) : "";
        if (strcmp(csv_reader_cell(csv, 0), keys[i]) == 0 && take_key(history, keys[i], value, digest))
            continue;
        csv_reader_fail(csv, csv_reader_cell(csv, 0), value, "what collect --archive writes there", error);
        return FALSE;
    }
    return next_row(csv, "header", error);
}

History *history_read(const char *path, char **digest, char **sha256, GError **error)
{
    g_autoptr(CsvReader) csv = csv_reader_open(path, NULL, error);
    g_autoptr(History) history = history_new();
    g_autofree char *of = NULL;
    if (!csv || !read_key_rows(history, csv, &of, error))
        return NULL;
    g_autoptr(TableReader) table = table_reader_new(&history_table, csv, NULL, error);
    g_autoptr(GError) failure = NULL;
    Row row;
    while (table && table_reader_next(table, &row, &failure)) {
        RowFault fault = read_row(history, &row);
        if (fault.column) {
            csv_reader_fail(csv, fault.column, fault.found, fault.expected, error);
            return NULL;
        }
    }
    if (!table)
        return NULL;
    if (failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    *digest = g_steal_pointer(&of);
    if (sha256)
        *sha256 = csv_reader_sha256(csv);
    return g_steal_pointer(&history);
}
