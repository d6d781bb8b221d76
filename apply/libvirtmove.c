/* SPDX-License-Identifier: MIT */
#include "apply/libvirtmove.h"

#include "analyze/policy.h"
#include "apply/domainuuid.h"
#include "collect/error.h"

#include <math.h>
#include <string.h>

#define POLL_US (G_USEC_PER_SEC / 4)
#define MS_PER_S 1000.0
#define BITS_PER_MIB (8.0 * 1024 * 1024)
#define POST_COPY_ITERATION                                                                                  \
    3               /* from this pass over the guest's memory on it is known not to end by itself            \
                     */
#define SETTLE_S 60 /* so long is looked for what became of one whose end was not told */
#define SETTLE_PAUSE_S 2
#define NOWHERE "nowhere://nowhere/" /* no driver of libvirt has addresses of this scheme */

Peer peer_of(const LibvirtHost *host)
{
    return (Peer){g_strdup(host->uri), g_strdup(host->name), g_strdup(host->peer_uri),
                  g_strdup(host->migrate_uri)};
}

void peer_clear(Peer *peer)
{
    g_free(peer->uri);
    g_free(peer->name);
    g_free(peer->peer_uri);
    g_free(peer->migrate_uri);
    *peer = (Peer){0};
}

/* Pairs of hosts between which TLS was tried in vain, "uri line feed uri". */
struct MoveNotes {
    gint users;
    GMutex mutex;
    GHashTable *without_tls;
};

MoveNotes *move_notes_new(void)
{
    MoveNotes *notes = g_new0(MoveNotes, 1);
    notes->users = 1;
    g_mutex_init(&notes->mutex);
    notes->without_tls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return notes;
}

MoveNotes *move_notes_ref(MoveNotes *notes)
{
    g_atomic_int_inc(&notes->users);
    return notes;
}

void move_notes_unref(MoveNotes *notes)
{
    if (!g_atomic_int_dec_and_test(&notes->users))
        return;
    g_mutex_clear(&notes->mutex);
    g_hash_table_destroy(notes->without_tls);
    g_free(notes);
}

static gboolean goes_without_tls(const Move *move)
{
    g_autofree char *pair = g_strconcat(move->from.uri, "\n", move->to.uri, NULL);
    g_mutex_lock(&move->notes->mutex);
    gboolean without = g_hash_table_contains(move->notes->without_tls, pair);
    g_mutex_unlock(&move->notes->mutex);
    return without;
}

/* TRUE for the first migration that finds it. */
static gboolean note_without_tls(const Move *move)
{
    g_mutex_lock(&move->notes->mutex);
    gboolean first =
        g_hash_table_add(move->notes->without_tls, g_strconcat(move->from.uri, "\n", move->to.uri, NULL));
    g_mutex_unlock(&move->notes->mutex);
    return first;
}

void move_clear(Move *move)
{
    if (move->notes)
        move_notes_unref(move->notes);
    peer_clear(&move->from);
    peer_clear(&move->to);
    g_free(move->uuid);
    g_free(move->name);
    *move = (Move){0};
}

/* ---- parameters ---- */

typedef struct Parameters {
    virTypedParameterPtr values;
    int n, room;
} Parameters;

static void parameters_clear(Parameters *parameters)
{
    virTypedParamsFree(parameters->values, parameters->n);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parameters, parameters_clear)

static void add_text(Parameters *parameters, const char *name, const char *text)
{
    if (*text)
        virTypedParamsAddString(&parameters->values, &parameters->n, &parameters->room, name, text);
}

static double number_of(const Parameters *parameters, const char *name)
{
    for (int i = 0; i < parameters->n; i++) {
        const virTypedParameter *value = &parameters->values[i];
        if (strcmp(value->field, name) != 0)
            continue;
        return value->type == VIR_TYPED_PARAM_ULLONG ? (double)value->value.ul
               : value->type == VIR_TYPED_PARAM_INT  ? (double)value->value.i
                                                     : NAN;
    }
    return NAN;
}

