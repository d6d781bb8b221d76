/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/conversation.h"

#include "apply/target.h"
#include "collect/csv.h"
#include "collect/source.h"

#include <math.h>
#include <string.h>

#define MOST_CALLS 300
#define MOST_WAITS 12

typedef struct Section {
    char *method, *word; /* word: "" where any request will do */
    const char *body;
    gsize length;
    guint text; /* of which it is */
    gboolean used;
} Section;

typedef struct Server {
    GArray *sections;
    guint n_calls;
} Server;

/* ---- texts ---- */

static void section_clear(gpointer data)
{
    Section *section = data;
    g_free(section->method);
    g_free(section->word);
}

/* the next line that begins a section, or the end */
static const char *next_section(const char *at, const char *end)
{
    static const char mark[] = "\n--- ";
    const char *found = memmem(at, (gsize)(end - at), mark, strlen(mark));
    return found ? found + 1 : end;
}

static void read_text(Server *server, const Conversation *text, guint index)
{
    const char *end = text->text + text->length;
    const char *at = g_str_has_prefix(text->text, "--- ") ? text->text : next_section(text->text, end);
    while (at < end) {
        const char *body = memchr(at, '\n', (gsize)(end - at));
        if (!body)
            return;
        g_autofree char *line = g_strndup(at + strlen("--- "), (gsize)(body - at) - strlen("--- "));
        char *space = strchr(line, ' ');
        const char *next = next_section(body, end);
        Section section = {.method = g_strndup(line, strcspn(line, " ")),
                           .word = g_strdup(space ? space + 1 : ""),
                           .body = body + 1,
                           .length = next > body ? (gsize)(next - body) - 1 : 0,
                           .text = index};
        g_array_append_val(server->sections, section);
        at = next;
    }
}

static Section *find(const Server *server, const char *method, const char *request)
{
    Section *last = NULL;
    for (guint i = 0; i < server->sections->len; i++) {
        Section *section = &g_array_index(server->sections, Section, i);
        if ((last && last->text != section->text) || strcmp(section->method, method) != 0 ||
            !strstr(request ? request : "", section->word))
            continue;
        last = section;
        if (!section->used)
            break;
    }
    return last;
}

/* ---- the server ---- */

static long answer(const char *method, const char *request, GString *out, gpointer data)
{
    static Section silence = {.body = ""};
    Server *server = data;
    Section *section = find(server, method, request);
    if (++server->n_calls > MOST_CALLS)
        return 403;
    if (!section)
        section = &silence;
    section->used = TRUE;
    g_autofree char *start = g_strndup(section->body, MIN(section->length, 16));
    gboolean fault = g_str_has_prefix(start, "<soapenv:Fault>");
    gboolean whole = g_str_has_prefix(start, "<?xml");
    if (!whole)
        g_string_append_printf(
            out,
            "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
            "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>%s",
            fault ? "" : "<Response xmlns=\"urn:vim25\">");
    g_string_append_len(out, section->body, (gssize)section->length);
    if (!whole)
        g_string_append_printf(out, "%s</soapenv:Body></soapenv:Envelope>", fault ? "" : "</Response>");
    return fault ? 500 : 200;
}

static Server *server_new(const Conversation *texts, guint n_texts)
{
    Server *server = g_new0(Server, 1);
    server->sections = g_array_new(FALSE, TRUE, sizeof(Section));
    g_array_set_clear_func(server->sections, section_clear);
    for (guint i = 0; i < n_texts; i++)
        read_text(server, &texts[i], i);
    return server;
}

static void server_free(Server *server)
{
    g_array_unref(server->sections);
    g_free(server);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Server, server_free)

static Connection connection_to(Server *server)
{
    return (Connection){.url = g_strdup("https://vcenter.example.com/sdk"),
                        .username = g_strdup("ops"),
                        .password = g_strdup("secret"),
                        .timeout_s = {.value = 10},
                        .answer = answer,
                        .answer_data = server};
}

/* What is told to people is text. */
static void must_be_texts(const GPtrArray *texts)
{
    for (guint i = 0; i < texts->len; i++)
        if (!g_utf8_validate(g_ptr_array_index(texts, i), -1, NULL))
            g_error("told what is no text");
}

/* ---- what the programs do ---- */

gboolean conversation_collect(const Conversation *texts, guint n_texts, const char *output, GError **error)
{
    g_autoptr(Server) server = server_new(texts, n_texts);
    g_auto(Connection) connection = connection_to(server);
    const Program program = {.name = "test", .quiet = TRUE};
    const CollectRequest request = {.source = connection.url,
                                    .output = output,
                                    .window_s = 300,
                                    .history_s = 7 * 86400,
                                    .connection = &connection,
                                    .program = &program};
    g_auto(CollectResult) result = {0};
    if (!collect_from_source(&request, &result, error))
        return FALSE;
    must_be_texts(result.warnings);
    return TRUE;
}

