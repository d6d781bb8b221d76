/* SPDX-License-Identifier: MIT */
#include "analyze/assessmentjson.h"

static void add_load(Json *json, const Load *load, Resource resource)
{
    json_begin_object(json, resource_names[resource]);
    json_add_text(json, "unit", resource_units[resource]);
    json_add_number(json, "capacity", load->capacity);
    json_add_number(json, "allocated", load->allocated);
    json_add_number(json, "measured", load->measured);
    json_add_number(json, "reclaimed", load->reclaimed);
    json_add_number(json, "demand", load->demand);
    json_add_number(json, "base", load->base);
    json_add_number(json, "usage_pct", load->usage_pct);
    json_add_number(json, "threshold_pct", load->threshold_pct);
    json_add_number(json, "buffer", load->buffer);
    json_add_number(json, "size_used", load->size_used);
    json_add_number(json, "size_need", load->size_need);
    json_add_number(json, "size_span_s", load->size_span_s);
    json_add_text(json, "reason", load->reason);
    json_end_object(json);
}

void assessmentjson_add_loads(Json *json, const Assessed *entity)
{
    json_begin_object(json, "loads");
    for (int r = 0; r < N_RESOURCES; r++)
        if (load_is_stated(&entity->loads[r]))
            add_load(json, &entity->loads[r], (Resource)r);
    json_end_object(json);
}

static void add_entities(Json *json, const Assessment *assessment, const char *name, EntityKind kind)
{
    json_begin_list(json, name);
    for (guint i = 0; i < assessment->entities->len; i++) {
        const Assessed *entity = &g_array_index(assessment->entities, Assessed, i);
        if (entity->kind != (int)kind)
            continue;
        json_begin_object(json, NULL);
        json_add_text(json, "id", entity->id);
        json_add_text(json, "name", entity->name);
        json_add_text(json, "source_id", entity->source_id);
        json_add_text(json, "cluster_id", entity->cluster_id);
        json_add_text(json, "state", state_names[entity->state]);
        assessmentjson_add_loads(json, entity);
        json_end_object(json);
    }
    json_end_list(json);
}

static void add_snapshots(Json *json, const Assessment *assessment)
{
    json_begin_list(json, "snapshots");
    for (guint i = 0; i < assessment->snapshots->len; i++) {
        const AssessedSnapshot *snapshot = &g_array_index(assessment->snapshots, AssessedSnapshot, i);
        json_begin_object(json, NULL);
        json_add_text(json, "digest", snapshot->digest);
        json_add_text(json, "source_id", snapshot->source_id);
        json_add_time(json, "taken_at", snapshot->taken_at);
        json_end_object(json);
    }
    json_end_list(json);
}

static void add_counts(Json *json, const SummaryCounts *counts)
{
    json_begin_object(json, "counts");
    json_add_number(json, "clusters", counts->clusters);
    json_add_number(json, "hosts", counts->hosts);
    json_add_number(json, "vms", counts->vms);
    json_add_number(json, "hot_hosts", counts->hot_hosts);
    json_add_number(json, "short_vms", counts->short_vms);
    json_add_number(json, "not_measured", counts->not_measured);
    json_end_object(json);
}

char *assessmentjson_text(const Assessment *assessment, const SummaryCounts *counts)
{
    g_autoptr(Json) json = json_new(ASSESSMENT_SCHEMA);
    add_snapshots(json, assessment);
    json_add_text(json, "policy", assessment->policy);
    json_add_text(json, "estimator", assessment->estimator);
    json_add_time(json, "window_from", assessment->window_from);
    json_add_time(json, "window_to", assessment->window_to);
    add_counts(json, counts);
    add_entities(json, assessment, "clusters", ENTITY_CLUSTER);
    add_entities(json, assessment, "hosts", ENTITY_HOST);
    add_entities(json, assessment, "vms", ENTITY_VM);
    return json_finish(json);
}
