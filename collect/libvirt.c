/* SPDX-License-Identifier: MIT */
#include "collect/libvirt.h"

#include <libxml/parser.h>

#define KEEPALIVES 3 /* unanswered, until a connection counts as broken */

GQuark libvirt_error_quark(void)
{
    return g_quark_from_static_string("vmanger-libvirt");
}

/* ---- errors ---- */

static void print_nothing(void *data, virErrorPtr error)
{
    (void)data;
    (void)error;
}

gboolean libvirt_fail(const char *host, const char *what, GError **error)
{
    const virError *last = virGetLastError();
    g_autofree char *words = g_strdup(last && last->message ? last->message : "libvirt gives no reason");
    g_set_error(error, LIBVIRT_ERROR, last ? last->code : VIR_ERR_INTERNAL_ERROR, "%s: %s%s%s", host,
                what ? what : "", what ? ": " : "", g_strstrip(words));
    return FALSE;
}

gboolean libvirt_failed_by(int code)
{
    const virError *last = virGetLastError();
    return last && last->code == code;
}

/* ---- the event loop ---- */

/* Without somebody who runs it, no keepalive is sent and none is missed. */
static gpointer run_events(gpointer data)
{
    (void)data;
    for (;;)
        if (virEventRunDefaultImpl() < 0)
            g_usleep(G_USEC_PER_SEC / 10);
    return NULL;
}

static void start_once(void)
{
    static gsize started;
    if (!g_once_init_enter(&started))
        return;
    virSetErrorFunc(NULL, print_nothing);
    xmlInitParser(); /* before several threads parse what hosts say */
    if (virInitialize() == 0 && virEventRegisterDefaultImpl() == 0)
        g_thread_unref(g_thread_new("libvirt events", run_events, NULL));
    g_once_init_leave(&started, 1);
}

/* ---- opening ---- */

/* libvirt waits for ever for a peer that takes the connection and then says nothing. So each one is opened by
 * a thread of its own, which is left behind where it takes too long. */
typedef struct Opening {
    char *uri, *name;
    guint flags, timeout_s;
    gint users;
    GMutex mutex;
    GCond ended;
    gboolean over; /* and the two below, under the mutex */
    virConnect *connection;
    GError *error;
} Opening;

static void opening_unref(Opening *opening)
{
    if (!g_atomic_int_dec_and_test(&opening->users))
        return;
    if (opening->connection)
        virConnectClose(opening->connection);
    g_clear_error(&opening->error);
    g_mutex_clear(&opening->mutex);
    g_cond_clear(&opening->ended);
    g_free(opening->uri);
    g_free(opening->name);
    g_free(opening);
}

static gpointer open_it(gpointer data)
{
    Opening *opening = data;
    GError *error = NULL;
    virConnect *connection = virConnectOpenAuth(opening->uri, NULL, opening->flags);
    if (!connection)
        libvirt_fail(opening->name, NULL, &error);
    else /* a driver without a network has none of it */
        (void)virConnectSetKeepAlive(connection, MAX(1, (int)(opening->timeout_s / (KEEPALIVES + 1))),
                                     KEEPALIVES);
    g_mutex_lock(&opening->mutex);
    opening->over = TRUE;
    opening->connection = connection;
    opening->error = error;
    g_cond_signal(&opening->ended);
    g_mutex_unlock(&opening->mutex);
    opening_unref(opening);
    return NULL;
}

virConnect *libvirt_open(const char *uri, const char *name, guint timeout_s, guint flags, GError **error)
{
    start_once();
    Opening *opening = g_new0(Opening, 1);
    *opening =
        (Opening){.uri = g_strdup(uri), .name = g_strdup(name), .flags = flags, .timeout_s = timeout_s};
    opening->users = 2;
    g_mutex_init(&opening->mutex);
    g_cond_init(&opening->ended);
    g_thread_unref(g_thread_new("libvirt open", open_it, opening));
    gint64 until = g_get_monotonic_time() + (gint64)timeout_s * G_USEC_PER_SEC;
    g_mutex_lock(&opening->mutex);
    while (!opening->over && g_cond_wait_until(&opening->ended, &opening->mutex, until))
        ;
    virConnect *connection = g_steal_pointer(&opening->connection);
    if (opening->error)
        g_propagate_error(error, g_steal_pointer(&opening->error));
    else if (!connection)
        g_set_error(error, LIBVIRT_ERROR, LIBVIRT_ERROR_SILENT, "%s: no answer within %u s", name, timeout_s);
    g_mutex_unlock(&opening->mutex);
    opening_unref(opening);
    return connection;
}

gboolean libvirt_uuid_of(virDomain *domain, LibvirtUuid *uuid)
{
    return virDomainGetUUIDString(domain, uuid->text) == 0;
}
