/* SPDX-License-Identifier: MIT */
/*
 * Which certificate a server may show: one that the system's authorities signed for its name, one that given
 * authorities did, the one with a given thumbprint, or any. It is decided within the TLS handshake, so that
 * an untrusted server never receives a byte of a request.
 */
#ifndef COLLECT_TRUST_H
#define COLLECT_TRUST_H

#include "collect/connection.h"

#include <curl/curl.h>

typedef struct Trust Trust;

/* reads the certificates and the thumbprint that the connection names; a SHA-1 is refused with the command
 * that prints the SHA-256, but for known hosts, whose files have hardly any other */
Trust *trust_new(const Connection *connection, GError **error);

/* sets up a transfer, which the trust must outlive */
void trust_apply(Trust *trust, CURL *transfer);

/* why the last handshake failed, where the thumbprint was the reason; else NULL */
const char *trust_complaint(const Trust *trust);

void trust_free(Trust *trust);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trust, trust_free)

#endif