static unsigned int flags_of(virDomain *domain, const Move *move, gboolean with_tls)
{
    unsigned int flags = VIR_MIGRATE_PEER2PEER;
    if (move->is_cold)
        return flags | VIR_MIGRATE_OFFLINE | VIR_MIGRATE_PERSIST_DEST | VIR_MIGRATE_UNDEFINE_SOURCE;
    flags |= VIR_MIGRATE_LIVE | VIR_MIGRATE_ABORT_ON_ERROR;
    if (virDomainIsPersistent(domain) == 1)
        flags |= VIR_MIGRATE_PERSIST_DEST | VIR_MIGRATE_UNDEFINE_SOURCE;
    if (with_tls)
        flags |= VIR_MIGRATE_TLS;
    if (move->options.auto_converge)
        flags |= VIR_MIGRATE_AUTO_CONVERGE;
    if (move->options.post_copy)
        flags |= VIR_MIGRATE_POSTCOPY;
    return flags;
}

/* ---- the job ---- */

/* What a job says of itself. */
typedef struct Job {
    double elapsed_ms, sent_bytes, total_bytes, left_bytes, iterations, downtime_ms, dirty_bps;
} Job;

static gboolean read_job(virDomain *domain, unsigned int flags, Job *job)
{
    g_auto(Parameters) parameters = {0};
    int kind = VIR_DOMAIN_JOB_NONE;
    if (virDomainGetJobStats(domain, &kind, &parameters.values, &parameters.n, flags) != 0 ||
        kind == VIR_DOMAIN_JOB_NONE)
        return FALSE;
    double page = number_of(&parameters, VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE);
    *job = (Job){.elapsed_ms = number_of(&parameters, VIR_DOMAIN_JOB_TIME_ELAPSED),
                 .sent_bytes = number_of(&parameters, VIR_DOMAIN_JOB_MEMORY_PROCESSED),
                 .total_bytes = number_of(&parameters, VIR_DOMAIN_JOB_MEMORY_TOTAL),
                 .left_bytes = number_of(&parameters, VIR_DOMAIN_JOB_MEMORY_REMAINING),
                 .iterations = number_of(&parameters, VIR_DOMAIN_JOB_MEMORY_ITERATION),
                 .downtime_ms = number_of(&parameters, VIR_DOMAIN_JOB_DOWNTIME),
                 .dirty_bps = number_of(&parameters, VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE) * page};
    return TRUE;
}

static void append_figure(GString *text, const char *key, double value)
{
    if (value >= 0)
        g_string_append_printf(text, "%s%s=%.0f", text->len ? " " : "", key, value);
}

static char *figures_of(const Job *job)
{
    GString *text = g_string_new(NULL);
    append_figure(text, "elapsed_ms", job->elapsed_ms);
    append_figure(text, "sent_bytes", job->sent_bytes);
    append_figure(text, "iterations", job->iterations);
    append_figure(text, "downtime_ms", job->downtime_ms);
    append_figure(text, "dirty_kibps", job->dirty_bps / 1024);
    return g_string_free(text, FALSE);
}

/* ---- the call ---- */

typedef struct Call {
    const Move *move;
    virDomain *domain;
    gboolean with_tls;
    MoveRefusals refused;
    gint over;
    gboolean done;
    GError *error;
} Call;

unsigned long long libvirt_mib_per_s(double rate_mbps)
{
    return rate_mbps > 0 ? (unsigned long long)MAX(1, rate_mbps * 1e6 / BITS_PER_MIB) : 0;
}

/* What is fetched once the guest runs on the target is limited apart. */
static void add_bandwidth(Parameters *parameters, const MoveOptions *options)
{
    unsigned long long mib_per_s = libvirt_mib_per_s(options->rate_mbps);
    if (mib_per_s > 0)
        virTypedParamsAddULLong(&parameters->values, &parameters->n, &parameters->room,
                                VIR_MIGRATE_PARAM_BANDWIDTH, mib_per_s);
    if (mib_per_s > 0 && options->post_copy)
        virTypedParamsAddULLong(&parameters->values, &parameters->n, &parameters->room,
                                VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY, mib_per_s);
}

