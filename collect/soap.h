/* SPDX-License-Identifier: MIT */
/*
 * SOAP calls to one server: several in flight on kept-alive connections, answers parsed as they arrive. Reads
 * are repeated, with growing pauses, when the network or the server fails; calls that change something never.
 * Every call carries an operationID, which vCenter writes into its own log.
 *
 * Redirects are not followed: they could lead the password elsewhere.
 */
#ifndef COLLECT_SOAP_H
#define COLLECT_SOAP_H

#include "collect/connection.h"
#include "collect/interrupt.h"
#include "collect/program.h"
#include "collect/xml.h"

#define SOAP_ERROR (soap_error_quark())

GQuark soap_error_quark(void);

enum {
    SOAP_ERROR_NETWORK, /* no answer, or none to trust */
    SOAP_ERROR_AWAY, /* HTTP status 429, 502, 503 or 504: what stands before the server has not reached it */
    SOAP_ERROR_ANSWER,  /* an answer that is not vSphere's */
    SOAP_ERROR_SESSION, /* the session has ended: NotAuthenticated */
    SOAP_ERROR_FAULT    /* any other fault */
};

typedef struct SoapFault {
    const char *type;      /* as the API calls it: "NoPermission"; "" where the server gives none */
    const char *message;   /* the server's words */
    const Element *detail; /* the fault's properties; NULL where it gives none */
} SoapFault;

typedef struct SoapCall {
    const char *method;    /* of the API: "RetrievePropertiesEx" */
    char *body;            /* what stands in its element, owned by the call */
    guint depth;           /* of the elements to take: 3, each returnval; 4, each of its children */
    const char *operation; /* the operationID, by soap_new_operation; NULL: the next one */
    gboolean changes;      /* never sent twice; in an outage again where no connection was made */
    gboolean outlasts;     /* but in an outage: Login, of which a second does no harm */
    guint wait_s;          /* the server may take this much longer than the time of one request */
    void (*begin)(
        gpointer data); /* an answer begins: forget what was taken of an earlier attempt; may be NULL */
    XmlTake *take;      /* may be NULL */
    gboolean (*fault)(const SoapFault *fault, gpointer data); /* TRUE: not an error; may be NULL */
    gboolean (*done)(gpointer data, GError **error);          /* the answer was taken whole; may be NULL */
    gpointer data;
} SoapCall;

typedef struct Soap Soap;

/* calls go to the connection's url, which both outlive */
Soap *soap_new(const Connection *connection, const Program *program, GError **error);

void soap_free(Soap *soap);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Soap, soap_free)

/* sets the API version of the calls that follow, as "7.0" */
void soap_set_version(Soap *soap, const char *version);

/* lets signals end the calls that follow with an error; NULL: no longer */
void soap_heed(Soap *soap, Interrupt *interrupt);

/* TRUE where they do */
gboolean soap_heeds(const Soap *soap);

/* waits through outages of the calls that follow, each of at most limit_s seconds: reads are repeated until
 * then, and a word says so; 0: no longer */
void soap_outlast(Soap *soap, int limit_s);

/* makes one call; its body is freed */
gboolean soap_call(Soap *soap, SoapCall *call, GError **error);

/* waits; FALSE and an error where a signal ends it */
gboolean soap_pause(Soap *soap, double seconds, GError **error);

/* fills in the next call, or returns FALSE where there is none until another one is done */
typedef gboolean SoapNext(SoapCall *call, gpointer data);

/* makes calls as `next` gives them, up to `parallel` at a time, until none is left or one fails */
gboolean soap_run(Soap *soap, guint parallel, SoapNext *next, gpointer data, GError **error);

/* reads a document beside the endpoint: each element at `depth` below its root, which must have this name */
gboolean soap_get(Soap *soap, const char *path, const char *root, guint depth, XmlTake *take, gpointer data,
                  GError **error);

/* the server's network address of the last answer; "" before */
const char *soap_peer(const Soap *soap);

/* the HTTP status of the last answer; 0 where there was none, or the last call got none */
int soap_status(const Soap *soap);

/* an operationID for a call to come; the caller frees it */
char *soap_new_operation(Soap *soap);

/* appends <name type="kind">id</name>, a managed object reference */
void soap_append_reference(GString *out, const char *name, const char *kind, const char *id);

/* reads a fault out of a LocalizedMethodFault, as tasks and missing properties have it */
SoapFault soap_fault_of(const Element *localized);

#endif
