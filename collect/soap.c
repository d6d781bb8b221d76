/* SPDX-License-Identifier: MIT */
#include "collect/soap.h"

#include "collect/csv.h"
#include "collect/escape.h"
#include "collect/secret.h"
#include "collect/trust.h"

#include <curl/curl.h>
#include <string.h>

#define ATTEMPTS 4
#define FIRST_PAUSE_MS 500
#define MOST_PAUSE_S 10
#define MOST_DOUBLINGS 4 /* of the first pause */
#define CONNECT_TIMEOUT_S 15
#define POLL_MS 1000

G_DEFINE_QUARK(vmanger - soap - error, soap_error)

struct Soap {
    const Connection *connection;
    const Program *program;
    Trust *trust;
    CURLM *multi;
    CURLSH *shared; /* cookies: the session */
    char *action;   /* the header that names the API version */
    char *operation;
    Interrupt *interrupt; /* NULL: signals are not heeded */
    int outage_limit_s;   /* 0: outages are not waited through */
    gint64 away_since;    /* monotonic, in microseconds; 0 while the server answers */
    guint n_calls;
    int status;
    char peer[64];
};

typedef enum { OUTCOME_DONE, OUTCOME_AGAIN, OUTCOME_OUTAGE, OUTCOME_FAILED } Outcome;

/* One call on its way. */
typedef struct Transfer {
    Soap *soap;
    SoapCall call;
    const char *root; /* that the answer must have */
    char *url, *request, *operation;
    struct curl_slist *headers;
    CURL *easy; /* NULL while it waits for the next attempt */
    XmlReader *reader;
    GError *error;
    gboolean unsent;                /* no connection: the server has not seen it */
    gboolean faulted, refused, cut; /* a fault arrived; take said no; the answer stopped half way */
    guint attempt;
    long status;                /* HTTP's */
    gint64 started, not_before; /* monotonic, in microseconds */
    char why[CURL_ERROR_SIZE];
} Transfer;

/* ---- a session ---- */

static gboolean lacks_memory(GError **error)
{
    g_set_error(error, VMANGER_ERROR, 0, "libcurl cannot go on: not enough memory");
    return FALSE;
}

