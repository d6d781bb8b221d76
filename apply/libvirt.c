/* SPDX-License-Identifier: MIT */
/*
 * Hosts that libvirt manages as a target: each step is carried out by a thread of its own, since libvirt's
 * calls block as long as the step takes. What is there is read as collect reads it.
 */
#include "analyze/evaluation.h"
#include "apply/drift.h"
#include "apply/libvirtcheck.h"
#include "apply/target.h"
#include "apply/workers.h"
#include "collect/atomic.h"
#include "collect/libvirtsource.h"
#include "collect/snapshotreader.h"
#include "plan/change.h"

#include <math.h>
#include <string.h>

#define WINDOW_S 20 /* libvirt keeps no history: the load now is measured so long */
#define INTERVAL_S 2
#define SETTLE_PAUSE_US G_USEC_PER_SEC
/* a call of an earlier run that nothing shows may still be on its way so long: QEMU's driver lets a call wait
 * for 30 s for a job that another one has on the domain, and then begins it */
#define DOUBT_S 35

typedef struct Estate {
    Target base;
    const Program *program;
    Connection *connection;
    char *source;
    Hypervisors *hypervisors;
    const Policy *policy; /* of the view */
    Snapshot *snapshot;   /* what was there at the view; rows that recheck reads are brought up to date */
    Workers *workers;
    MoveNotes *notes;
    Interrupt *interrupt;  /* not owned; NULL: nobody asked */
    GHashTable *looked_at; /* PlanRow of an earlier run to gint64: since when nothing shows it */
    GHashTable *aborted;   /* PlanRow of an earlier run whose migration was aborted now */
    gboolean has_warned;   /* what a look at the tables alone has to tell, is told once */
} Estate;

static Estate *estate_of(Target *target)
{
    return (Estate *)target;
}

static gint64 libvirt_now(Target *target)
{
    (void)target;
    return g_get_real_time() / G_USEC_PER_SEC;
}

/* libvirt does not tell as whom it takes us. */
static const char *libvirt_account(Target *target)
{
    (void)target;
    return "";
}

static const char *libvirt_source_id(Target *target)
{
    return estate_of(target)->hypervisors->hosts->source_id;
}

/* ---- what is there ---- */

static CollectRequest request_of(const Estate *estate, const char *directory)
{
    return (CollectRequest){.source = estate->source,
                            .output = directory,
                            .window_s = WINDOW_S,
                            .interval_s = INTERVAL_S,
                            .connection = estate->connection,
                            .program = estate->program};
}

/* Measures into a directory that is gone again afterwards. */
static gboolean view_measured(Estate *estate, const char *directory, const Policy *policy,
                              Assessment **assessment, GError **error)
{
    g_auto(CollectResult) result = {0};
    CollectRequest request = request_of(estate, directory);
    if (!libvirt_collect(&request, estate->interrupt, &result, error) ||
        !(estate->snapshot = snapshot_read(directory, SNAPSHOT_STRICT, error)))
        return FALSE;
    program_warn_all(estate->program, result.warnings);
    g_auto(Subject) subject = {0};
    g_autoptr(Assessment) assessed = evaluation_begin(policy);
    if (!evaluation_add(assessed, estate->snapshot, directory, policy, &subject, error))
        return FALSE;
    *assessment = g_steal_pointer(&assessed);
    return TRUE;
}

static gboolean view_tables(Estate *estate, GError **error)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    CollectRequest request = request_of(estate, NULL);
    g_clear_pointer(&estate->snapshot, snapshot_free);
    estate->snapshot = libvirt_inventory(&request, estate->interrupt, warnings, error);
    if (estate->snapshot && !estate->has_warned)
        program_warn_all(estate->program, warnings);
    estate->has_warned |= estate->snapshot != NULL;
    return estate->snapshot != NULL;
}

/* Of one that is silent only the address is known: neither its id nor what it runs. */
static gboolean has_silent_host(const Snapshot *snapshot)
{
    for (guint i = 0; i < snapshot->n_hosts; i++)
        if (snapshot->hosts[i].connection != CONNECTION_CONNECTED)
            return TRUE;
    return FALSE;
}

