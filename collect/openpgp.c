/* SPDX-License-Identifier: MIT */
#include "collect/openpgp.h"

#include "collect/error.h"
#include "collect/escape.h"

#include <errno.h>
#include <fcntl.h>
#include <gpgme.h>
#include <string.h>
#include <unistd.h>

#define FINGERPRINT_DIGITS 40

struct OpenPgp {
    gpgme_ctx_t context;
    gpgme_key_t *keys;       /* NULL-terminated */
    gboolean by_fingerprint; /* each was: nothing but the person's word is needed to trust it */
};

static void set_failure(GError **error, const char *name, const char *what, gpgme_error_t reason)
{
    g_set_error(error, VMANGER_ERROR, 0, "%s: %s: %s", name, what, gpgme_strerror(reason));
}

/* gpg itself would only say that it has no such key. */
static gboolean has_home(GError **error)
{
    const char *home = g_getenv("GNUPGHOME");
    if (!home || !*home || g_file_test(home, G_FILE_TEST_IS_DIR))
        return TRUE;
    g_autofree char *found = escape_for_message(home);
    g_set_error(error, VMANGER_ERROR, 0, "GNUPGHOME: found no directory %s: expected that of gpg's keys",
                found);
    return FALSE;
}

static gpgme_ctx_t context_new(GError **error)
{
    gpgme_ctx_t context = NULL;
    if (!has_home(error))
        return NULL;
    gpgme_check_version(NULL);
    gpgme_error_t failure = gpgme_engine_check_version(GPGME_PROTOCOL_OpenPGP);
    if (!failure)
        failure = gpgme_new(&context);
    if (failure)
        set_failure(error, "gpg", "cannot be run (package gnupg)", failure);
    return context;
}

/* ---- keys ---- */

static gboolean is_fingerprint(const char *text)
{
    return strspn(text, "0123456789abcdefABCDEF") == FINGERPRINT_DIGITS && !text[FINGERPRINT_DIGITS];
}

static gboolean find_key(OpenPgp *keys, const char *recipient, guint index, GError **error)
{
    g_autofree char *found = escape_for_message(recipient);
    gpgme_error_t failure = gpgme_get_key(keys->context, recipient, &keys->keys[index], 0);
    if (failure) {
        gboolean ambiguous = gpgme_err_code(failure) == GPG_ERR_AMBIGUOUS_NAME;
        g_set_error(
            error, VMANGER_ERROR, 0,
            "--encrypt-to: found %s: expected the fingerprint, key ID or address of one key that gpg has%s",
            found, ambiguous ? "; several are called that" : " (gpg --list-keys, gpg --import)");
        return FALSE;
    }
    gpgme_key_t key = keys->keys[index];
    const char *amiss = key->revoked        ? "is revoked"
                        : key->expired      ? "has expired"
                        : key->disabled     ? "is disabled"
                        : !key->can_encrypt ? "cannot encrypt"
                                            : NULL;
    if (!amiss && !is_fingerprint(recipient) && key->uids && key->uids->validity < GPGME_VALIDITY_FULL)
        amiss = "is not trusted: name it by its whole fingerprint, or sign it";
    if (amiss)
        g_set_error(error, VMANGER_ERROR, 0, "--encrypt-to: found %s: its key %s %s", found,
                    key->fpr ? key->fpr : "", amiss);
    return !amiss;
}

OpenPgp *openpgp_new(char *const *recipients, GError **error)
{
    g_autoptr(OpenPgp) keys = g_new0(OpenPgp, 1);
    guint n = g_strv_length((char **)recipients);
    keys->keys = g_new0(gpgme_key_t, n + 1);
    if (!(keys->context = context_new(error)))
        return NULL;
    for (guint i = 0; i < n; i++)
        if (!find_key(keys, recipients[i], i, error))
            return NULL;
    return g_steal_pointer(&keys);
}

void openpgp_free(OpenPgp *keys)
{
    if (!keys)
        return;
    for (gpgme_key_t *key = keys->keys; *key; key++)
        gpgme_key_unref(*key);
    if (keys->context)
        gpgme_release(keys->context);
    g_free(keys->keys);
    g_free(keys);
}

/* ---- files ---- */

gboolean openpgp_encrypt(const OpenPgp *keys, const char *bytes, gsize length, int fd, const char *name,
                         GError **error)
{
    gpgme_data_t plain = NULL, cipher = NULL;
    gpgme_error_t failure = gpgme_data_new_from_mem(&plain, bytes, length, 0);
    if (!failure)
        failure = gpgme_data_new_from_fd(&cipher, fd);
    /* what was found to be trusted, or named by its fingerprint, need not be asked about once more */
    if (!failure)
        failure = gpgme_op_encrypt(keys->context, keys->keys,
                                   GPGME_ENCRYPT_ALWAYS_TRUST | GPGME_ENCRYPT_NO_ENCRYPT_TO, plain, cipher);
    if (failure)
        set_failure(error, name, "cannot be encrypted", failure);
    gpgme_data_release(plain);
    gpgme_data_release(cipher);
    return !failure;
}

gboolean openpgp_is_encrypted(const char *path)
{
    return g_str_has_suffix(path, OPENPGP_SUFFIX);
}

char *openpgp_plain_name(const char *name)
{
    gsize length = strlen(name) - (openpgp_is_encrypted(name) ? strlen(OPENPGP_SUFFIX) : 0);
    return g_strndup(name, length);
}

char *openpgp_path(const char *path)
{
    g_autofree char *encrypted = g_strconcat(path, OPENPGP_SUFFIX, NULL);
    gboolean instead = !g_file_test(path, G_FILE_TEST_EXISTS) && g_file_test(encrypted, G_FILE_TEST_EXISTS);
    return instead ? g_steal_pointer(&encrypted) : g_strdup(path);
}

/* the plain text in memory of our own, which the library's is copied to and wiped */
static char *take_plain(gpgme_data_t plain, gsize *length)
{
    size_t size = 0;
    char *memory = gpgme_data_release_and_get_mem(plain, &size);
    char *bytes = g_malloc(size + 1);
    if (size > 0)
        memcpy(bytes, memory, size);
    bytes[size] = '\0';
    if (memory)
        explicit_bzero(memory, size);
    gpgme_free(memory);
    *length = size;
    return bytes;
}

static char *decrypt(gpgme_ctx_t context, int fd, const char *path, gsize *length, GError **error)
{
    gpgme_data_t cipher = NULL, plain = NULL;
    gpgme_error_t failure = gpgme_data_new_from_fd(&cipher, fd);
    if (!failure)
        failure = gpgme_data_new(&plain);
    if (!failure)
        failure = gpgme_op_decrypt(context, cipher, plain);
    gpgme_data_release(cipher);
    if (!failure)
        return take_plain(plain, length);
    set_failure(error, path, "cannot be decrypted", failure);
    gpgme_data_release(plain);
    return NULL;
}

static int decrypted; /* whether a file was, from any thread */

gboolean openpgp_has_decrypted(void)
{
    return g_atomic_int_get(&decrypted);
}

char *openpgp_decrypt(const char *path, gsize *length, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be read: %s", path, g_strerror(errno));
        return NULL;
    }
    gpgme_ctx_t context = context_new(error);
    char *bytes = context ? decrypt(context, fd, path, length, error) : NULL;
    if (bytes)
        g_atomic_int_set(&decrypted, TRUE);
    if (context)
        gpgme_release(context);
    close(fd);
    return bytes;
}

void openpgp_wipe(char *bytes, gsize length)
{
    if (bytes)
        explicit_bzero(bytes, length);
    g_free(bytes);
}