Soap *soap_new(const Connection *connection, const Program *program, GError **error)
{
    g_autoptr(Trust) trust = trust_new(connection, error);
    if (!trust)
        return NULL;
    if (!secret_start_curl()) {
        g_set_error(error, VMANGER_ERROR, 0, "libcurl cannot be started: not enough memory");
        return NULL;
    }
    Soap *soap = g_new0(Soap, 1);
    soap->connection = connection;
    soap->program = program;
    soap->trust = g_steal_pointer(&trust);
    soap->multi = curl_multi_init();
    soap->shared = curl_share_init();
    soap->operation = g_strdup_printf("vmanger-%08x", g_random_int());
    soap_set_version(soap, NULL);
    if (soap->multi && soap->shared &&
        curl_share_setopt(soap->shared, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE) == CURLSHE_OK &&
        curl_share_setopt(soap->shared, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK)
        return soap;
    lacks_memory(error);
    soap_free(soap);
    return NULL;
}

void soap_free(Soap *soap)
{
    if (!soap)
        return;
    curl_multi_cleanup(soap->multi);
    curl_share_cleanup(soap->shared);
    trust_free(soap->trust);
    g_free(soap->action);
    g_free(soap->operation);
    g_free(soap);
    curl_global_cleanup();
}

void soap_set_version(Soap *soap, const char *version)
{
    g_free(soap->action);
    soap->action = g_strdup_printf("SOAPAction: urn:vim25%s%s", version ? "/" : "", version ? version : "");
}

void soap_heed(Soap *soap, Interrupt *interrupt)
{
    soap->interrupt = interrupt;
}

gboolean soap_heeds(const Soap *soap)
{
    return soap->interrupt != NULL;
}

void soap_outlast(Soap *soap, int limit_s)
{
    soap->outage_limit_s = limit_s;
}

const char *soap_peer(const Soap *soap)
{
    return soap->peer;
}

char *soap_new_operation(Soap *soap)
{
    return g_strdup_printf("%s-%u", soap->operation, ++soap->n_calls);
}

int soap_status(const Soap *soap)
{
    return soap->status;
}

/* ---- answers ---- */

SoapFault soap_fault_of(const Element *localized)
{
    const Element *detail = element_at(localized, "fault");
    const char *message = element_text(localized, "localizedMessage");
    return (SoapFault){detail ? detail->type : "", message ? message : "", detail};
}

static void report_fault(Transfer *transfer, const SoapFault *fault, GError **error)
{
    int code = strcmp(fault->type, "NotAuthenticated") == 0 ? SOAP_ERROR_SESSION : SOAP_ERROR_FAULT;
    g_autofree char *message = escape_for_terminal(fault->message);
    g_autofree char *type = escape_for_terminal(fault->type);
    g_set_error(error, SOAP_ERROR, code, "%s: %s: %s%s%s", transfer->soap->connection->url,
                transfer->call.method, type, *type && *message ? ": " : "", message);
}

/* A SOAP fault: faultstring, and in detail one element whose type is the API's fault. */
static void take_fault(Transfer *transfer, const Element *element)
{
    const Element *detail = element_at(element, "detail");
    const char *message = element_text(element, "faultstring");
    SoapFault fault = {"", message ? message : "", detail ? detail->first : NULL};
    g_autofree char *type = NULL;
    if (fault.detail) {
        type = g_strdup(*fault.detail->type ? fault.detail->type : fault.detail->name);
        if (!*fault.detail->type && g_str_has_suffix(type, "Fault"))
            type[strlen(type) - strlen("Fault")] = '\0';
        fault.type = type;
    }
    transfer->faulted = TRUE;
    if (!transfer->call.fault || !transfer->call.fault(&fault, transfer->call.data))
        report_fault(transfer, &fault, &transfer->error);
}

static gboolean take_element(const Element *element, gpointer data, GError **error)
{
    Transfer *transfer = data;
    if (transfer->call.body && strcmp(element->name, "Fault") == 0)
        take_fault(transfer, element);
    else if (transfer->call.take && !transfer->call.take(element, transfer->call.data, error))
        transfer->refused = TRUE;
    return !transfer->refused;
}

static gboolean status_has_answer(long status)
{
    return status == 200 || status == 500; /* SOAP's status of a fault */
}

static gboolean take_bytes(Transfer *transfer, const char *bytes, gsize n)
{
    if (!status_has_answer(transfer->status) || transfer->faulted) /* read on: the connection serves again */
        return TRUE;
    if (!xml_reader_push(transfer->reader, bytes, n, &transfer->error))
        return FALSE;
    const char *root = xml_reader_root(transfer->reader);
    if (!root || strcmp(root, transfer->root) == 0)
        return TRUE;
    g_autofree char *shown = escape_for_message(root);
    g_set_error(&transfer->error, VMANGER_ERROR, 0, "found an element %s", shown);
    return FALSE;
}

static size_t receive(char *bytes, size_t size, size_t n, void *data)
{
    Transfer *transfer = data;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->status);
    return take_bytes(transfer, bytes, size * n) ? size * n : 0;
}

/* ---- requests ---- */

void soap_append_reference(GString *out, const char *name, const char *kind, const char *id)
{
    g_string_append_printf(out, "<%s type=\"", name);
    xml_append_text(out, kind);
    g_string_append(out, "\">");
    xml_append_text(out, id);
    g_string_append_printf(out, "</%s>", name);
}

