/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 (OpenSSL's EVP), as the files of vmanger chain each other. Hex is lower case, 64 characters.
 */
#ifndef COLLECT_DIGEST_H
#define COLLECT_DIGEST_H

#include <glib.h>

#define DIGEST_HEX_LENGTH 64

typedef struct Digest Digest;

Digest *digest_new(void);
void digest_free(Digest *digest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Digest, digest_free)

/* adds bytes */
void digest_update(Digest *digest, const void *bytes, gsize length);

/* adds one cell of a serialised row: decimal byte length, ':', bytes */
void digest_update_cell(Digest *digest, const char *cell);

/* the hex of all bytes so far, which may be followed by more; the caller frees it */
char *digest_hex(const Digest *digest);

/* the hex of one piece of memory; the caller frees it */
char *digest_of(const void *bytes, gsize length);

/* TRUE for 64 lower-case hex characters */
gboolean digest_is_hex(const char *text);

#endif
