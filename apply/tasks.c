/* SPDX-License-Identifier: MIT */
#include "apply/tasks.h"

#include "apply/managedobject.h"
#include "collect/csv.h"

#include <math.h>
#include <string.h>

#define MOST_RESTARTS 8
#define FIRST_PAUSE_S 0.25
#define SILENCE_S 10

/* One task that is waited for. */
typedef struct Watched {
    double progress_pct;
    gint64 heard; /* of it last: monotonic, in microseconds */
    gboolean in_view;
} Watched;

struct Tasks {
    Vcenter *vcenter;
    GHashTable *watched;  /* a task's id to Watched */
    char *view, *version; /* view: NULL before the first wait, and where the server forgot it */
    gboolean lost;        /* the server forgot the view or the version */
    guint restarts;       /* since updates were last waited for without a loss */
    TasksEnded *ended;    /* of the present wait */
    gpointer data;
    GPtrArray *over;       /* char *: ids that ended in the present answer */
    GPtrArray *unresolved; /* char *: ids that the server does not know */
};

Tasks *tasks_new(Vcenter *vcenter)
{
    Tasks *tasks = g_new0(Tasks, 1);
    tasks->vcenter = vcenter;
    tasks->watched = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    tasks->over = g_ptr_array_new_with_free_func(g_free);
    tasks->unresolved = g_ptr_array_new_with_free_func(g_free);
    return tasks;
}

void tasks_free(Tasks *tasks)
{
    if (!tasks)
        return;
    g_hash_table_destroy(tasks->watched);
    g_ptr_array_unref(tasks->over);
    g_ptr_array_unref(tasks->unresolved);
    g_free(tasks->view);
    g_free(tasks->version);
    g_free(tasks);
}

void tasks_add(Tasks *tasks, const char *id)
{
    Watched *watched = g_new0(Watched, 1);
    watched->heard = g_get_monotonic_time();
    g_hash_table_replace(tasks->watched, g_strdup(id), watched);
}

guint tasks_count(const Tasks *tasks)
{
    return g_hash_table_size(tasks->watched);
}

double tasks_progress_pct(const Tasks *tasks)
{
    double sum = 0;
    GHashTableIter iter;
    gpointer watched;
    g_hash_table_iter_init(&iter, tasks->watched);
    while (g_hash_table_iter_next(&iter, NULL, &watched))
        sum += ((Watched *)watched)->progress_pct;
    guint n = tasks_count(tasks);
    return n > 0 ? sum / n : 0;
}

char *fault_text(const SoapFault *fault)
{
    const char *between = *fault->type && *fault->message ? ": " : "";
    return g_strdup_printf("%s%s%s", fault->type, between, fault->message);
}

/* ---- the view and its filter ---- */

static gboolean make_filter(Tasks *tasks, GError **error)
{
    static const char *const paths[] = {"info.state", "info.progress", "info.error", "info.result"};
    GString *body = vcenter_request(tasks->vcenter, "propertyCollector", error);
    if (!body)
        return FALSE;
    g_string_append(body, "<spec><propSet><type>Task</type>");
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
        g_string_append_printf(body, "<pathSet>%s</pathSet>", paths[i]);
    g_string_append(body, "</propSet><objectSet>");
    soap_append_reference(body, "obj", "ListView", tasks->view);
    g_string_append(body,
                    "<skip>true</skip><selectSet xsi:type=\"TraversalSpec\"><name>tasks</name>"
                    "<type>ListView</type><path>view</path><skip>false</skip></selectSet></objectSet></spec>"
                    "<partialUpdates>false</partialUpdates>");
    g_autofree char *filter = vcenter_ask(tasks->vcenter, "CreateFilter", body, error);
    return filter != NULL;
}

static gboolean make_view(Tasks *tasks, GError **error)
{
    GString *body = vcenter_request(tasks->vcenter, "viewManager", error);
    if (!body)
        return FALSE;
    g_clear_pointer(&tasks->version, g_free);
    tasks->view = vcenter_ask(tasks->vcenter, "CreateListView", body, error);
    if (tasks->view && make_filter(tasks, error))
        return TRUE;
    g_clear_pointer(&tasks->view, g_free);
    return FALSE;
}