static gpointer make_call(gpointer data)
{
    Call *call = data;
    const Move *move = call->move;
    g_auto(Parameters) parameters = {0};
    add_text(&parameters, VIR_MIGRATE_PARAM_URI, move->is_cold ? "" : move->to.migrate_uri);
    if (!move->is_cold && !call->refused.bandwidth)
        add_bandwidth(&parameters, &move->options);
    call->done =
        virDomainMigrateToURI3(call->domain, move->to.peer_uri, parameters.values, (unsigned int)parameters.n,
                               flags_of(call->domain, move, call->with_tls) & ~call->refused.flags) == 0;
    if (!call->done)
        libvirt_fail(move->from.name, NULL, &call->error);
    g_atomic_int_set(&call->over, 1);
    return NULL;
}

/* What is seen of the call while it runs. */
typedef struct Watch {
    Job last;
    double dirty_bps; /* the most that was seen, NAN: none; once it is over the job says none */
    gboolean seen, aborted, post_copy;
    double since_us;
} Watch;

static void look(const Call *call, Watch *watch, MoveProgress *progress, gpointer data)
{
    const MoveOptions *options = &call->move->options;
    double took_s = ((double)g_get_monotonic_time() - watch->since_us) / G_USEC_PER_SEC;
    Job job;
    if (read_job(call->domain, 0, &job)) {
        watch->last = job;
        watch->dirty_bps = fmax(watch->dirty_bps, job.dirty_bps);
        watch->seen = TRUE;
        if (job.total_bytes > 0)
            progress(CLAMP(100 * (1 - job.left_bytes / job.total_bytes), 0, 100), data);
        if (options->post_copy && !watch->post_copy && job.iterations >= POST_COPY_ITERATION)
            watch->post_copy = virDomainMigrateStartPostCopy(call->domain, 0) == 0;
    }
    /* What runs on the other host already cannot come back. */
    if (options->limit_s > 0 && took_s > options->limit_s && !watch->post_copy && !watch->aborted)
        watch->aborted = virDomainAbortJob(call->domain) == 0;
}

static void watch_call(Call *call, Watch *watch, MoveProgress *progress, gpointer data)
{
    *watch = (Watch){.dirty_bps = NAN, .since_us = (double)g_get_monotonic_time()};
    GThread *thread = g_thread_new("libvirt migrate", make_call, call);
    while (!g_atomic_int_get(&call->over)) {
        look(call, watch, progress, data);
        g_usleep(POLL_US);
    }
    g_thread_join(thread);
}

/* ---- its end ---- */

static PlaceState state_of(int state, int reason)
{
    if (state == VIR_DOMAIN_SHUTOFF || state == VIR_DOMAIN_CRASHED)
        return PLACE_DEFINED;
    if (state != VIR_DOMAIN_PAUSED)
        return PLACE_RUNNING;
    gboolean is_incoming = reason == VIR_DOMAIN_PAUSED_MIGRATION || reason == VIR_DOMAIN_PAUSED_STARTING_UP ||
                           reason == VIR_DOMAIN_PAUSED_POSTCOPY ||
                           reason == VIR_DOMAIN_PAUSED_POSTCOPY_FAILED;
    return is_incoming ? PLACE_INCOMING : PLACE_PAUSED;
}

/* While memory is still fetched by post-copy the host that receives shows no job either. */
static gboolean is_fetching(int state, int reason)
{
    return state == VIR_DOMAIN_RUNNING &&
           (reason == VIR_DOMAIN_RUNNING_POSTCOPY || reason == VIR_DOMAIN_RUNNING_POSTCOPY_FAILED);
}

Place libvirt_place(virConnect *connection, const char *uuid)
{
    g_autoptr(virDomain) domain = connection ? virDomainLookupByUUIDString(connection, uuid) : NULL;
    Place place = {.state = PLACE_SILENT};
    virDomainJobInfo job;
    int state, reason;
    if (!domain) {
        if (connection && libvirt_failed_by(VIR_ERR_NO_DOMAIN))
            place.state = PLACE_ABSENT;
        return place;
    }
    if (virDomainGetState(domain, &state, &reason, 0) != 0) {
        place.state = libvirt_failed_by(VIR_ERR_NO_DOMAIN) ? PLACE_ABSENT : PLACE_SILENT;
        return place;
    }
    place.state = state_of(state, reason);
    place.is_resumed = state == VIR_DOMAIN_RUNNING && reason == VIR_DOMAIN_RUNNING_MIGRATION_CANCELED;
    place.has_job = is_fetching(state, reason);
    if (virDomainGetJobInfo(domain, &job) == 0)
        place.has_job |= job.type == VIR_DOMAIN_JOB_BOUNDED || job.type == VIR_DOMAIN_JOB_UNBOUNDED;
    else if (place.state != PLACE_DEFINED && !libvirt_failed_by(VIR_ERR_OPERATION_INVALID) &&
             !libvirt_failed_by(VIR_ERR_OPERATION_UNSUPPORTED) && !libvirt_failed_by(VIR_ERR_NO_SUPPORT))
        place.state = PLACE_SILENT; /* whether it is under way is not known */
    return place;
}