static gboolean libvirt_view(Target *target, const Policy *policy, const Snapshot **snapshot,
                             Assessment **assessment, GError **error)
{
    Estate *estate = estate_of(target);
    estate->policy = policy;
    if (assessment) {
        g_clear_pointer(&estate->snapshot, snapshot_free);
        g_autoptr(AtomicDirectory) scratch = atomic_directory_scratch(error);
        g_autofree char *directory =
            scratch ? g_build_filename(atomic_directory_path(scratch), "measured", NULL) : NULL;
        if (!directory || !view_measured(estate, directory, policy, assessment, error))
            return FALSE;
    } else if (!view_tables(estate, error)) {
        return FALSE;
    }
    *snapshot = estate->snapshot;
    return TRUE;
}

static gboolean libvirt_target_check(Target *target, const ChangePlan *plan, GPtrArray *refusals,
                                     GPtrArray *problems, GPtrArray *warnings, GError **error)
{
    (void)problems;
    Estate *estate = estate_of(target);
    return libvirt_check(estate->hypervisors, plan, estate->snapshot, estate->policy, refusals, warnings,
                         error);
}

/* ---- looking again ---- */

/* Finds the domain where the snapshot has it, else on another host of its cluster: moves it there in the
 * snapshot. domain becomes NULL where none has it. */
static gboolean find_domain(Estate *estate, Vm *vm, virDomain **domain, GError **error)
{
    const Snapshot *snapshot = estate->snapshot;
    *domain = NULL;
    for (int pass = 0; pass < 2 && !*domain; pass++) {
        for (guint i = 0; i < snapshot->n_hosts && !*domain; i++) {
            gboolean is_its_own = (int)i == vm->host;
            if (is_its_own != (pass == 0) || snapshot->hosts[i].cluster != vm->cluster ||
                snapshot->hosts[i].connection != CONNECTION_CONNECTED)
                continue;
            const LibvirtHost *host =
                hypervisors_host(estate->hypervisors, snapshot, snapshot->hosts[i].id, error);
            if (!host || !hypervisors_find(estate->hypervisors, host, vm->instance_uuid, domain, error))
                return FALSE;
            if (*domain)
                vm->host = (int)i;
        }
    }
    return TRUE;
}

static gboolean update_vm(Estate *estate, Vm *vm, virDomain *domain, GError **error)
{
    const char *host = estate->snapshot->hosts[vm->host].name;
    int state, reason;
    if (virDomainGetState(domain, &state, &reason, 0) != 0)
        return libvirt_fail(host, NULL, error);
    gboolean is_off = state == VIR_DOMAIN_SHUTOFF || state == VIR_DOMAIN_CRASHED;
    vm->power = !is_off                                        ? VM_POWER_ON
                : virDomainHasManagedSaveImage(domain, 0) == 1 ? VM_POWER_SUSPENDED
                                                               : VM_POWER_OFF;
    vm->memory_mib = libvirt_size(domain, host, ACTION_ADD_MEMORY, error);
    if (!isnan(vm->memory_mib))
        vm->vcpus = libvirt_size(domain, host, ACTION_ADD_CPU, error);
    return !isnan(vm->memory_mib) && !isnan(vm->vcpus);
}

static void compare(Estate *estate, const PlanRow *step, GPtrArray *differences)
{
    g_autoptr(Drift) drift = drift_new(estate->snapshot);
    drift_compare(drift, step, differences, NULL);
}

/* FALSE where a host cannot be asked: then the step is not done. */
static gboolean recheck_vm(Estate *estate, const PlanRow *step, GPtrArray *differences, GError **error)
{
    int index = snapshot_find_vm(estate->snapshot, step->object_id);
    Vm *vm = index >= 0 ? &estate->snapshot->vms[index] : NULL;
    g_autoptr(virDomain) domain = NULL;
    if (!vm || !find_domain(estate, vm, &domain, error))
        return !vm;
    if (!domain) {
        g_ptr_array_add(differences, mismatch_new(step->step, "VM", step->object, "on none of the hosts"));
        return TRUE;
    }
    if (!update_vm(estate, vm, domain, error))
        return FALSE;
    g_autofree char *job = hypervisors_job_on(domain);
    if (job)
        g_ptr_array_add(differences, mismatch_new(step->step, "job of another one", "none", job));
    return TRUE;
}

