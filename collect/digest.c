/* SPDX-License-Identifier: MIT */
#include "collect/digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* OpenSSL's digests fail only where the library itself is broken or memory is out: nothing sensible can
 * follow. */
static void must(int ok)
{
    if (ok != 1)
        g_error("OpenSSL cannot compute SHA-256");
}

struct Digest {
    EVP_MD_CTX *context;
};

Digest *digest_new(void)
{
    Digest *digest = g_new0(Digest, 1);
    digest->context = EVP_MD_CTX_new();
    must(digest->context != NULL);
    must(EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL));
    return digest;
}

void digest_free(Digest *digest)
{
    if (!digest)
        return;
    EVP_MD_CTX_free(digest->context);
    g_free(digest);
}

void digest_update(Digest *digest, const void *bytes, gsize length)
{
    must(EVP_DigestUpdate(digest->context, bytes, length));
}

void digest_update_cell(Digest *digest, const char *cell)
{
    gsize length = strlen(cell);
    char prefix[32];
    int prefix_length = g_snprintf(prefix, sizeof prefix, "%zu:", length);
    digest_update(digest, prefix, (gsize)prefix_length);
    digest_update(digest, cell, length);
}

char *digest_hex(const Digest *digest)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    must(copy != NULL);
    must(EVP_MD_CTX_copy_ex(copy, digest->context));
    must(EVP_DigestFinal_ex(copy, bytes, &length));
    EVP_MD_CTX_free(copy);
    GString *hex = g_string_sized_new(DIGEST_HEX_LENGTH + 1);
    for (unsigned int i = 0; i < length; i++)
        g_string_append_printf(hex, "%02x", bytes[i]);
    return g_string_free(hex, FALSE);
}

char *digest_of(const void *bytes, gsize length)
{
    g_autoptr(Digest) digest = digest_new();
    digest_update(digest, bytes, length);
    return digest_hex(digest);
}

gboolean digest_is_hex(const char *text)
{
    return strlen(text) == DIGEST_HEX_LENGTH && strspn(text, "0123456789abcdef") == DIGEST_HEX_LENGTH;
}