/* Built in one place of its full size: what grows leaves copies behind. */
static char *envelope(const SoapCall *call, const char *operation)
{
    static const char frame[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
        "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"
        "<soapenv:Header><operationID xsi:type=\"xsd:string\">%s</operationID></soapenv:Header>"
        "<soapenv:Body><%s xmlns=\"urn:vim25\">%s</%s></soapenv:Body></soapenv:Envelope>";
    gsize size = sizeof frame + strlen(operation) + 2 * strlen(call->method) + strlen(call->body);
    char *text = g_malloc(size);
    g_snprintf(text, size, frame, operation, call->method, call->body, call->method);
    return text;
}

static Transfer *transfer_new(Soap *soap, const SoapCall *call)
{
    Transfer *transfer = g_new0(Transfer, 1);
    transfer->soap = soap;
    transfer->call = *call;
    transfer->operation = call->operation ? g_strdup(call->operation) : soap_new_operation(soap);
    transfer->root = "Envelope";
    transfer->url = g_strdup(soap->connection->url);
    transfer->started = g_get_monotonic_time();
    if (!call->body)
        return transfer;
    transfer->request = envelope(call, transfer->operation);
    const char *const headers[] = {"Content-Type: text/xml; charset=utf-8", soap->action, "Expect:"};
    for (gsize i = 0; i < G_N_ELEMENTS(headers); i++) {
        struct curl_slist *longer = curl_slist_append(transfer->headers, headers[i]);
        if (!longer) { /* without its headers it does not start */
            g_clear_pointer(&transfer->headers, curl_slist_free_all);
            break;
        }
        transfer->headers = longer;
    }
    return transfer;
}

static void transfer_detach(Transfer *transfer)
{
    if (!transfer->easy)
        return;
    curl_multi_remove_handle(transfer->soap->multi, transfer->easy);
    g_clear_pointer(&transfer->easy, curl_easy_cleanup);
}

static void transfer_free(gpointer data)
{
    Transfer *transfer = data;
    transfer_detach(transfer);
    xml_reader_free(transfer->reader);
    curl_slist_free_all(transfer->headers);
    g_clear_error(&transfer->error);
    secret_free(transfer->request); /* which may hold the password */
    secret_free(transfer->call.body);
    g_free(transfer->operation);
    g_free(transfer->url);
    g_free(transfer);
}

static CURL *prepare(Transfer *transfer)
{
    Soap *soap = transfer->soap;
    CURL *easy = curl_easy_init();
    if (!easy)
        return NULL;
    int failed = 0; /* an option that was not taken must not be left out: which servers are trusted is one */
    failed |= (int)curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
    failed |= (int)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    failed |= (int)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    failed |= (int)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    failed |= (int)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    failed |= (int)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
                                    MIN((long)soap->connection->timeout_s.value, CONNECT_TIMEOUT_S));
    failed |= (int)curl_easy_setopt(easy, CURLOPT_TIMEOUT,
                                    (long)soap->connection->timeout_s.value + (long)transfer->call.wait_s);
    const char *agent = soap->connection->user_agent;
    failed |= (int)curl_easy_setopt(easy, CURLOPT_USERAGENT, agent ? agent : "vmanger/" VMANGER_VERSION);
    failed |= (int)curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    failed |= (int)curl_easy_setopt(easy, CURLOPT_SHARE, soap->shared);
    failed |= (int)curl_easy_setopt(easy, CURLOPT_COOKIEFILE, "");
    failed |= (int)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->why);
    failed |= (int)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
    failed |= (int)curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    failed |= (int)curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    if (transfer->request) {
        failed |= (int)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
        failed |= (int)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->request);
        failed |=
            (int)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(transfer->request));
    }
    if (transfer->call.changes) /* libcurl itself repeats what a kept-alive connection swallowed */
        failed |= (int)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    trust_apply(soap->trust, easy);
    if (!failed)
        return easy;
    curl_easy_cleanup(easy);
    return NULL;
}

static gboolean transfer_begin(Transfer *transfer, GError **error)
{
    transfer->attempt++;
    transfer->status = 0;
    transfer->unsent = transfer->faulted = transfer->refused = transfer->cut = FALSE;
    transfer->why[0] = '\0';
    g_clear_error(&transfer->error);
    xml_reader_free(transfer->reader);
    transfer->reader = xml_reader_new(transfer->call.depth, take_element, transfer);
    if (transfer->call.begin)
        transfer->call.begin(transfer->call.data);
    return transfer->reader || lacks_memory(error);
}

static gboolean transfer_start(Transfer *transfer, GError **error)
{
    if (!transfer_begin(transfer, error))
        return FALSE;
    transfer->easy = prepare(transfer);
    if (!transfer->easy || (transfer->request && !transfer->headers))
        return lacks_memory(error);
    return curl_multi_add_handle(transfer->soap->multi, transfer->easy) == CURLM_OK || lacks_memory(error);
}

/* ---- outcomes ---- */

