/* SPDX-License-Identifier: MIT */
#include "apply/foreigntasks.h"

#include "apply/drift.h"
#include "apply/managedobject.h"
#include "apply/tasks.h"
#include "collect/escape.h"

#include <string.h>

/* One look at objects, then at the tasks that they name. */
typedef struct Look {
    GHashTable *ours;   /* tasks not to look at; NULL: none */
    GPtrArray *tasks;   /* char *, ids */
    GPtrArray *unended; /* char *, words */
} Look;

static void look_clear(Look *look)
{
    g_ptr_array_unref(look->tasks);
    g_ptr_array_unref(look->unended);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Look, look_clear)

static gboolean take_recent(const PropertyObject *object, gpointer data, GError **error)
{
    (void)error;
    Look *look = data;
    for (const Element *task = object->values[0] ? object->values[0]->first : NULL; task; task = task->next)
        if (!look->ours || !g_hash_table_contains(look->ours, task->text))
            g_ptr_array_add(look->tasks, g_strdup(task->text));
    return TRUE;
}

enum { STATE, DESCRIPTION, OBJECT, REASON, N_PATHS };
static const char *const task_paths[N_PATHS] = {"info.state", "info.descriptionId", "info.entityName",
                                                "info.reason"};

static const char *text_of(const PropertyObject *object, int path)
{
    return object->values[path] ? object->values[path]->text : "";
}

static gboolean take_task(const PropertyObject *object, gpointer data, GError **error)
{
    (void)error;
    Look *look = data;
    const char *state = text_of(object, STATE);
    if (strcmp(state, "running") != 0 && strcmp(state, "queued") != 0)
        return TRUE;
    const Element *reason = object->values[REASON];
    const char *user = reason ? element_text(reason, "userName") : NULL;
    g_autofree char *words = g_strdup_printf("%s on %s, %s, %s %s", text_of(object, DESCRIPTION),
                                             text_of(object, OBJECT), state, user ? "of" : "for",
                                             user                      ? user
                                             : reason && *reason->type ? reason->type
                                                                       : "no reason given");
    g_ptr_array_add(look->unended, escape_for_terminal(words));
    return TRUE;
}

/* ids is NULL-terminated; what vanished meanwhile is not told of */
static gboolean look_at(Look *look, Vcenter *vcenter, const char *kind, const char *const *ids,
                        GError **error)
{
    static const char *const recent[] = {"recentTask"};
    PropertyQuery objects = {
        .kind = kind, .paths = recent, .n_paths = 1, .ids = ids, .take = take_recent, .data = look};
    if (!*ids)
        return TRUE;
    g_ptr_array_set_size(look->tasks, 0);
    if (!managed_objects_retrieve(vcenter, &objects, error))
        return FALSE;
    if (look->tasks->len == 0)
        return TRUE;
    g_ptr_array_add(look->tasks, NULL);
    PropertyQuery tasks = {.kind = "Task",
                           .paths = task_paths,
                           .n_paths = N_PATHS,
                           .ids = (const char *const *)look->tasks->pdata,
                           .take = take_task,
                           .data = look};
    return tasks_retrieve(vcenter, &tasks, error);
}

static Look look_new(GHashTable *ours)
{
    return (Look){ours, g_ptr_array_new_with_free_func(g_free), g_ptr_array_new_with_free_func(g_free)};
}

gboolean foreigntasks_check(Vcenter *vcenter, const ChangePlan *plan, GPtrArray *warnings, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) vms = g_ptr_array_new();
    g_autoptr(GPtrArray) hosts = g_ptr_array_new();
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP && row->approve == 1 && g_hash_table_add(seen, (gpointer)row->object_id))
            g_ptr_array_add(step_is_of_mode(row) ? hosts : vms, (gpointer)row->object_id);
    }
    g_ptr_array_add(vms, NULL);
    g_ptr_array_add(hosts, NULL);
    g_auto(Look) look = look_new(NULL);
    if (!look_at(&look, vcenter, "VirtualMachine", (const char *const *)vms->pdata, error) ||
        !look_at(&look, vcenter, "HostSystem", (const char *const *)hosts->pdata, error))
        return FALSE;
    for (guint i = 0; i < look.unended->len; i++)
        g_ptr_array_add(warnings,
                        g_strdup_printf("another one's task is at work on what the plan changes: %s",
                                        (const char *)g_ptr_array_index(look.unended, i)));
    return TRUE;
}

gboolean foreigntasks_on_vm(Vcenter *vcenter, const char *id, GHashTable *ours, char **who, GError **error)
{
    const char *const ids[] = {id, NULL};
    g_auto(Look) look = look_new(ours);
    if (!look_at(&look, vcenter, "VirtualMachine", ids, error))
        return FALSE;
    *who = look.unended->len ? g_strdup(g_ptr_array_index(look.unended, 0)) : NULL;
    return TRUE;
}