gboolean libvirt_abort_overdue(virConnect *connection, const char *uuid, double limit_s)
{
    g_autoptr(virDomain) domain = connection ? virDomainLookupByUUIDString(connection, uuid) : NULL;
    g_auto(Parameters) parameters = {0};
    int kind = VIR_DOMAIN_JOB_NONE;
    if (!domain || virDomainGetJobStats(domain, &kind, &parameters.values, &parameters.n, 0) != 0)
        return FALSE;
    gboolean is_ours =
        (kind == VIR_DOMAIN_JOB_BOUNDED || kind == VIR_DOMAIN_JOB_UNBOUNDED) &&
        number_of(&parameters, VIR_DOMAIN_JOB_OPERATION) == VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT;
    return is_ours && number_of(&parameters, VIR_DOMAIN_JOB_TIME_ELAPSED) > limit_s * MS_PER_S &&
           virDomainAbortJob(domain) == 0;
}

static EndKind look_where(const Move *move, char **words)
{
    guint timeout_s = move->options.timeout_s;
    g_autoptr(virConnect) from = libvirt_open(move->from.uri, move->from.name, timeout_s, 0, NULL);
    g_autoptr(virConnect) to = libvirt_open(move->to.uri, move->to.name, timeout_s, 0, NULL);
    Place there = libvirt_place(from, move->uuid), here = libvirt_place(to, move->uuid);
    return domain_place_judge(there, here, move->is_cold, words);
}

/* The call's own answer may have been lost, and be none on what became of the domain. */
static void settle(const Move *move, const char *fault, StepEnd *end, char **warning)
{
    gint64 until = g_get_monotonic_time() + SETTLE_S * G_USEC_PER_SEC;
    g_autofree char *words = NULL;
    for (;;) {
        g_clear_pointer(&words, g_free);
        end->kind = look_where(move, &words);
        if (end->kind != END_UNKNOWN || g_get_monotonic_time() >= until)
            break;
        g_usleep(SETTLE_PAUSE_S * G_USEC_PER_SEC);
    }
    if (end->kind == END_NOT_STARTED) /* it is where it was */
        end->kind = END_FAILED;
    if (end->kind != END_SUCCEEDED)
        end->detail = words ? g_strdup_printf("%s; %s", fault, words) : g_strdup(fault);
    else if (words && !*warning)
        *warning = g_strdup_printf("%s: %s, %s", move->name, words, move->from.name);
}

char *libvirt_move_figures(virDomain *domain)
{
    Job job;
    return read_job(domain, VIR_DOMAIN_JOB_STATS_COMPLETED, &job) ? figures_of(&job) : NULL;
}

static void tell_figures(const Move *move, const Watch *watch, StepEnd *end)
{
    g_autoptr(virConnect) to = libvirt_open(move->to.uri, move->to.name, move->options.timeout_s, 0, NULL);
    g_autoptr(virDomain) domain = to ? virDomainLookupByUUIDString(to, move->uuid) : NULL;
    Job job = watch->last;
    if ((domain && read_job(domain, VIR_DOMAIN_JOB_STATS_COMPLETED, &job)) || watch->seen) {
        job.dirty_bps = watch->dirty_bps;
        end->detail = figures_of(&job);
    }
}

static char *words_of_abortion(const Move *move, const Watch *watch)
{
    g_autofree char *figures = figures_of(&watch->last);
    return g_strdup_printf("%s: it had not ended after %.0f s and was aborted; the VM stays there "
                           "(libvirt_auto_converge, libvirt_post_copy): %s",
                           move->from.name, move->options.limit_s, figures);
}

