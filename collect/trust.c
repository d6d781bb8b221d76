/* SPDX-License-Identifier: MIT */
#include "collect/trust.h"

#include "collect/csv.h"
#include "collect/escape.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

#define SHA1_BYTES 20
#define SHA256_BYTES 32

struct Trust {
    gboolean insecure, pinned;
    guchar pin[SHA256_BYTES];
    gsize pin_bytes;
    char *pin_from;          /* what names the pin */
    X509_STORE *authorities; /* NULL: the system's */
    char *complaint;
};

/* Reads hex pairs, with or without ':' between them; returns how many, 0 where it is no such thing. */
static gsize read_hex(const char *text, guchar *bytes, gsize most)
{
    gsize n = 0;
    for (const char *at = text; *at; n++) {
        if (n > 0 && *at == ':')
            at++;
        if (n == most || !g_ascii_isxdigit(at[0]) || !g_ascii_isxdigit(at[1]))
            return 0;
        bytes[n] = (guchar)(g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1]));
        at += 2;
    }
    return n;
}

/* what follows openssl's "sha256 Fingerprint=", or all where there is no such thing */
static char *hex_of_line(const char *line)
{
    const char *equals = strrchr(line, '=');
    g_autofree char *before = equals ? g_ascii_strdown(line, equals - line) : g_strdup("");
    return g_strstrip(g_strdup(g_str_has_suffix(before, "fingerprint") ? equals + 1 : line));
}

static gboolean read_pin(Trust *trust, const Connection *connection, GError **error)
{
    g_autofree char *hex = hex_of_line(connection->thumbprint);
    gsize n = trust->pin_bytes = read_hex(hex, trust->pin, SHA256_BYTES);
    trust->pinned = TRUE;
    trust->pin_from = g_strdup(connection->known_at ? connection->known_at : "--thumbprint");
    if (n == SHA256_BYTES || (n == SHA1_BYTES && connection->known_at))
        return TRUE;
    g_autofree char *found = escape_for_message(connection->thumbprint);
    g_autofree char *address = g_strdup(strstr(connection->url, "://") + 3);
    *strchr(address, '/') = '\0';
    const char *colon = strrchr(address, ':'), *bracket = strrchr(address, ']');
    const char *port = colon && (!bracket || colon > bracket) ? "" : ":443";
    g_set_error(
        error, VMANGER_ERROR, 0,
        "%s: found %s%s: expected the SHA-256 of the server's certificate, as this prints it: "
        "openssl s_client -connect %s%s </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256",
        trust->pin_from, n == SHA1_BYTES ? "a SHA-1, " : "", found, address, port);
    return FALSE;
}

static gboolean read_authorities(Trust *trust, const char *paths, GError **error)
{
    g_auto(GStrv) files = g_strsplit(paths, ":", -1);
    trust->authorities = X509_STORE_new();
    X509_STORE_set_flags(trust->authorities, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    for (char **file = files; *file; file++) {
        if (!**file || X509_STORE_load_file(trust->authorities, *file))
            continue;
        ERR_clear_error();
        g_set_error(error, VMANGER_ERROR, 0, "%s: found no certificate: expected a PEM file of authorities",
                    *file);
        return FALSE;
    }
    return TRUE;
}

Trust *trust_new(const Connection *connection, GError **error)
{
    g_autoptr(Trust) trust = g_new0(Trust, 1);
    trust->insecure = connection->insecure;
    if (connection->thumbprint && !read_pin(trust, connection, error))
        return NULL;
    if (connection->cacert && !read_authorities(trust, connection->cacert, error))
        return NULL;
    return g_steal_pointer(&trust);
}

/* Called by OpenSSL in the middle of the handshake, in place of the chain's verification. */
static int verify_pin(X509_STORE_CTX *context, void *data)
{
    Trust *trust = data;
    X509 *certificate = X509_STORE_CTX_get0_cert(context);
    guchar digest[EVP_MAX_MD_SIZE];
    guint length = 0;
    g_clear_pointer(&trust->complaint, g_free);
    const EVP_MD *kind = trust->pin_bytes == SHA1_BYTES ? EVP_sha1() : EVP_sha256();
    if (certificate && X509_digest(certificate, kind, digest, &length) && length == trust->pin_bytes &&
        memcmp(digest, trust->pin, length) == 0) {
        X509_STORE_CTX_set_error(context, X509_V_OK);
        return 1;
    }
    g_autoptr(GString) shown = g_string_new(NULL);
    length = 0;
    if (certificate)
        X509_digest(certificate, EVP_sha256(), digest, &length);
    for (guint i = 0; i < length; i++)
        g_string_append_printf(shown, "%s%02X", i ? ":" : "", digest[i]);
    trust->complaint = g_strdup_printf(
        "the server shows another certificate than %s names; its SHA-256 is %s", trust->pin_from, shown->str);
    X509_STORE_CTX_set_error(context, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

static CURLcode set_up_tls(CURL *transfer, void *context, void *data)
{
    (void)transfer;
    Trust *trust = data;
    if (trust->pinned)
        SSL_CTX_set_cert_verify_callback(context, verify_pin, trust);
    else if (trust->authorities)
        SSL_CTX_set1_cert_store(context, trust->authorities);
    return CURLE_OK;
}

void trust_apply(Trust *trust, CURL *transfer)
{
    gboolean any = trust->insecure && !trust->pinned && !trust->authorities;
    curl_easy_setopt(transfer, CURLOPT_SSL_VERIFYPEER, any ? 0L : 1L);
    curl_easy_setopt(transfer, CURLOPT_SSL_VERIFYHOST, any || trust->pinned ? 0L : 2L);
    if (any || trust->pinned || trust->authorities) { /* the system's need not be read, once a connection */
        curl_easy_setopt(transfer, CURLOPT_CAINFO, NULL);
        curl_easy_setopt(transfer, CURLOPT_CAPATH, NULL);
    }
    curl_easy_setopt(transfer, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(transfer, CURLOPT_SSL_CTX_FUNCTION, set_up_tls);
    curl_easy_setopt(transfer, CURLOPT_SSL_CTX_DATA, trust);
}

const char *trust_complaint(const Trust *trust)
{
    return trust->complaint;
}

void trust_free(Trust *trust)
{
    if (!trust)
        return;
    X509_STORE_free(trust->authorities);
    g_free(trust->complaint);
    g_free(trust->pin_from);
    g_free(trust);
}