static gboolean libvirt_recheck(Target *target, const PlanRow *step, char **problem, GError **error)
{
    (void)error;
    Estate *estate = estate_of(target);
    g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func((GDestroyNotify)mismatch_free);
    g_autoptr(GError) failure = NULL;
    if (!recheck_vm(estate, step, differences, &failure)) {
        *problem = g_strdup(failure->message); /* one host's silence is no reason to leave the others */
        return TRUE;
    }
    if (differences->len == 0)
        compare(estate, step, differences);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < differences->len; i++) {
        const Mismatch *difference = g_ptr_array_index(differences, i);
        g_string_append_printf(text, "%s%s was %s, is %s", text->len ? "; " : "", difference->what,
                               difference->was, difference->is);
    }
    *problem = differences->len > 0 ? g_strdup(text->str) : NULL;
    return TRUE;
}

/* ---- starting ---- */

static void free_move(gpointer data)
{
    move_clear(data);
    g_free(data);
}

static void free_resize(gpointer data)
{
    resize_clear(data);
    g_free(data);
}

static void do_move(gpointer task, Worker *worker, StepEnd *end, char **warning)
{
    libvirt_move(task, worker_progress, worker, end, warning);
}

static void do_resize(gpointer task, Worker *worker, StepEnd *end, char **warning)
{
    (void)worker;
    libvirt_resize(task, end, warning);
}

static MoveOptions options_of(const Estate *estate)
{
    const Policy *policy = estate->policy;
    return (MoveOptions){.tls = policy->libvirt_tls,
                         .auto_converge = policy->libvirt_auto_converge,
                         .post_copy = policy->libvirt_post_copy,
                         .rate_mbps = policy->vmotion_mbps,
                         .limit_s = policy->libvirt_limit_s,
                         .timeout_s = estate->hypervisors->timeout_s};
}

/* Whoever settles the step later holds it to the limit under which it was begun. */
static char *libvirt_intent(Target *target, const PlanRow *step)
{
    double limit_s = estate_of(target)->policy->libvirt_limit_s;
    return step->action == ACTION_MIGRATE && limit_s > 0 ? g_strdup_printf("limit_s=%.0f", limit_s) : NULL;
}

static gboolean libvirt_start(Target *target, const PlanRow *step, StepCall *call, GError **error)
{
    (void)call;
    Estate *estate = estate_of(target);
    const Vm *vm = &estate->snapshot->vms[snapshot_find_vm(estate->snapshot, step->object_id)];
    const LibvirtHost *host =
        hypervisors_host(estate->hypervisors, estate->snapshot, estate->snapshot->hosts[vm->host].id, error);
    if (!host)
        return FALSE;
    if (step->action != ACTION_MIGRATE) {
        Resize resize = resize_of(step, host, vm, estate->policy, estate->hypervisors->timeout_s);
        workers_start(estate->workers, step->step, do_resize, g_memdup2(&resize, sizeof resize), free_resize);
        return TRUE;
    }
    const LibvirtHost *to = hypervisors_host(estate->hypervisors, estate->snapshot, step->to_id, error);
    if (!to)
        return FALSE;
    Move move = {.from = peer_of(host),
                 .to = peer_of(to),
                 .uuid = g_strdup(vm->instance_uuid),
                 .name = g_strdup(vm->name),
                 .is_cold = step_stated_power(step) != VM_POWER_ON,
                 .options = options_of(estate),
                 .notes = move_notes_ref(estate->notes)};
    workers_start(estate->workers, step->step, do_move, g_memdup2(&move, sizeof move), free_move);
    return TRUE;
}

static gboolean libvirt_wait(Target *target, double timeout_s, StepEnd *end, char **progress, GError **error)
{
    (void)error;
    Estate *estate = estate_of(target);
    g_autofree char *warning = NULL;
    end->step = NAN;
    if (workers_wait(estate->workers, timeout_s, end, &warning)) {
        if (warning)
            program_warn(estate->program, "warning: step %.0f: %s", end->step, warning);
        return TRUE;
    }
    double pct = workers_progress_pct(estate->workers);
    if (progress && !isnan(pct))
        *progress = g_strdup_printf("(on average %.0f %%)", pct);
    return TRUE;
}

/* ---- steps of an earlier run ---- */