static void migrate(const Move *move, virDomain *domain, gboolean with_tls, MoveRefusals refused, Call *call,
                    Watch *watch, MoveProgress *progress, gpointer data)
{
    g_clear_error(&call->error);
    *call = (Call){.move = move, .domain = domain, .with_tls = with_tls, .refused = refused};
    watch_call(call, watch, progress, data);
}

/* By libvirt's own words, as the codes of these errors are those of many others. Words that are not known, or
 * in another language, are none of a missing certificate: whoever stands between two hosts can make a
 * handshake fail, and must not get the guest's memory in the clear for it. */
gboolean libvirt_lacks_tls(const char *words)
{
    return strstr(words, "TLS directory not configured") || strstr(words, "Unable to access credentials");
}

/* TRUE where it failed before anything of the guest was sent, and the domain is where it was: so it does
 * where one end has no certificates. */
static gboolean has_sent_nothing(const Move *move, const Watch *watch)
{
    return !(watch->seen && watch->last.sent_bytes > 0) && !watch->aborted &&
           look_where(move, NULL) == END_NOT_STARTED;
}

/* ---- what the source's driver knows no migration with ---- */

static gboolean is_of_arguments(int code)
{
    return code == VIR_ERR_INVALID_ARG || code == VIR_ERR_ARGUMENT_UNSUPPORTED;
}

/* Asked of the source alone, by a migration to an address that no libvirt can connect to: what it is to be
 * done with is looked at before that, and no one between the hosts has a say in the answer. */
static gboolean refuses(virDomain *domain, const Parameters *parameters, unsigned int flag)
{
    return virDomainMigrateToURI3(domain, NOWHERE, parameters->values, (unsigned int)parameters->n,
                                  VIR_MIGRATE_PEER2PEER | VIR_MIGRATE_LIVE | flag) != 0 &&
           (libvirt_failed_by(VIR_ERR_INVALID_ARG) || libvirt_failed_by(VIR_ERR_ARGUMENT_UNSUPPORTED));
}

static MoveRefusals ask_refusals(virDomain *domain, const MoveOptions *options)
{
    static const unsigned int flags[] = {VIR_MIGRATE_ABORT_ON_ERROR, VIR_MIGRATE_TLS,
                                         VIR_MIGRATE_AUTO_CONVERGE, VIR_MIGRATE_POSTCOPY};
    MoveRefusals refused = {0};
    g_auto(Parameters) none = {0}, bandwidth = {0};
    for (guint i = 0; i < G_N_ELEMENTS(flags); i++)
        refused.flags |= refuses(domain, &none, flags[i]) ? flags[i] : 0;
    add_bandwidth(&bandwidth, options);
    refused.bandwidth = bandwidth.n > 0 && refuses(domain, &bandwidth, 0);
    return refused;
}

gboolean libvirt_does_without(MoveRefusals refused, const MoveOptions *options, char **lost)
{
    gboolean tls = (refused.flags & VIR_MIGRATE_TLS) && options->tls != LIBVIRT_TLS_NO;
    const char *const words[] = {
        tls ? "TLS, so memory goes in the clear (libvirt_tls)" : NULL,
        refused.bandwidth && options->rate_mbps > 0 ? "a limit of bandwidth (vmotion_mbps)" : NULL,
        (refused.flags & VIR_MIGRATE_AUTO_CONVERGE) && options->auto_converge
            ? "auto-converge (libvirt_auto_converge)"
            : NULL,
        (refused.flags & VIR_MIGRATE_POSTCOPY) && options->post_copy ? "post-copy (libvirt_post_copy)"
                                                                     : NULL};
    g_autoptr(GString) list = g_string_new(NULL);
    *lost = NULL;
    if ((!refused.flags && !refused.bandwidth) || (tls && options->tls != LIBVIRT_TLS_AUTO))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (words[i])
            g_string_append_printf(list, "%s%s", list->len ? ", " : "", words[i]);
    if (list->len)
        *lost = g_strdup(list->str);
    return TRUE;
}