/* ModifyListView returns the references that it could not resolve. */
static gboolean take_unresolved(const Element *element, gpointer data, GError **error)
{
    (void)error;
    Tasks *tasks = data;
    g_ptr_array_add(tasks->unresolved, g_strdup(element->text));
    return TRUE;
}

/* One that names a task is about that task; the view, of which some may be missing now, is made anew. */
static gboolean take_lost(const SoapFault *fault, gpointer data)
{
    Tasks *tasks = data;
    const char *object =
        strcmp(fault->type, "ManagedObjectNotFound") == 0 ? element_text(fault->detail, "obj") : NULL;
    if (object && g_hash_table_contains(tasks->watched, object))
        g_ptr_array_add(tasks->unresolved, g_strdup(object));
    if (strcmp(fault->type, "ManagedObjectNotFound") != 0 &&
        strcmp(fault->type, "InvalidCollectorVersion") != 0 && strcmp(fault->type, "NotAuthenticated") != 0)
        return FALSE;
    tasks->lost = TRUE;
    return TRUE;
}

/* Tells the view of the tasks that it does not have yet, and of those that have ended. */
static gboolean modify_view(Tasks *tasks, GError **error)
{
    GString *body = g_string_new(NULL);
    gboolean any = tasks->over->len > 0;
    soap_append_reference(body, "_this", "ListView", tasks->view);
    GHashTableIter iter;
    gpointer id, watched;
    g_hash_table_iter_init(&iter, tasks->watched);
    while (g_hash_table_iter_next(&iter, &id, &watched)) {
        if (((Watched *)watched)->in_view)
            continue;
        ((Watched *)watched)->in_view = TRUE;
        soap_append_reference(body, "add", "Task", id);
        any = TRUE;
    }
    for (guint i = 0; i < tasks->over->len; i++)
        soap_append_reference(body, "remove", "Task", g_ptr_array_index(tasks->over, i));
    g_ptr_array_set_size(tasks->over, 0);
    SoapCall call = {.method = "ModifyListView",
                     .body = g_string_free(body, FALSE),
                     .depth = 3,
                     .take = take_unresolved,
                     .fault = take_lost,
                     .data = tasks};
    if (any)
        return soap_call(tasks->vcenter->soap, &call, error);
    g_free(call.body);
    return TRUE;
}

/* ---- updates ---- */

static void end_task(Tasks *tasks, const TaskEnd *end)
{
    g_ptr_array_add(tasks->over, g_strdup(end->id));
    tasks->ended(end, tasks->data);
    g_hash_table_remove(tasks->watched, end->id);
}

static const Element *changed_value(const Element *update, const char *name)
{
    for (const Element *change = update->first; change; change = change->next)
        if (strcmp(change->name, "changeSet") == 0 && g_strcmp0(element_text(change, "name"), name) == 0)
            return element_at(change, "val");
    return NULL;
}

/* TaskInfo.state: queued and running are no end. */
static void take_state(Tasks *tasks, const char *id, const char *state, const Element *error,
                       const Element *result)
{
    if (strcmp(state, "success") == 0) {
        TaskEnd end = {.id = id, .succeeded = TRUE, .result = result};
        end_task(tasks, &end);
    } else if (strcmp(state, "error") == 0) {
        SoapFault fault = soap_fault_of(error);
        g_autofree char *text = fault_text(&fault);
        TaskEnd end = {.id = id, .fault = *text ? text : "no reason given"};
        end_task(tasks, &end);
    }
}

/* ObjectUpdate: what changed in a task, or that it left the view */
static void take_update(Tasks *tasks, const Element *update)
{
    const char *id = element_text(update, "obj");
    Watched *watched = id ? g_hash_table_lookup(tasks->watched, id) : NULL;
    if (!watched)
        return;
    const Element *state = changed_value(update, "info.state"),
                  *progress = changed_value(update, "info.progress");
    const SoapFault missing = soap_fault_of(element_at(update, "missingSet.fault"));
    watched->heard = g_get_monotonic_time();
    if (progress)
        watched->progress_pct = (double)CLAMP(g_ascii_strtoll(progress->text, NULL, 10), 0, 100);
    if (g_strcmp0(element_text(update, "kind"), "leave") == 0 ||
        strcmp(missing.type, "ManagedObjectNotFound") == 0) {
        TaskEnd end = {.id = id, .vanished = TRUE};
        end_task(tasks, &end);
    } else if (state) {
        take_state(tasks, id, state->text, changed_value(update, "info.error"),
                   changed_value(update, "info.result"));
    }
}

