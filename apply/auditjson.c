/* SPDX-License-Identifier: MIT */
#include "apply/auditjson.h"

#include "apply/audit.h"
#include "collect/json.h"

#include <math.h>

static const JournalRow *row_at(const Journal *journal, guint i)
{
    return &g_array_index(journal->rows, JournalRow, i);
}

static void add_runs(Json *json, const Journal *journal)
{
    json_begin_list(json, "runs");
    for (guint i = 0; i < journal->rows->len; i++) {
        const JournalRow *row = row_at(journal, i);
        if (row->event != EVENT_RUN_STARTED)
            continue;
        json_begin_object(json, NULL);
        json_add_text(json, "run", row->run);
        json_add_time(json, "time", row->time);
        json_add_text(json, "plan", row->plan);
        json_add_text(json, "source_id", row->source_id);
        json_add_text(json, "user", row->user);
        json_add_text(json, "host", row->host);
        json_add_text(json, "account", row->account);
        json_add_text(json, "target", journal_row_target(row));
        json_add_text(json, "detail", row->detail);
        json_end_object(json);
    }
    json_end_list(json);
}

/* what the rows of a run itself say, but for its beginning */
static void add_events(Json *json, const Journal *journal)
{
    json_begin_list(json, "events");
    for (guint i = 0; i < journal->rows->len; i++) {
        const JournalRow *row = row_at(journal, i);
        if (!isnan(row->step) || row->event == EVENT_RUN_STARTED)
            continue;
        json_begin_object(json, NULL);
        json_add_text(json, "run", row->run);
        json_add_time(json, "time", row->time);
        json_add_text(json, "event", event_names[row->event]);
        json_add_text(json, "detail", row->detail);
        json_end_object(json);
    }
    json_end_list(json);
}

static void add_step(Json *json, const JournalRow *row)
{
    json_begin_object(json, NULL);
    json_add_text(json, "run", row->run);
    json_add_number(json, "step", row->step);
    json_add_time(json, "time", row->time);
    json_add_text(json, "event", event_names[row->event]);
    json_add_text(json, "action", row->action < 0 ? "" : action_names[row->action]);
    json_add_text(json, "object_id", row->object_id);
    json_add_text(json, "object", row->object);
    json_add_text(json, "instance_uuid", row->instance_uuid);
    json_add_text(json, "cluster_id", row->cluster_id);
    json_add_text(json, "from_id", row->from_id);
    json_add_text(json, "from", row->from);
    json_add_text(json, "to_id", row->to_id);
    json_add_text(json, "to", row->to);
    json_add_text(json, "unit", row->unit);
    json_add_text(json, "task", row->task);
    json_add_text(json, "detail", row->detail);
    json_end_object(json);
}

static void add_steps(Json *json, const Journal *journal)
{
    g_autoptr(GHashTable) last = audit_last_rows(journal);
    guint succeeded = 0, others = 0;
    json_begin_list(json, "steps");
    for (guint i = 0; i < journal->rows->len; i++) {
        const JournalRow *row = row_at(journal, i);
        if (!audit_is_last(last, journal, i))
            continue;
        add_step(json, row);
        succeeded += row->event == EVENT_SUCCEEDED;
        others += row->event != EVENT_SUCCEEDED;
    }
    json_end_list(json);
    json_add_number(json, "succeeded", succeeded);
    json_add_number(json, "ended_otherwise", others);
}

char *auditjson_text(const Journal *journal, const char *head, const Signer *signer)
{
    g_autoptr(Json) json = json_new(JOURNAL_SCHEMA);
    json_add_number(json, "rows", journal->rows->len);
    json_add_text(json, "chain", journal->chain);
    if (head)
        json_add_flag(json, "chain_is_as_expected", TRUE);
    if (signer) {
        json_begin_object(json, "signed_by");
        json_add_text(json, "principal", signer->principal);
        json_add_text(json, "key", signer->key);
        json_end_object(json);
    }
    add_runs(json, journal);
    add_events(json, journal);
    add_steps(json, journal);
    return json_finish(json);
}
