/* SPDX-License-Identifier: MIT */
/*
 * How to reach a server: address, credentials, trust. Credentials are never arguments; the ecosystem's names
 * in the environment are read (GOVC_URL, GOVC_USERNAME, GOVC_PASSWORD, GOVC_INSECURE, GOVC_TLS_CA_CERTS,
 * GOVC_TLS_KNOWN_HOSTS).
 */
#ifndef COLLECT_CONNECTION_H
#define COLLECT_CONNECTION_H

#include "collect/program.h"

/* what a server would say to a call of a method, or for a document of that path: appended to answer; returns
 * its HTTP status, 0 for no answer at all */
typedef long ConnectionAnswer(const char *method, const char *request, GString *answer, gpointer data);

typedef struct Connection {
    char *url; /* https://host/sdk, without credentials; NULL where the source is no server */
    char *username;
    char *password;      /* wiped when cleared */
    char *password_file; /* --password-file */
    char *cacert;        /* paths of CA certificates, separated by ':' */
    char
        *thumbprint; /* SHA-256 of the server's certificate, in hex, with or without ':', or openssl's line */
    char
        *known_at; /* file:line of a known host that the thumbprint is of, and may then be a SHA-1; or NULL */
    gboolean insecure;       /* the person said not to verify */
    ProgramNumber timeout_s; /* of one request */
    ProgramNumber
        outage_limit_s; /* an outage in the middle of the work is waited through so long; 0: not at all */
    char *user_agent;   /* what the program calls itself; NULL: vmanger and its version */
    char *warning;      /* what connection_ask found that is to be told; or NULL */
    ConnectionAnswer *answer; /* speaks for the server, without a network or a pause; NULL: the server does */
    gpointer answer_data;
} Connection;

/* a program's own options followed by those of a connection, which belong to these modes (PROGRAM_MODE bits);
 * how long to wait for an answer belongs to those of timed too. For program_parse; the caller frees the array
 */
GOptionEntry *connection_options(Connection *connection, const GOptionEntry *own, guint modes, guint timed);

/* TRUE where an argument is a server's address and no directory: one with a scheme, or as GOVC_URL may be
 * without one, if no file has that name: host.name, host:port, user@host, host/sdk; and - for GOVC_URL */
gboolean connection_names_server(const char *source);

/* TRUE where it is no server's address, and there is a file or directory of that name */
gboolean connection_names_directory(const char *source);

/* what the environment says where the options said nothing. source is the server's address, NULL or - for
 * GOVC_URL; where it names no server (a directory), the connection's url stays NULL; where it could be either
 * but is no directory, it is an error. An address with a password in it is an error, unless it comes from the
 * environment */
gboolean connection_resolve(Connection *connection, const char *source, GError **error);

/* sees to it that there are a user's name and a password: from --password-file, else from a prompt on the
 * terminal, which does not show what is typed. A regular file of our own that others can read is an error */
gboolean connection_ask(Connection *connection, GError **error);

/* wipes the password from memory, and frees the rest */
void connection_clear(Connection *connection);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Connection, connection_clear)

#endif
