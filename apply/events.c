/* SPDX-License-Identifier: MIT */
#include "apply/events.h"

#include "collect/escape.h"
#include "collect/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

/* the number that RFC 5612 keeps for those who have none of their own */
#define STRUCTURE "vmanger@32473"
#define MOST_HOST 255

struct Events {
    const Program *program;
    gboolean json, warned;
    struct sockaddr_un log; /* where fd leads to */
    int fd;                 /* -1: no log */
};

/* ---- a row's cells ---- */

typedef struct Cell {
    const char *name, *text;
} Cell;

typedef void (*TakeCell)(GString *out, const Cell *cell);

/* in the journal's order; the empty ones are left out */
static void append_cells(GString *out, const JournalRow *row, TakeCell take)
{
    g_autofree char *seq = g_strdup_printf("%.0f", row->seq);
    g_autofree char *time = table_format_time(row->time);
    g_autofree char *step = isnan(row->step) ? g_strdup("") : g_strdup_printf("%.0f", row->step);
    const Cell cells[] = {{"seq", seq},
                          {"time", time},
                          {"run", row->run},
                          {"plan", row->plan},
                          {"source_id", row->source_id},
                          {"user", row->user},
                          {"host", row->host},
                          {"account", row->account},
                          {"step", step},
                          {"event", event_names[row->event]},
                          {"action", row->action < 0 ? "" : action_names[row->action]},
                          {"object_id", row->object_id},
                          {"object", row->object},
                          {"instance_uuid", row->instance_uuid},
                          {"cluster_id", row->cluster_id},
                          {"from_id", row->from_id},
                          {"from", row->from},
                          {"to_id", row->to_id},
                          {"to", row->to},
                          {"unit", row->unit},
                          {"task", row->task},
                          {"detail", row->detail},
                          {"chain", row->chain}};
    for (guint i = 0; i < G_N_ELEMENTS(cells); i++)
        if (cells[i].text && *cells[i].text)
            take(out, &cells[i]);
}

/* ---- JSON (RFC 8259) ---- */

static void append_json_cell(GString *out, const Cell *cell)
{
    g_string_append(out, out->len > 1 ? "," : "");
    json_append_quoted(out, cell->name);
    g_string_append_c(out, ':');
    json_append_quoted(out, cell->text);
}

char *events_json(const JournalRow *row)
{
    GString *out = g_string_new("{");
    append_cells(out, row, append_json_cell);
    g_string_append(out, "}\n");
    return g_string_free(out, FALSE);
}

/* ---- RFC 5424 ---- */

static void append_parameter(GString *out, const Cell *cell)
{
    g_autofree char *text = escape_for_terminal(cell->text);
    g_string_append_printf(out, " %s=\"", cell->name);
    for (const char *at = text; *at; at++) {
        if (*at == '"' || *at == '\\' || *at == ']')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *at);
    }
    g_string_append_c(out, '"');
}

/* the host's name in printable ASCII without spaces, or - */
static void append_host(GString *out)
{
    const char *name = g_get_host_name();
    gsize length = strlen(name);
    gboolean plain = length > 0 && length <= MOST_HOST;
    for (const char *at = name; *at; at++)
        plain = plain && g_ascii_isgraph(*at);
    g_string_append(out, plain ? name : "-");
}

static int severity_of(const JournalRow *row)
{
    switch (row->event) {
    case EVENT_FAILED:
    case EVENT_REFUSED:
    case EVENT_SKIPPED:
    case EVENT_INTERRUPTED:
        return LOG_WARNING;
    default:
        return LOG_INFO;
    }
}

char *events_syslog(const JournalRow *row, const char *time, int pid)
{
    GString *out = g_string_new(NULL);
    g_autofree char *object = escape_for_terminal(row->object);
    g_autofree char *detail = escape_for_terminal(row->detail);
    g_string_append_printf(out, "<%d>1 %s ", LOG_DAEMON | severity_of(row), time);
    append_host(out);
    g_string_append_printf(out, " vmanger-apply %d %s [" STRUCTURE, pid, event_names[row->event]);
    append_cells(out, row, append_parameter);
    /* the mark that what follows is UTF-8 */
    g_string_append_printf(out, "] \xef\xbb\xbf%s", event_names[row->event]);
    if (!isnan(row->step) && row->action >= 0)
        g_string_append_printf(out, ": step %.0f, %s %s", row->step, action_names[row->action], object);
    if (*detail)
        g_string_append_printf(out, ": %s", detail);
    return g_string_free(out, FALSE);
}

/* ---- telling ---- */

static gboolean connect_log(Events *events)
{
    const struct timeval patience = {.tv_sec = 1};
    if (events->fd >= 0)
        close(events->fd);
    events->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return events->fd >= 0 &&
           setsockopt(events->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
           connect(events->fd, (const struct sockaddr *)&events->log, sizeof events->log) == 0;
}

Events *events_new(const Program *program, gboolean json, const char *log_socket, GError **error)
{
    g_autoptr(Events) events = g_new0(Events, 1);
    events->program = program;
    events->json = json;
    events->fd = -1;
    events->log.sun_family = AF_UNIX;
    if (!log_socket)
        return g_steal_pointer(&events);
    if (strlen(log_socket) < sizeof events->log.sun_path) {
        memcpy(events->log.sun_path, log_socket, strlen(log_socket) + 1);
        if (connect_log(events))
            return g_steal_pointer(&events);
    } else
        errno = ENAMETOOLONG;
    g_set_error(error, VMANGER_ERROR, 0, "%s: found no log: %s: expected a Unix datagram socket, as /dev/log",
                log_socket, g_strerror(errno));
    return NULL;
}

void events_free(Events *events)
{
    if (!events)
        return;
    if (events->fd >= 0)
        close(events->fd);
    g_free(events);
}

/* A log that was started anew has another socket. One that is full is waited for a second; once something is
 * lost no more, since steps run meanwhile. */
static void send_to_log(Events *events, const JournalRow *row)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format_iso8601(now);
    g_autofree char *message = events_syslog(row, time, (int)getpid());
    for (int i = 0; i < 2; i++) {
        if (send(events->fd, message, strlen(message), MSG_NOSIGNAL | (events->warned ? MSG_DONTWAIT : 0)) >=
            0)
            return;
        if (errno == EAGAIN || !connect_log(events))
            break;
    }
    if (!events->warned)
        program_warn(events->program,
                     "warning: %s: events are lost from seq %.0f on: %s; the journal has them",
                     events->log.sun_path, row->seq, g_strerror(errno));
    events->warned = TRUE;
}

void events_tell(Events *events, const JournalRow *row)
{
    if (events->json) {
        g_autofree char *line = events_json(row);
        program_progress(events->program, NULL);
        fputs(line, stderr);
        fflush(stderr);
    }
    if (*events->log.sun_path)
        send_to_log(events, row);
}
