/* SPDX-License-Identifier: MIT */
#include "plan/verify.h"

#include "collect/plural.h"
#include "plan/compose.h"
#include "plan/sequence.h"

#include <math.h>
#include <string.h>

#define ROUNDING_PCT 0.0005 /* of what a plan states */

typedef struct Verification {
    const Situation *situation;
    const ChangePlan *plan;
    gboolean edited;  /* by a person: names may disagree with ids, and growth be anything */
    gboolean budgets; /* of growth are asked: they are those that the plan was made by */
    GPtrArray *problems;
    GArray *changes;   /* Change of each approved step, in an order that `after` allows */
    GArray *rows;      /* PlanRow * of each */
    GHashTable *place; /* step number -> index in changes + 1 */
} Verification;

G_GNUC_PRINTF(3, 4)
static void add_problem(const Verification *verification, const PlanRow *row, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(verification->problems,
                    g_strdup_printf("%s:%" G_GUINT64_FORMAT ": step %.0f (%s %s): %s",
                                    verification->plan->name, row->line, row->step,
                                    row->action >= 0 ? action_names[row->action] : "", row->object, text));
}

/* ---- each row by itself ---- */

static int host_named(const Snapshot *snapshot, const char *name)
{
    for (guint i = 0; i < snapshot->n_hosts; i++)
        if (strcmp(snapshot->hosts[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* An edit of one of the two alone is half an edit: nobody knows which was meant. */
static gboolean name_agrees(const Verification *verification, const PlanRow *row, const char *column,
                            const char *name, const char *id, const char *expected)
{
    if (!*name || strcmp(name, expected) == 0)
        return TRUE;
    const Snapshot *snapshot = verification->situation->start->snapshot;
    int other = strcmp(column, "object") == 0 ? -1 : host_named(snapshot, name);
    g_autofree char *hint =
        other >= 0 ? g_strdup_printf("; %s is %s", name, snapshot->hosts[other].id) : g_strdup("");
    add_problem(verification, row,
                "found %s %s with %s_id %s, which is %s%s: expected the two to agree "
                "(change both, or put the one back)",
                column, name, column, id, expected, hint);
    return FALSE;
}

static gboolean names_agree(const Verification *verification, const PlanRow *row, const Change *change)
{
    const Model *start = verification->situation->start;
    const Host *hosts = start->snapshot->hosts;
    const char *object = change->vm >= 0 ? start->vms[change->vm].row->name : hosts[change->to].name;
    gboolean agree = name_agrees(verification, row, "object", row->object, row->object_id, object);
    if (change->action != ACTION_MIGRATE)
        return agree;
    agree &= name_agrees(verification, row, "from", row->from, row->from_id, hosts[change->from].name);
    agree &= name_agrees(verification, row, "to", row->to, row->to_id, hosts[change->to].name);
    return agree;
}

/* What vSAN does with a host's data is the policy's to say; of a plan that undoes another, what it did
 * before.
 */
static gboolean args_agree(const Verification *verification, const Model *now, const PlanRow *row,
                           const Change *change)
{
    g_autofree char *expected = change_args(now, change);
    gboolean undoes = !verification->edited && !*verification->plan->snapshot;
    if (change->action == ACTION_MIGRATE || undoes || strcmp(row->args, expected) == 0)
        return TRUE; /* what a migration copies is worked out anew */
    add_problem(verification, row, "found args \"%s\": expected \"%s\", %s", row->args, expected,
                change->vm < 0 ? "by the policy (vsan_mode)" : "as the VM runs or not");
    return FALSE;
}

/* what the model contradicts of a row, by itself */
static gboolean agrees(const Verification *verification, const Model *now, const PlanRow *row,
                       const Change *change)
{
    if (change->vm < 0)
        return TRUE;
    const Vm *vm = now->vms[change->vm].row;
    const ModelVm *at = &now->vms[change->vm];
    if (*row->instance_uuid && *vm->instance_uuid && strcmp(row->instance_uuid, vm->instance_uuid) != 0) {
        add_problem(verification, row, "found instance UUID %s: expected %s", vm->instance_uuid,
                    row->instance_uuid);
        return FALSE;
    }
    if (change->action == ACTION_MIGRATE && change->from != at->host) {
        add_problem(verification, row, "found it on %s: expected it on %s",
                    now->snapshot->hosts[at->host].name, row->from);
        return FALSE;
    }
    double size = change->action == ACTION_ADD_CPU ? at->vcpus : at->memory_mib;
    if (change->action != ACTION_MIGRATE && change->was != size) {
        add_problem(verification, row, "found %.0f %s: expected %s", size, row->unit, row->from);
        return FALSE;
    }
    const char *drs = NULL;
    if (verification->edited && change->action == ACTION_MIGRATE && at->running &&
        legality_left_to_drs(verification->situation->legality, (guint)change->vm, &drs)) {
        add_problem(verification, row, "it is advice, not a step: %s", drs);
        return FALSE;
    }
    g_auto(Obstacle) why = {0};
    gboolean asks_lent = verification->edited && !plan_row_is_as_made(row);
    guint questions =
        LEGAL_SUBJECT | (verification->budgets ? LEGAL_BUDGET : 0) | (asks_lent ? LEGAL_LENT : 0);
    if (legality_allows(verification->situation->legality, now, change, questions, &why))
        return TRUE;
    add_problem(verification, row, "%s%s", change->action == ACTION_MIGRATE ? "it " : "", why.words);
    return FALSE;
}

static gboolean take_row(Verification *verification, Model *now, PlanRow *row)
{
    g_autoptr(GError) error = NULL;
    Change change;
    if (!change_of_row(now, verification->plan->name, row, &change, &error)) {
        g_ptr_array_add(verification->problems, g_strdup(error->message));
        return FALSE;
    }
    if ((verification->edited &&
         (!names_agree(verification, row, &change) || !args_agree(verification, now, row, &change))) ||
        !agrees(verification, now, row, &change))
        return FALSE;
    change.after = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GArray) after = plan_row_after(row);
    for (guint i = 0; i < after->len; i++) {
        double step = g_array_index(after, double, i);
        guint place =
            GPOINTER_TO_UINT(g_hash_table_lookup(verification->place, GUINT_TO_POINTER((guint)step))) - 1;
        g_array_append_val(change.after, place);
    }
    g_array_append_val(verification->changes, change);
    g_array_append_val(verification->rows, row);
    g_hash_table_insert(verification->place, GUINT_TO_POINTER((guint)row->step),
                        GUINT_TO_POINTER(verification->changes->len));
    change_apply(now, &change);
    return TRUE;
}

static gboolean is_ready(const Verification *verification, const PlanRow *row)
{
    g_autoptr(GArray) after = plan_row_after(row);
    for (guint i = 0; i < after->len; i++)
        if (!g_hash_table_contains(verification->place,
                                   GUINT_TO_POINTER((guint)g_array_index(after, double, i))))
            return FALSE;
    return TRUE;
}

/* Rows in file order, each when all that it comes after are in; FALSE where one is contradicted. */
static gboolean take_rows(Verification *verification, Model *now)
{
    g_autoptr(GPtrArray) left = g_ptr_array_new();
    for (guint i = 0; i < verification->plan->rows->len; i++) {
        PlanRow *row = &g_array_index(verification->plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP && row->approve == 1)
            g_ptr_array_add(left, row);
    }
    gboolean sound = TRUE, progress = TRUE;
    while (left->len > 0 && progress) {
        progress = FALSE;
        for (guint i = 0; i < left->len;) {
            PlanRow *row = g_ptr_array_index(left, i);
            if (!is_ready(verification, row)) {
                i++;
                continue;
            }
            sound &= take_row(verification, now, row);
            g_ptr_array_remove_index(left, i);
            progress = TRUE;
        }
    }
    for (guint i = 0; i < left->len && sound; i++)
        add_problem(verification, g_ptr_array_index(left, i),
                    "a step that it comes after is absent or not approved");
    return sound && left->len == 0;
}

/* ---- how its hosts end ---- */

/* percent at which the plan says the fullest host of a cluster will stand; NAN where it does not say */
static double promised_pct(const ChangePlan *plan, const char *cluster_id, Resource resource)
{
    const PlanCluster *cluster = changeplan_find_cluster(plan, cluster_id);
    if (cluster && resource == RESOURCE_CPU)
        return cluster->figures.after.max_cpu_pct + ROUNDING_PCT;
    if (cluster && resource == RESOURCE_HOST_MEMORY)
        return cluster->figures.after.max_memory_pct + ROUNDING_PCT;
    return NAN;
}

/* TRUE where a reviewer changed a step of the host, or declined one that leaves it */
static gboolean is_touched(const Verification *verification, const Host *host)
{
    gboolean touched = FALSE;
    for (guint i = 0; i < verification->plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(verification->plan->rows, PlanRow, i);
        gboolean leaves = strcmp(row->from_id, host->id) == 0, comes = strcmp(row->to_id, host->id) == 0;
        if (row->kind != ROW_STEP)
            continue;
        touched |= leaves && row->approve != 1;
        touched |= (leaves || comes) && row->approve == 1 && !plan_row_is_as_made(row);
    }
    return touched;
}

static gboolean is_unsolved(const ChangePlan *plan, const char *object_id)
{
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_UNSOLVED && strcmp(row->object_id, object_id) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean has_all_steps(const ChangePlan *plan, const char *cluster_id)
{
    const PlanCluster *cluster = changeplan_find_cluster(plan, cluster_id);
    guint approved = 0;
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        approved += row->kind == ROW_STEP && row->approve == 1 && strcmp(row->cluster_id, cluster_id) == 0;
    }
    return cluster && approved == cluster->figures.steps;
}

gboolean verify_foresees(const ChangePlan *plan, const char *cluster_id, const char *host_id,
                         Resource resource, double pct)
{
    return pct <= promised_pct(plan, cluster_id, resource) &&
           (has_all_steps(plan, cluster_id) || is_unsolved(plan, host_id));
}

/* Heat that plan itself accepted, for a rule or a worse heat, is nobody's edit. */
static gboolean is_foreseen(const Verification *verification, const Host *host, Resource resource, double pct)
{
    const ChangePlan *plan = verification->plan;
    const char *cluster_id = verification->situation->start->snapshot->clusters[host->cluster].id;
    return !is_touched(verification, host) &&
           (has_all_steps(plan, cluster_id) || verify_foresees(plan, cluster_id, host->id, resource, pct));
}

/* "; step 3 (migrate a), which would take load off it, is not approved", or "" */
static char *words_of_declined(const ChangePlan *plan, const char *host_id)
{
    GString *words = g_string_new(NULL);
    guint n = 0;
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind != ROW_STEP || row->approve == 1 || row->action != ACTION_MIGRATE ||
            strcmp(row->from_id, host_id) != 0)
            continue;
        g_string_append_printf(words, "%sstep %.0f (%s %s)",
                               n++ ? ", " : "; not approved, though it would take load off it: ", row->step,
                               action_names[row->action], row->object);
    }
    return g_string_free(words, FALSE);
}

/* the last approved row that brings something to the host, or NULL */
static const PlanRow *last_into(const Verification *verification, guint host)
{
    for (guint i = verification->changes->len; i-- > 0;) {
        const Change *change = &g_array_index(verification->changes, Change, i);
        if (change->vm >= 0 && change->to == (int)host && change->action != ACTION_ADD_CPU &&
            change->action != ACTION_RECLAIM_MEMORY)
            return g_array_index(verification->rows, PlanRow *, i);
    }
    return NULL;
}

/* FALSE where what it takes in leaves the host hot, or hotter */
static gboolean ends_no_hotter(const Verification *verification, const Model *end, guint host)
{
    const Model *start = verification->situation->start;
    const Host *row = &start->snapshot->hosts[host];
    const PlanRow *last = last_into(verification, host);
    for (int r = 0; last && r < N_RESOURCES; r++) {
        double before = model_usage_pct(start, host, (Resource)r, 0);
        double after = model_usage_pct(end, host, (Resource)r, 0), threshold = end->hosts[host].threshold[r];
        if (!(after > before && after > threshold) || is_foreseen(verification, row, (Resource)r, after))
            continue;
        g_autofree char *declined = words_of_declined(verification->plan, row->id);
        add_problem(verification, last,
                    "%s would become %s: %s at %.1f %%, above %.0f %%; it is at %.1f %% now%s", row->name,
                    before > threshold ? "hotter" : "hot", resource_words[r], after, threshold, before,
                    declined);
        return FALSE;
    }
    return TRUE;
}

static guint count_hot(const Model *model, int cluster)
{
    guint n = 0;
    for (guint host = 0; host < model->snapshot->n_hosts; host++)
        n += model->hosts[host].cluster == cluster && model_is_hot(model, host);
    return n;
}

/* TRUE where the plan as it was made may have left the host less hot: steps that concern it were changed or
 * not approved, or, as steps are missing, more hosts of its cluster end hot than were to, and no row says
 * that this one would */
static gboolean is_edits_doing(const Verification *verification, const Model *end, const Host *row)
{
    const char *cluster_id = end->snapshot->clusters[row->cluster].id;
    const PlanCluster *cluster = changeplan_find_cluster(verification->plan, cluster_id);
    return is_touched(verification, row) || (cluster && !is_unsolved(verification->plan, row->id) &&
                                             count_hot(end, row->cluster) > cluster->figures.after.hot_hosts);
}

/* A host that only stays hot is its reviewer's decision, who should know of it. */
static void note_if_it_stays_hot(const Verification *verification, const Model *end, guint host,
                                 GPtrArray *notes)
{
    const Host *row = &end->snapshot->hosts[host];
    Resource worst = RESOURCE_CPU;
    if (!model_is_hot(end, host) || !model_is_hot(verification->situation->start, host) ||
        !is_edits_doing(verification, end, row))
        return;
    g_autofree char *declined = words_of_declined(verification->plan, row->id);
    model_excess(end, host, &worst);
    g_ptr_array_add(notes,
                    g_strdup_printf("this edit leaves %s hot: %s at %.1f %%, above %.0f %%%s", row->name,
                                    resource_words[worst], model_usage_pct(end, host, worst, 0),
                                    end->hosts[host].threshold[worst], declined));
}

/* and so is one that is emptied in part, for nothing */
static void note_if_it_is_not_emptied(const Verification *verification, const Model *end, guint host,
                                      GPtrArray *notes)
{
    const Model *start = verification->situation->start;
    guint left = model_vms_to_leave(end, host);
    if (!model_is_asked_to_empty(start, host) || start->policy->evacuate_partly || left == 0 ||
        left == model_vms_to_leave(start, host))
        return;
    g_ptr_array_add(notes, g_strdup_printf("this edit empties %s in part: %u running %s on it",
                                           end->snapshot->hosts[host].name, left,
                                           plural(left, "VM stays", "VMs stay")));
}

/* Moves that a person chose against rules that should hold are theirs to make. */
static void note_rules_against(const Verification *verification, GPtrArray *notes)
{
    for (guint i = 0; i < verification->changes->len; i++) {
        const Change *change = &g_array_index(verification->changes, Change, i);
        const PlanRow *row = g_array_index(verification->rows, PlanRow *, i);
        if (change->action != ACTION_MIGRATE || plan_row_is_as_made(row))
            continue;
        const BoundRule *rule =
            rules_broken_by(verification->situation->rules, verification->situation->start, (guint)change->vm,
                            (guint)change->to, FALSE);
        if (rule)
            g_ptr_array_add(notes,
                            g_strdup_printf("step %.0f (%s %s) is against the rule \"%s\", which should hold",
                                            row->step, action_names[row->action], row->object, rule->name));
    }
}

static gboolean look_at_heat(const Verification *verification, GPtrArray *notes)
{
    g_autoptr(Model) end = model_after(verification->situation->start, verification->changes);
    gboolean sound = TRUE;
    for (guint host = 0; host < end->snapshot->n_hosts; host++) {
        gboolean no_hotter = ends_no_hotter(verification, end, host);
        sound &= no_hotter;
        if (no_hotter)
            note_if_it_stays_hot(verification, end, host, notes);
        note_if_it_is_not_emptied(verification, end, host, notes);
    }
    note_rules_against(verification, notes);
    return sound;
}

/* ---- failover ---- */

/* the first step that leaves a VM with no host to be restarted on, and why; NULL where there is none */
static const PlanRow *first_that_loses(const Verification *verification, const gboolean *loses, Obstacle *why)
{
    const Situation *situation = verification->situation;
    g_autoptr(Model) now = model_copy(situation->start);
    for (guint i = 0; i < verification->changes->len; i++) {
        const Change *change = &g_array_index(verification->changes, Change, i);
        if (change->vm >= 0 && loses[now->hosts[change->to].cluster] &&
            !legality_allows(situation->legality, now, change, LEGAL_FAILOVER, why))
            return g_array_index(verification->rows, PlanRow *, i);
        change_apply(now, change);
    }
    return NULL;
}

/* Steps of a plan that were each fine may not be so without others; what they take on their way, they may
 * give back. */
static gboolean keeps_failover(const Verification *verification)
{
    const Situation *situation = verification->situation;
    g_autoptr(Model) end = model_after(situation->start, verification->changes);
    g_auto(Obstacle) why = {0};
    g_autofree gboolean *loses = g_new0(gboolean, end->snapshot->n_clusters + 1);
    gboolean some = FALSE;
    for (guint cluster = 0; cluster < end->snapshot->n_clusters; cluster++) {
        loses[cluster] = legality_newly_lost(situation->legality, end, cluster) >= 0;
        some |= loses[cluster];
    }
    const PlanRow *row = some ? first_that_loses(verification, loses, &why) : NULL;
    if (row)
        add_problem(verification, row, "%s%s%s", why.host >= 0 ? end->snapshot->hosts[why.host].name : "",
                    why.host >= 0 ? " " : "", why.words);
    return !row;
}

/* ---- all ---- */

void verify_plan(const Situation *situation, const ChangePlan *plan, GPtrArray *problems)
{
    g_autoptr(GArray) changes = change_list_new();
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(PlanRow *));
    g_autoptr(GHashTable) place = g_hash_table_new(NULL, NULL);
    g_autoptr(Model) now = model_copy(situation->start);
    g_autofree char *policy = policy_plan_digest(situation->start->policy);
    gboolean budgets = strcmp(plan->policy, policy) == 0;
    Verification verification = {situation, plan, FALSE, budgets, problems, changes, rows, place};
    if (!take_rows(&verification, now))
        return;
    guint at = 0;
    g_autofree char *violation = sequence_danger(situation, changes, &at);
    if (violation)
        add_problem(&verification, g_array_index(rows, PlanRow *, at), "%s", violation);
    else
        keeps_failover(&verification);
}

void verify_edited(const Situation *situation, ChangePlan *plan, GPtrArray *problems, GPtrArray *notes)
{
    g_autoptr(GArray) changes = change_list_new();
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(PlanRow *));
    g_autoptr(GHashTable) place = g_hash_table_new(NULL, NULL);
    g_autoptr(Model) now = model_copy(situation->start);
    Verification verification = {situation, plan, TRUE, TRUE, problems, changes, rows, place};
    if (!take_rows(&verification, now))
        return;
    guint at = 0;
    g_autofree char *violation = sequence_complete(situation, changes, &at);
    if (violation)
        add_problem(&verification, g_array_index(rows, PlanRow *, at), "%s", violation);
    else if (keeps_failover(&verification) && look_at_heat(&verification, notes))
        compose_again(situation, plan, changes, rows);
}
