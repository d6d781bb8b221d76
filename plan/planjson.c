/* SPDX-License-Identifier: MIT */
#include "plan/planjson.h"

#include "plan/change.h"
#include "plan/gather.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add_status(Json *json, const char *name, const ClusterStatus *status)
{
    json_begin_object(json, name);
    json_add_number(json, "hot_hosts", status->hot_hosts);
    json_add_number(json, "short_vms", status->short_vms);
    json_add_number(json, "max_cpu_pct", status->max_cpu_pct);
    json_add_number(json, "max_memory_pct", status->max_memory_pct);
    json_add_number(json, "sd_cpu", status->sd_cpu);
    json_add_number(json, "sd_memory", status->sd_memory);
    json_add_number(json, "failover_lack_mib", status->failover_lack_mib);
    json_add_number(json, "failover_lack_mhz", status->failover_lack_mhz);
    json_end_object(json);
}

void planjson_add_cluster(Json *json, const char *name, const PlanCluster *cluster)
{
    const ClusterFigures *figures = &cluster->figures;
    json_begin_object(json, name);
    json_add_text(json, "id", cluster->id);
    json_add_text(json, "name", cluster->name);
    add_status(json, "before", &figures->before);
    add_status(json, "after", &figures->after);
    json_add_number(json, "steps", figures->steps);
    json_add_number(json, "moves", figures->moves);
    json_add_number(json, "copy_mib", figures->copy_mib);
    json_add_number(json, "makespan_s", figures->makespan_s);
    json_end_object(json);
}

static void add_clusters(Json *json, const ChangePlan *plan)
{
    json_begin_list(json, "clusters");
    for (guint i = 0; i < plan->clusters->len; i++)
        planjson_add_cluster(json, NULL, &g_array_index(plan->clusters, PlanCluster, i));
    json_end_list(json);
}

static void add_after(Json *json, const PlanRow *row)
{
    g_autoptr(GArray) after = plan_row_after(row);
    json_begin_list(json, "after");
    for (guint i = 0; i < after->len; i++)
        json_add_number(json, NULL, g_array_index(after, double, i));
    json_end_list(json);
}

static double number_of(const char *text)
{
    return *text ? strtod(text, NULL) : NAN;
}

/* the totals of a size are numbers, the hosts of a migration have ids and names */
static void add_ends(Json *json, const PlanRow *row)
{
    if (action_is_of_size(row->action)) {
        json_add_number(json, "from", number_of(row->from));
        json_add_number(json, "to", number_of(row->to));
        json_add_text(json, "unit", row->unit);
        return;
    }
    json_add_text(json, "from_id", row->from_id);
    json_add_text(json, "from_host", row->from);
    json_add_text(json, "to_id", row->to_id);
    json_add_text(json, "to_host", row->to);
}

static void add_args(Json *json, const PlanRow *row)
{
    if (!*row->args)
        return;
    g_auto(GStrv) list = g_strsplit(row->args, " ", -1);
    json_begin_object(json, "args");
    for (guint i = 0; list[i]; i++) {
        char *value = strchr(list[i], '=');
        if (!value)
            continue;
        *value++ = '\0';
        json_add_text(json, list[i], value);
    }
    json_end_object(json);
}

/* the VMs that a gathered row is about */
static void add_vms(Json *json, const PlanRow *row)
{
    g_auto(GStrv) ids = gathered_ids(row);
    if (!ids) {
        add_args(json, row);
        return;
    }
    json_begin_list(json, "vm_ids");
    for (guint i = 0; ids[i]; i++)
        json_add_text(json, NULL, ids[i]);
    json_end_list(json);
}

void planjson_add_row(Json *json, const char *name, const PlanRow *row)
{
    json_begin_object(json, name);
    if (row->kind == ROW_STEP) {
        json_add_number(json, "step", row->step);
        add_after(json, row);
        json_add_flag(json, "approved", row->approve == 1);
    }
    json_add_text(json, "action", row->action < 0 ? "" : action_names[row->action]);
    json_add_text(json, "object_id", row->object_id);
    json_add_text(json, "object", row->object);
    json_add_text(json, "instance_uuid", row->instance_uuid);
    json_add_text(json, "cluster_id", row->cluster_id);
    json_add_text(json, "cluster", row->cluster);
    add_ends(json, row);
    add_vms(json, row);
    json_add_number(json, "est_s", row->est_s);
    json_add_text(json, "cause", row->cause);
    json_add_text(json, "reason", row->reason);
    json_add_text(json, "effect", row->effect);
    json_end_object(json);
}

static void add_rows(Json *json, const ChangePlan *plan, const char *name, int kind)
{
    json_begin_list(json, name);
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == kind)
            planjson_add_row(json, NULL, row);
    }
    json_end_list(json);
}

char *planjson_text(const ChangePlan *plan)
{
    g_autoptr(Json) json = json_new(PLAN_SCHEMA);
    json_add_text(json, "plan", plan->plan);
    json_add_text(json, "sha256", plan->sha256);
    json_add_text(json, "snapshot", plan->snapshot);
    json_add_text(json, "source", plan->source);
    json_add_text(json, "source_id", plan->source_id);
    json_add_time(json, "taken_at", plan->taken_at);
    json_add_text(json, "policy", plan->policy);
    json_add_text(json, "seed", plan->seed);
    json_add_text(json, "stopped_by", plan->stopped_by);
    json_add_text(json, "summary", plan->summary);
    add_clusters(json, plan);
    add_rows(json, plan, "steps", ROW_STEP);
    add_rows(json, plan, "advice", ROW_ADVICE);
    add_rows(json, plan, "unsolved", ROW_UNSOLVED);
    return json_finish(json);
}