/* A driver that knows less than is asked for, as Xen's, migrates without what may be done without. */
static void migrate_plainly(Call *call, Watch *watch, MoveProgress *progress, gpointer data, char **warning)
{
    const Move *move = call->move;
    MoveRefusals refused = ask_refusals(call->domain, &move->options);
    g_autofree char *lost = NULL;
    if (!libvirt_does_without(refused, &move->options, &lost))
        return;
    migrate(move, call->domain, call->with_tls, refused, call, watch, progress, data);
    if (call->done && lost && note_without_tls(move))
        *warning = g_strdup_printf("guests move from %s to %s without what the hypervisor does not know: %s",
                                   move->from.name, move->to.name, lost);
}

void libvirt_move(const Move *move, MoveProgress *progress, gpointer data, StepEnd *end, char **warning)
{
    g_autoptr(GError) error = NULL;
    guint timeout_s = move->options.timeout_s;
    g_autoptr(virConnect) from = libvirt_open(move->from.uri, move->from.name, timeout_s, 0, &error);
    g_autoptr(virDomain) domain = from ? virDomainLookupByUUIDString(from, move->uuid) : NULL;
    Call call = {0};
    Watch watch = {0};
    *warning = NULL;
    if (!domain) {
        if (from)
            libvirt_fail(move->from.name, NULL, &error);
        end->kind = END_FAILED;
        end->detail = g_strdup(error->message);
        return;
    }
    gboolean may_do_without = move->options.tls == LIBVIRT_TLS_AUTO;
    gboolean with_tls =
        move->options.tls != LIBVIRT_TLS_NO && !move->is_cold && !(may_do_without && goes_without_tls(move));
    migrate(move, domain, with_tls, (MoveRefusals){0}, &call, &watch, progress, data);
    if (!call.done && !move->is_cold && is_of_arguments(call.error->code) && has_sent_nothing(move, &watch))
        migrate_plainly(&call, &watch, progress, data, warning);
    if (!call.done && with_tls && may_do_without && libvirt_lacks_tls(call.error->message) &&
        has_sent_nothing(move, &watch)) {
        g_autofree char *without = g_strdup(call.error->message);
        migrate(move, domain, FALSE, (MoveRefusals){0}, &call, &watch, progress, data);
        if (call.done && note_without_tls(move))
            *warning =
                g_strdup_printf("memory goes from %s to %s in the clear, without TLS: %s (libvirt_tls)",
                                move->from.name, move->to.name, without);
    }
    end->kind = END_SUCCEEDED;
    if (!call.done)
        settle(move, call.error->message, end, warning);
    if (end->kind == END_SUCCEEDED)
        tell_figures(move, &watch, end);
    if (end->kind == END_FAILED && watch.aborted) {
        g_free(end->detail);
        end->detail = words_of_abortion(move, &watch);
    }
    g_clear_error(&call.error);
}

/* ---- whether it would ---- */

gboolean libvirt_would_move(virDomain *domain, const Peer *from, const Peer *to, gboolean is_cold,
                            GError **error)
{
    g_auto(Parameters) parameters = {0};
    LibvirtUuid uuid;
    g_autofree char *xml = virDomainGetXMLDesc(domain, is_cold ? VIR_DOMAIN_XML_INACTIVE : 0);
    if (!xml || !libvirt_uuid_of(domain, &uuid))
        return libvirt_fail(from->name, NULL, error);
    LibvirtUuid other = uuid;
    other.text[0] = uuid.text[0] == '0' ? '1' : '0';
    g_autofree char *of_another = domain_xml_with_uuid(xml, other.text);
    if (!of_another) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: found a description of the domain without a UUID",
                    from->name);
        return FALSE;
    }
    add_text(&parameters, VIR_MIGRATE_PARAM_DEST_XML, of_another);
    unsigned int flags = VIR_MIGRATE_PEER2PEER;
    flags |= is_cold ? VIR_MIGRATE_OFFLINE | VIR_MIGRATE_PERSIST_DEST : VIR_MIGRATE_LIVE;
    virDomainMigrateToURI3(domain, to->peer_uri, parameters.values, (unsigned int)parameters.n, flags);
    return libvirt_failed_by(VIR_ERR_CONFIG_UNSUPPORTED) || libvirt_fail(from->name, NULL, error);
}