/* What nothing shows may still be on its way for a moment. */
static gboolean is_doubtful(Estate *estate, const PlanRow *step)
{
    gint64 now = g_get_monotonic_time();
    gint64 *since = g_hash_table_lookup(estate->looked_at, step);
    if (!since) {
        since = g_memdup2(&now, sizeof now);
        g_hash_table_insert(estate->looked_at, (gpointer)step, since);
    }
    return now - *since < DOUBT_S * G_USEC_PER_SEC;
}

static gboolean place_of(Estate *estate, const PlanRow *step, const char *host_id, Place *place,
                         GError **error)
{
    g_autoptr(GError) unknown = NULL;
    const LibvirtHost *host = hypervisors_host(estate->hypervisors, estate->snapshot, host_id, &unknown);
    *place = (Place){.state = PLACE_SILENT};
    if (host)
        *place = libvirt_place(hypervisors_connect(estate->hypervisors, host, NULL), step->instance_uuid);
    else if (!has_silent_host(estate->snapshot))
        g_propagate_error(error, g_steal_pointer(&unknown));
    return host || unknown;
}

/* One that is under way for longer than it may is aborted; then it fails where it is found where it was. */
static void hold_to_limit(Estate *estate, const PlanRow *step, const char *intent, Place from, StepEnd *end)
{
    g_autofree char *limit = journal_text_in(intent, "limit_s");
    const LibvirtHost *host = hypervisors_host(estate->hypervisors, estate->snapshot, step->from_id, NULL);
    if (end->kind == END_UNKNOWN && limit && host && from.has_job &&
        libvirt_abort_overdue(hypervisors_connect(estate->hypervisors, host, NULL), step->instance_uuid,
                              g_ascii_strtod(limit, NULL)))
        g_hash_table_add(estate->aborted, (gpointer)step);
    if (end->kind != END_NOT_STARTED || !g_hash_table_contains(estate->aborted, step))
        return;
    end->kind = END_FAILED;
    g_free(end->detail);
    end->detail =
        g_strdup_printf("it had not ended after %s s and was aborted; the VM stays where it was", limit);
}

static gboolean settle_move(Estate *estate, const PlanRow *step, const char *intent, StepEnd *end,
                            GError **error)
{
    Place from, to;
    gboolean is_cold = step_stated_power(step) != VM_POWER_ON;
    if (!place_of(estate, step, step->from_id, &from, error) ||
        !place_of(estate, step, step->to_id, &to, error))
        return FALSE;
    end->kind = domain_place_judge(from, to, is_cold, &end->detail);
    hold_to_limit(estate, step, intent, from, end);
    if (end->kind != END_SUCCEEDED)
        return TRUE;
    if (end->detail)
        program_warn(estate->program, "warning: step %.0f: %s", step->step, end->detail);
    g_clear_pointer(&end->detail, g_free);
    if (is_cold)
        return TRUE;
    const LibvirtHost *host = hypervisors_host(estate->hypervisors, estate->snapshot, step->to_id, error);
    g_autoptr(virDomain) domain = NULL;
    if (host && hypervisors_find(estate->hypervisors, host, step->instance_uuid, &domain, NULL) && domain)
        end->detail = libvirt_move_figures(domain);
    return host != NULL;
}

/* A host that does not answer tells nothing of the step. */
static void leave_unknown(StepEnd *end, const char *why)
{
    end->kind = END_UNKNOWN;
    end->detail = g_strdup(why);
}

static gboolean is_between(const PlanRow *step, double is)
{
    double from = g_ascii_strtod(step->from, NULL), to = g_ascii_strtod(step->to, NULL);
    return (from - is) * (to - is) < 0;
}