static Outcome refuse(Transfer *transfer, int code, Outcome outcome, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
static Outcome refuse(Transfer *transfer, int code, Outcome outcome, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_clear_error(&transfer->error);
    g_set_error(&transfer->error, SOAP_ERROR, code, "%s: %s", transfer->url, text);
    return outcome;
}

static Outcome judge_network(Transfer *transfer, CURLcode result)
{
    /* libcurl repeats the names of the certificate as they are */
    g_autofree char *why = escape_for_terminal(*transfer->why ? transfer->why : curl_easy_strerror(result));
    const char *complaint = trust_complaint(transfer->soap->trust);
    transfer->unsent = result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST ||
                       result == CURLE_SSL_CONNECT_ERROR;
    switch (result) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
        if (complaint)
            return refuse(transfer, SOAP_ERROR_NETWORK, OUTCOME_FAILED, "%s", complaint);
        if (result == CURLE_SSL_CONNECT_ERROR)
            return refuse(transfer, SOAP_ERROR_NETWORK, OUTCOME_OUTAGE, "no TLS connection: %s", why);
        return refuse(transfer, SOAP_ERROR_NETWORK, OUTCOME_FAILED,
                      "the server's certificate is not trusted: %s (--cacert FILE trusts an authority, "
                      "--thumbprint SHA256 one certificate)",
                      why);
    case CURLE_COULDNT_RESOLVE_HOST:
        return refuse(transfer, SOAP_ERROR_NETWORK, OUTCOME_OUTAGE, "%s", why);
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        return refuse(transfer, SOAP_ERROR_NETWORK, OUTCOME_AGAIN, "%s", why);
    default:
        return refuse(transfer, SOAP_ERROR_NETWORK, OUTCOME_FAILED, "%s", why);
    }
}

static Outcome judge_status(Transfer *transfer)
{
    long status = transfer->status;
    char *target = NULL;
    switch (status) {
    case 401:
    case 403:
        return refuse(
            transfer, SOAP_ERROR_ANSWER, OUTCOME_FAILED,
            "found HTTP status %ld (access denied before vSphere was asked): expected a vSphere API", status);
    case 429:
    case 502:
    case 503:
    case 504:
        return refuse(transfer, SOAP_ERROR_AWAY, OUTCOME_AGAIN,
                      "found HTTP status %ld: the server is not available", status);
    default:
        curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &target);
        if (target) {
            g_autofree char *shown = escape_for_message(target);
            return refuse(transfer, SOAP_ERROR_ANSWER, OUTCOME_FAILED,
                          "found a redirect to %s: expected a vSphere API; name its own address", shown);
        }
        return refuse(transfer, SOAP_ERROR_ANSWER, OUTCOME_FAILED,
                      "found HTTP status %ld: expected a vSphere API", status);
    }
}

static Outcome judge_answer(Transfer *transfer)
{
    const char *type = NULL;
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
    g_autofree char *found = g_strdup(transfer->error->message);
    if (type && g_str_has_prefix(type, "text/html"))
        return refuse(transfer, SOAP_ERROR_ANSWER, OUTCOME_FAILED,
                      "found a web page (HTTP status %ld): expected a vSphere API; is the address right?",
                      transfer->status);
    return refuse(transfer, SOAP_ERROR_ANSWER, transfer->cut ? OUTCOME_AGAIN : OUTCOME_FAILED,
                  "%s: %s: expected an answer of the vSphere API", transfer->call.method,
                  transfer->cut ? "found an answer that stops half way" : found);
}

/* What became of an attempt; transfer->error says why it failed. */
static Outcome judge(Transfer *transfer, CURLcode result)
{
    char *peer = NULL;
    if (transfer->easy)
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->status);
    transfer->soap->status = (int)transfer->status;
    if (curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_IP, &peer) == CURLE_OK && peer)
        g_strlcpy(transfer->soap->peer, peer, sizeof transfer->soap->peer);
    if (result != CURLE_OK && !transfer->error)
        return judge_network(transfer, result);
    if (!status_has_answer(transfer->status))
        return judge_status(transfer);
    if (!transfer->error && !transfer->faulted && !xml_reader_finish(transfer->reader, &transfer->error))
        transfer->cut = xml_reader_root(transfer->reader) != NULL;
    if (!transfer->error && transfer->status == 500 && !transfer->faulted)
        return refuse(transfer, SOAP_ERROR_ANSWER, OUTCOME_FAILED, "found HTTP status 500 without a fault");
    if (!transfer->error)
        return OUTCOME_DONE;
    return transfer->faulted || transfer->refused ? OUTCOME_FAILED : judge_answer(transfer);
}

