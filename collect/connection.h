/* SPDX-License-Identifier: MIT */
/*
 * How to reach a server: address, credentials, trust. Credentials are never arguments; the ecosystem's names
 * in the environment are read (GOVC_URL, GOVC_USERNAME, GOVC_PASSWORD, GOVC_INSECURE, GOVC_TLS_CA_CERTS).
 */
#ifndef COLLECT_CONNECTION_H
#define COLLECT_CONNECTION_H

#include <glib.h>

typedef struct Connection {
    char *url; /* https://host/sdk, without credentials; NULL where the source is no server */
    char *username;
    char *password;      /* wiped when cleared */
    char *password_file; /* --password-file */
    char *cacert;        /* paths of CA certificates, separated by ':' */
    char *thumbprint;    /* SHA-256 of the server's certificate, in hex, with or without ':' */
    gboolean insecure;   /* the person said not to verify */
    int timeout_s;       /* of one request */
} Connection;

void connection_clear(Connection *connection);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Connection, connection_clear)

#endif