static ChangePlan *small_plan(void)
{
    ChangePlan *plan = changeplan_new();
    PlanRow row = plan_row_unknown();
    row.kind = ROW_STEP;
    row.approve = 1;
    row.after = row.args = row.cause = row.reason = row.effect = row.shared = row.check = "";
    row.cluster_id = "domain-c1";
    row.cluster = "Cluster 01";
    row.from_id = row.to_id = row.unit = row.instance_uuid = "";
    PlanRow migration = row, addition = row, maintenance = row;
    migration.step = 1;
    migration.action = ACTION_MIGRATE;
    migration.object_id = "vm-1";
    migration.object = "srv00001";
    migration.instance_uuid = "50005ab6-eab6-1a8e-f889-1d9e955ff57a";
    migration.from_id = "host-1-1";
    migration.from = "esx01-001.example";
    migration.to_id = "host-1-2";
    migration.to = "esx01-002.example";
    addition.step = 2;
    addition.action = ACTION_ADD_MEMORY;
    addition.object_id = "vm-4";
    addition.object = "srv00004";
    addition.from = "16384";
    addition.to = "20480";
    addition.unit = "MiB";
    maintenance.step = 3;
    maintenance.action = ACTION_ENTER_MAINTENANCE;
    maintenance.object_id = "host-1-1";
    maintenance.object = "esx01-001.example";
    maintenance.from = "normal";
    maintenance.to = "maintenance";
    changeplan_add(plan, &migration);
    changeplan_add(plan, &addition);
    changeplan_add(plan, &maintenance);
    return plan;
}

static gboolean start_all(Target *target, const ChangePlan *plan, GError **error)
{
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *step = &g_array_index(plan->rows, PlanRow, i);
        g_autofree char *problem = NULL;
        g_auto(StepCall) call = {0};
        if (!target->class->recheck(target, step, &problem, error))
            return FALSE;
        g_autoptr(GError) refused = NULL;
        g_free(target->class->intent(target, step));
        if (!target->class->start(target, step, &call, &refused) && !(refused && *refused->message))
            g_error("not started without a word");
    }
    return TRUE;
}

static gboolean wait_for_ends(Target *target, GError **error)
{
    for (guint i = 0; i < MOST_WAITS; i++) {
        StepEnd end = {.step = NAN};
        g_autofree char *progress = NULL;
        gboolean ok = target->class->wait(target, 0, &end, &progress, error);
        if (ok && end.detail && !g_utf8_validate(end.detail, -1, NULL))
            g_error("ended with what is no text");
        g_free(end.detail);
        if (!ok)
            return FALSE;
    }
    return TRUE;
}

static gboolean settle_all(Target *target, const ChangePlan *plan, GError **error)
{
    static const char *const tasks[] = {"", "task-5", ""};
    for (guint i = 0; i < G_N_ELEMENTS(tasks); i++) {
        StepEnd end = {.step = NAN};
        gboolean ok =
            target->class->settle(target, &g_array_index(plan->rows, PlanRow, i), tasks[i],
                                  "change_version=2026-11-20T20:15:00.000000Z est_s=10", &end, error);
        g_free(end.detail);
        if (!ok)
            return FALSE;
    }
    return TRUE;
}

static gboolean check_all(Target *target, const ChangePlan *plan, GError **error)
{
    g_autoptr(GPtrArray) refusals = g_ptr_array_new_with_free_func((GDestroyNotify)refusal_free);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    if (!target->class->check(target, plan, refusals, problems, warnings, error))
        return FALSE;
    must_be_texts(problems);
    must_be_texts(warnings);
    return TRUE;
}

gboolean conversation_apply(const Conversation *texts, guint n_texts, GError **error)
{
    g_autoptr(Server) server = server_new(texts, n_texts);
    g_auto(Connection) connection = connection_to(server);
    const Program program = {.name = "test", .quiet = TRUE};
    g_autoptr(Policy) policy = policy_read(NULL, error);
    g_autoptr(ChangePlan) plan = small_plan();
    g_autoptr(Target) target = policy ? target_vsphere_new(&connection, &program, error) : NULL;
    const Snapshot *snapshot;
    return target && target->class->view(target, policy, &snapshot, NULL, error) &&
           check_all(target, plan, error) && start_all(target, plan, error) && wait_for_ends(target, error) &&
           settle_all(target, plan, error);
}
