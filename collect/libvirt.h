/* SPDX-License-Identifier: MIT */
/*
 * Connections to hypervisors through libvirt, for whoever measures there or changes something. libvirt itself
 * prints nothing: what it has to say becomes a GError that begins with the host that said it.
 *
 * A connection may be used by several threads; libvirt's last error is the calling thread's own, so an error
 * is taken right after the call that failed.
 */
#ifndef COLLECT_LIBVIRT_H
#define COLLECT_LIBVIRT_H

#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

/* errors of libvirt: the code is its virErrorNumber, or LIBVIRT_ERROR_SILENT for a host that did not answer
 * in time */
#define LIBVIRT_ERROR (libvirt_error_quark())
#define LIBVIRT_ERROR_SILENT (-1)
GQuark libvirt_error_quark(void);

/* a connection that notices within timeout_s where the other side falls silent; flags are libvirt's
 * (VIR_CONNECT_RO). name is what errors call the host; the URI holds no password (libvirthosts.h).
 * Credentials come from libvirt's auth.conf and from the agents of its transports: nothing is asked for */
virConnect *libvirt_open(const char *uri, const char *name, guint timeout_s, guint flags, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virConnect, virConnectClose)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomain, virDomainFree)

/* sets "HOST: WHAT: libvirt's own words" of the call that failed in this thread; FALSE, which is what whoever
 * finds a fault returns. what says what was to be done, or is NULL */
gboolean libvirt_fail(const char *host, const char *what, GError **error);

/* TRUE where libvirt's last error in this thread has the code */
gboolean libvirt_failed_by(int code);

/* the UUID as text: lower case, with hyphens */
typedef struct LibvirtUuid {
    char text[VIR_UUID_STRING_BUFLEN];
} LibvirtUuid;
gboolean libvirt_uuid_of(virDomain *domain, LibvirtUuid *uuid);

#endif