/* TRUE where the call shall be repeated because the server is away, which is not for longer than the limit.
 */
static gboolean waits_out(Transfer *transfer, Outcome outcome)
{
    Soap *soap = transfer->soap;
    gint64 now = g_get_monotonic_time();
    if (outcome != OUTCOME_AGAIN && outcome != OUTCOME_OUTAGE) {
        if (soap->away_since)
            program_warn(soap->program, "%s: it answers again, after %.0f s", soap->connection->url,
                         (double)(now - soap->away_since) / G_USEC_PER_SEC);
        soap->away_since = 0;
        return FALSE;
    }
    gboolean once = transfer->call.changes && !transfer->call.outlasts;
    if (soap->outage_limit_s == 0 || (once && !transfer->unsent) ||
        (!once && outcome == OUTCOME_AGAIN && transfer->attempt < ATTEMPTS && !soap->away_since))
        return FALSE;
    if (!soap->away_since) {
        soap->away_since = transfer->started;
        program_warn(soap->program, "%s; waiting for it, at most %d s", transfer->error->message,
                     soap->outage_limit_s);
    }
    return now - soap->away_since < (gint64)soap->outage_limit_s * G_USEC_PER_SEC;
}

static void schedule_again(Transfer *transfer)
{
    curl_off_t asked_s = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &asked_s);
    gint64 pause_ms = MAX(FIRST_PAUSE_MS << MIN(transfer->attempt - 1, MOST_DOUBLINGS),
                          (gint64)MIN(asked_s, MOST_PAUSE_S) * 1000);
    transfer_detach(transfer);
    transfer->not_before = g_get_monotonic_time() + pause_ms * 1000;
    if (transfer->soap->program->verbose)
        program_warn(transfer->soap->program, "%s: %s: again in %.1f s", transfer->operation,
                     transfer->error->message, (double)pause_ms / 1000);
}

static gboolean conclude(GPtrArray *transfers, Transfer *transfer, CURLcode result, GError **error)
{
    Outcome outcome = judge(transfer, result);
    const Program *program = transfer->soap->program;
    gboolean outlasts = waits_out(transfer, outcome);
    if (outlasts || (outcome == OUTCOME_AGAIN && !transfer->call.changes && transfer->attempt < ATTEMPTS)) {
        schedule_again(transfer);
        return TRUE;
    }
    if (program->verbose)
        program_warn(program, "%s: %s took %.3f s", transfer->operation, transfer->call.method,
                     (double)(g_get_monotonic_time() - transfer->started) / G_USEC_PER_SEC);
    gboolean ok = outcome == OUTCOME_DONE;
    if (!ok)
        g_propagate_error(error, g_steal_pointer(&transfer->error));
    else if (transfer->call.done && !transfer->call.done(transfer->call.data, error))
        ok = FALSE;
    g_ptr_array_remove_fast(transfers, transfer);
    return ok;
}

/* ---- running ---- */

/* Starts the attempts whose pause is over; returns how long the next may still wait, -1 where one cannot be
 * started. */
static int start_due(GPtrArray *transfers, GError **error)
{
    gint64 now = g_get_monotonic_time(), next = now + (gint64)POLL_MS * 1000;
    for (guint i = 0; i < transfers->len; i++) {
        Transfer *transfer = g_ptr_array_index(transfers, i);
        if (transfer->easy)
            continue;
        if (transfer->not_before <= now && !transfer_start(transfer, error))
            return -1;
        if (!transfer->easy)
            next = MIN(next, transfer->not_before);
    }
    return (int)((next - now) / 1000) + 1;
}

static gboolean conclude_finished(Soap *soap, GPtrArray *transfers, GError **error)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(soap->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode result = message->data.result;
        Transfer *transfer = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        if (!conclude(transfers, transfer, result, error))
            return FALSE;
    }
    return TRUE;
}