/* UpdateSet: its version, and of each filter the objects that changed */
static gboolean take_updates(const Element *element, gpointer data, GError **error)
{
    (void)error;
    Tasks *tasks = data;
    if (strcmp(element->name, "version") == 0) {
        g_free(tasks->version);
        tasks->version = g_strdup(element->text);
    }
    for (const Element *update = element->first; update; update = update->next)
        if (strcmp(update->name, "objectSet") == 0)
            take_update(tasks, update);
    return TRUE;
}

static gboolean wait_for_updates(Tasks *tasks, double timeout_s, GError **error)
{
    GString *body = vcenter_request(tasks->vcenter, "propertyCollector", error);
    if (!body)
        return FALSE;
    guint wait_s = (guint)ceil(CLAMP(timeout_s, 0, 600));
    g_string_append_printf(body,
                           "<version>%s</version><options><maxWaitSeconds>%u</maxWaitSeconds></options>",
                           tasks->version ? tasks->version : "", wait_s);
    SoapCall call = {.method = "WaitForUpdatesEx",
                     .body = g_string_free(body, FALSE),
                     .depth = 4,
                     .wait_s = wait_s,
                     .take = take_updates,
                     .fault = take_lost,
                     .data = tasks};
    return soap_call(tasks->vcenter->soap, &call, error);
}

/* ---- silence ---- */

static gboolean take_looked_at(const PropertyObject *object, gpointer data, GError **error)
{
    (void)error;
    if (object->values[0])
        take_state(data, object->id, object->values[0]->text, object->values[1], object->values[2]);
    return TRUE;
}

/* A task that vanished before it was ever reported is never reported at all. */
static gboolean look_at(Tasks *tasks, const char *id, GError **error)
{
    static const char *const paths[] = {"info.state", "info.error", "info.result"};
    const char *const ids[] = {id, NULL};
    PropertyQuery query = {.kind = "Task",
                           .paths = paths,
                           .n_paths = G_N_ELEMENTS(paths),
                           .ids = ids,
                           .take = take_looked_at,
                           .data = tasks};
    g_autoptr(GError) failure = NULL;
    if (properties_retrieve(tasks->vcenter, &query, 1, &failure) && query.vanished == 0)
        return TRUE;
    if (g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_SESSION)) {
        tasks->lost = TRUE;
        return TRUE;
    }
    if (failure && !g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_FAULT)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    TaskEnd end = {.id = id, .vanished = TRUE};
    end_task(tasks, &end);
    return TRUE;
}

/* Those of which nothing was heard for so long. */
static gboolean look_at_silent(Tasks *tasks, double silence_s, GError **error)
{
    gint64 now = g_get_monotonic_time();
    g_autoptr(GPtrArray) silent = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer id, value;
    g_hash_table_iter_init(&iter, tasks->watched);
    while (g_hash_table_iter_next(&iter, &id, &value)) {
        Watched *watched = value;
        if (now - watched->heard < (gint64)(silence_s * G_USEC_PER_SEC))
            continue;
        watched->heard = now;
        g_ptr_array_add(silent, g_strdup(id));
    }
    for (guint i = 0; i < silent->len; i++)
        if (!look_at(tasks, g_ptr_array_index(silent, i), error))
            return FALSE;
    return TRUE;
}

/* ---- waiting ---- */

/* A server that was restarted knows neither session nor view, but its tasks. */
static void begin_anew(Tasks *tasks)
{
    GHashTableIter iter;
    gpointer watched;
    g_hash_table_iter_init(&iter, tasks->watched);
    while (g_hash_table_iter_next(&iter, NULL, &watched))
        ((Watched *)watched)->in_view = FALSE;
    g_clear_pointer(&tasks->view, g_free);
    g_ptr_array_set_size(tasks->over, 0);
    tasks->lost = FALSE;
}

