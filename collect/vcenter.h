/* SPDX-License-Identifier: MIT */
/*
 * A session at a vCenter, or at an ESXi host: its version agreed on, its managers known, logged in until
 * closed. The API is that of the vSphere Web Services reference, 6.5 and later.
 */
#ifndef COLLECT_VCENTER_H
#define COLLECT_VCENTER_H

#include "collect/soap.h"

typedef struct Vcenter {
    Soap *soap;
    Connection *connection;
    const Program *program;
    gboolean is_vcenter;  /* else an ESXi host */
    char *product;        /* AboutInfo.fullName */
    char *api_version;    /* AboutInfo.apiVersion */
    char *instance_uuid;  /* AboutInfo.instanceUuid; "" at an ESXi host */
    char *account;        /* as the server calls the user */
    char *session;        /* its key */
    GHashTable *managers; /* ServiceContent: property to Reference */
    gboolean logged_in;
    gboolean
        renews; /* vcenter_ask and vcenter_change log in again where the session has ended, and ask again */
} Vcenter;

/* agrees on a version, reads what the server is, and logs in, asking for the password where none is known.
 * The connection must outlive the session */
Vcenter *vcenter_open(Connection *connection, const Program *program, GError **error);

/* logs in again: the session had ended */
gboolean vcenter_login(Vcenter *vcenter, GError **error);

/* logs out, always, and frees */
void vcenter_close(Vcenter *vcenter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vcenter, vcenter_close)

/* TRUE where the server's API is of this version ("7.0.1.0") or newer */
gboolean vcenter_speaks(const Vcenter *vcenter, const char *version);

/* a request's body, begun with _this: a manager by its name in ServiceContent ("propertyCollector"); an error
 * where the server has none */
GString *vcenter_request(const Vcenter *vcenter, const char *manager, GError **error);

/* appends <name>manager</name>; FALSE where the server has none */
gboolean vcenter_append_manager(const Vcenter *vcenter, GString *out, const char *name, const char *manager);

/* a manager's id; NULL where the server has none */
const char *vcenter_manager(const Vcenter *vcenter, const char *manager);

/* a call whose answer is one text: a reference's id, a number; NULL and the error where it fails, "" where
 * nothing is returned; the caller frees it. body is taken */
char *vcenter_ask(Vcenter *vcenter, const char *method, GString *body, GError **error);

/* the same of a call that changes something, which is not sent twice, under this operationID
 * (soap_new_operation; NULL: the next one) */
char *vcenter_change(Vcenter *vcenter, const char *method, GString *body, const char *operation,
                     GError **error);

/* the server's clock, seconds since 1970 */
gboolean vcenter_time(Vcenter *vcenter, gint64 *seconds, GError **error);

/* a time as the API writes it, with or without fractions and offset; FALSE where it is none */
gboolean vcenter_parse_time(const char *text, gint64 *seconds);

#endif