/* By what it has now: an addition is of an absolute size. */
static void settle_size(Estate *estate, const PlanRow *step, StepEnd *end)
{
    int index = snapshot_find_vm(estate->snapshot, step->object_id);
    Vm *vm = index >= 0 ? &estate->snapshot->vms[index] : NULL;
    g_autoptr(virDomain) domain = NULL;
    g_autoptr(GError) error = NULL;
    if (vm && !find_domain(estate, vm, &domain, &error)) {
        leave_unknown(end, error->message);
        return;
    }
    if (!domain && has_silent_host(estate->snapshot)) {
        leave_unknown(end, "the VM is on none of the hosts that answer");
        return;
    }
    if (!domain) {
        end->kind = END_FAILED;
        end->detail = g_strdup("the VM is on none of the hosts");
        return;
    }
    const char *host = estate->snapshot->hosts[vm->host].name;
    double is = libvirt_size(domain, host, step->action, &error);
    if (isnan(is)) {
        leave_unknown(end, error->message);
        return;
    }
    g_autofree char *size = g_strdup_printf("%.0f", is);
    end->kind = strcmp(size, step->to) == 0     ? END_SUCCEEDED
                : strcmp(size, step->from) == 0 ? END_NOT_STARTED
                                                : END_FAILED;
    if (end->kind == END_SUCCEEDED && !libvirt_is_saved(domain, host, step->action))
        program_warn(estate->program,
                     "warning: step %.0f: %s has its new size, but not in its saved configuration",
                     step->step, step->object);
    if (end->kind != END_FAILED)
        return;
    end->detail = g_strdup_printf("it has %s %s, neither %s nor %s", size, step->unit, step->from, step->to);
    if (is_between(step, is) && is_doubtful(estate, step)) /* its guest may still be at it */
        end->kind = END_UNKNOWN;
}

static gboolean libvirt_settle(Target *target, const PlanRow *step, const char *task, const char *intent,
                               StepEnd *end, GError **error)
{
    (void)task;
    Estate *estate = estate_of(target);
    *end = (StepEnd){step->step, END_UNKNOWN, NULL};
    if (!estate->snapshot && !view_tables(estate, error))
        return FALSE;
    if (step->action != ACTION_MIGRATE)
        settle_size(estate, step, end);
    else if (!settle_move(estate, step, intent, end, error))
        return FALSE;
    if (end->kind == END_NOT_STARTED && is_doubtful(estate, step))
        end->kind = END_UNKNOWN;
    if (end->kind == END_UNKNOWN) {
        g_usleep(SETTLE_PAUSE_US);
        if (has_silent_host(estate->snapshot)) /* which may answer the next time */
            g_clear_pointer(&estate->snapshot, snapshot_free);
    }
    return TRUE;
}

/* ---- the target ---- */

static gboolean libvirt_finish(Target *target, const ChangePlan *plan, GError **error)
{
    (void)target, (void)plan, (void)error;
    return TRUE;
}

static void libvirt_heed(Target *target, Interrupt *interrupt)
{
    estate_of(target)->interrupt = interrupt;
}

static void libvirt_free(Target *target)
{
    Estate *estate = estate_of(target);
    workers_free(estate->workers);
    move_notes_unref(estate->notes);
    g_hash_table_destroy(estate->looked_at);
    g_hash_table_destroy(estate->aborted);
    snapshot_free(estate->snapshot);
    hypervisors_free(estate->hypervisors);
    g_free(estate->source);
    g_free(estate);
}

Target *target_libvirt_new(const char *source, Connection *connection, const Program *program, GError **error)
{
    static const TargetClass class = {
        .kind = JOURNAL_LIBVIRT,
        .called = "libvirt",
        .checks_of_migrations =
            "that more than reading is allowed; libvirt's own checks of the domain, the way "
            "from host to host, the target's CPU",
        .checks_of_others = "that more than reading is allowed; by which means the guest comes to the size",
        .view = libvirt_view,
        .check = libvirt_target_check,
        .recheck = libvirt_recheck,
        .intent = libvirt_intent,
        .start = libvirt_start,
        .wait = libvirt_wait,
        .settle = libvirt_settle,
        .finish = libvirt_finish,
        .now = libvirt_now,
        .account = libvirt_account,
        .source_id = libvirt_source_id,
        .identity = libvirt_source_id,
        .heed = libvirt_heed,
        .free = libvirt_free,
    };
    Hypervisors *hypervisors =
        hypervisors_new(source + strlen(LIBVIRT_PREFIX), (guint)connection->timeout_s.value, error);
    if (!hypervisors)
        return NULL;
    Estate *estate = g_new0(Estate, 1);
    estate->base.class = &class;
    estate->program = program;
    estate->connection = connection;
    estate->source = g_strdup(source);
    estate->hypervisors = hypervisors;
    estate->workers = workers_new();
    estate->notes = move_notes_new();
    estate->aborted = g_hash_table_new(g_direct_hash, g_direct_equal);
    estate->looked_at = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    return &estate->base;
}