static void end_unresolved(Tasks *tasks)
{
    for (guint i = 0; i < tasks->unresolved->len; i++) {
        TaskEnd end = {.id = g_ptr_array_index(tasks->unresolved, i), .vanished = TRUE};
        if (g_hash_table_contains(tasks->watched, end.id))
            end_task(tasks, &end);
    }
    g_ptr_array_set_size(tasks->unresolved, 0);
}

/* One round: FALSE where the view was lost. */
static gboolean wait_once(Tasks *tasks, guint before, double timeout_s, gboolean *ok, GError **error)
{
    *ok = (tasks->view || make_view(tasks, error)) && modify_view(tasks, error);
    end_unresolved(tasks);
    if (*ok && !tasks->lost && tasks_count(tasks) == before)
        *ok = wait_for_updates(tasks, timeout_s, error);
    end_unresolved(tasks);
    return !tasks->lost;
}

/* Each task is asked by itself, so that one that is gone is not a reason to begin anew for ever. */
static gboolean restart(Tasks *tasks, GError **error)
{
    begin_anew(tasks);
    if (++tasks->restarts > MOST_RESTARTS) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: tasks cannot be waited for: the server forgets their view",
                    tasks->vcenter->connection->url);
        return FALSE;
    }
    if (!look_at_silent(tasks, 0, error))
        return FALSE;
    return soap_pause(tasks->vcenter->soap, FIRST_PAUSE_S * (1 << (tasks->restarts - 1)), error);
}

gboolean tasks_wait(Tasks *tasks, double timeout_s, TasksEnded *ended, gpointer data, GError **error)
{
    tasks->ended = ended;
    tasks->data = data;
    guint before = tasks_count(tasks);
    gboolean ok;
    if (!wait_once(tasks, before, timeout_s, &ok, error))
        return ok && restart(tasks, error);
    tasks->restarts = 0;
    return ok && look_at_silent(tasks, SILENCE_S, error);
}

char *task_running_on(Vcenter *vcenter, const char *kind, const char *id, const char *description,
                      GError **error)
{
    static const char *const recent[] = {"recentTask"};
    static const char *const paths[] = {"info.descriptionId", "info.state"};
    g_auto(ManagedObject) object = {0};
    g_autoptr(GError) failure = NULL;
    if (!managed_object_read(&object, vcenter, kind, id, recent, G_N_ELEMENTS(recent), &failure)) {
        if (g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_FAULT))
            return g_strdup("");
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    g_auto(GStrv) tasks = g_strsplit(object.texts[0] ? object.texts[0] : "", " ", -1);
    for (char **one = tasks; *one && **one; one++) {
        g_auto(ManagedObject) task = {0};
        if (!managed_object_read(&task, vcenter, "Task", *one, paths, G_N_ELEMENTS(paths), NULL))
            continue; /* forgotten meanwhile */
        if (g_strcmp0(task.texts[0], description) == 0 &&
            (g_strcmp0(task.texts[1], "running") == 0 || g_strcmp0(task.texts[1], "queued") == 0))
            return g_strdup(*one);
    }
    return g_strdup("");
}

/* One that is gone fails the query as a whole, so that each is then asked by itself. */
gboolean tasks_retrieve(Vcenter *vcenter, PropertyQuery *query, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (managed_objects_retrieve(vcenter, query, &failure))
        return TRUE;
    for (const char *const *id = query->ids; *id && g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_FAULT);
         id++) {
        const char *const ids[] = {*id, NULL};
        PropertyQuery one = *query;
        g_autoptr(GError) of_one = NULL;
        one.ids = ids;
        if (managed_objects_retrieve(vcenter, &one, &of_one) ||
            g_error_matches(of_one, SOAP_ERROR, SOAP_ERROR_FAULT))
            continue;
        g_clear_error(&failure);
        failure = g_steal_pointer(&of_one);
    }
    if (g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_FAULT))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}