/* The connection answers in the server's place. */
static gboolean answer_first(GPtrArray *transfers, GError **error)
{
    Transfer *transfer = g_ptr_array_index(transfers, 0);
    const Connection *connection = transfer->soap->connection;
    g_autoptr(GString) answer = g_string_new(NULL);
    if (!transfer_begin(transfer, error))
        return FALSE;
    transfer->status =
        connection->answer(transfer->call.method, transfer->call.body, answer, connection->answer_data);
    take_bytes(transfer, answer->str, answer->len);
    return conclude(transfers, transfer, transfer->status ? CURLE_OK : CURLE_GOT_NOTHING, error);
}

static struct curl_waitfd signals_of(const Soap *soap)
{
    return (struct curl_waitfd){.fd = soap->interrupt ? interrupt_fd(soap->interrupt) : -1,
                                .events = CURL_WAIT_POLLIN};
}

static gboolean is_interrupted(const Soap *soap, GError **error)
{
    const char *signal = soap->interrupt ? interrupt_ends(soap->interrupt) : NULL;
    if (signal)
        g_set_error(error, VMANGER_ERROR, 0, "stopped by %s", signal);
    return signal != NULL;
}

static gboolean run(Soap *soap, GPtrArray *transfers, guint parallel, SoapNext *next, gpointer data,
                    GError **error)
{
    struct curl_waitfd signals = signals_of(soap);
    for (;;) {
        SoapCall call = {0};
        if (is_interrupted(soap, error))
            return FALSE;
        while (next && transfers->len < parallel && next(&call, data)) {
            g_ptr_array_add(transfers, transfer_new(soap, &call));
            call = (SoapCall){0};
        }
        if (transfers->len == 0)
            return TRUE;
        if (soap->connection->answer) {
            if (!answer_first(transfers, error))
                return FALSE;
            continue;
        }
        int wait_ms = start_due(transfers, error), running;
        if (wait_ms < 0)
            return FALSE;
        if (curl_multi_perform(soap->multi, &running) != CURLM_OK)
            return lacks_memory(error);
        guint before = transfers->len;
        if (!conclude_finished(soap, transfers, error))
            return FALSE;
        if (transfers->len == before &&
            curl_multi_poll(soap->multi, &signals, soap->interrupt ? 1 : 0, wait_ms, NULL) != CURLM_OK)
            return lacks_memory(error);
    }
}

gboolean soap_pause(Soap *soap, double seconds, GError **error)
{
    gint64 end = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
    if (soap->connection->answer)
        return !is_interrupted(soap, error);
    for (;;) {
        gint64 left = end - g_get_monotonic_time();
        if (is_interrupted(soap, error))
            return FALSE;
        if (left <= 0)
            return TRUE;
        struct curl_waitfd signals = signals_of(soap);
        curl_multi_poll(soap->multi, &signals, soap->interrupt ? 1 : 0, (int)(left / 1000) + 1, NULL);
    }
}

gboolean soap_run(Soap *soap, guint parallel, SoapNext *next, gpointer data, GError **error)
{
    g_autoptr(GPtrArray) transfers = g_ptr_array_new_with_free_func(transfer_free);
    return run(soap, transfers, parallel, next, data, error);
}

gboolean soap_call(Soap *soap, SoapCall *call, GError **error)
{
    g_autoptr(GPtrArray) transfers = g_ptr_array_new_with_free_func(transfer_free);
    g_ptr_array_add(transfers, transfer_new(soap, call));
    call->body = NULL;
    return run(soap, transfers, 1, NULL, NULL, error);
}

gboolean soap_get(Soap *soap, const char *path, const char *root, guint depth, XmlTake *take, gpointer data,
                  GError **error)
{
    g_autoptr(GPtrArray) transfers = g_ptr_array_new_with_free_func(transfer_free);
    SoapCall call = {.method = path, .depth = depth, .take = take, .data = data};
    Transfer *transfer = transfer_new(soap, &call);
    g_free(transfer->url);
    transfer->url = g_strconcat(soap->connection->url, path, NULL);
    transfer->root = root;
    g_ptr_array_add(transfers, transfer);
    return run(soap, transfers, 1, NULL, NULL, error);
}
