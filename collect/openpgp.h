/* SPDX-License-Identifier: MIT */
/*
 * OpenPGP encryption of the files that the programs exchange, by GPGME, which runs the gpg of this machine
 * with its keys and its agent. A file NAME is then NAME.gpg; whoever reads NAME reads that in its place.
 * Plain text exists in memory only, a file as a whole.
 */
#ifndef COLLECT_OPENPGP_H
#define COLLECT_OPENPGP_H

#include <glib.h>

#define OPENPGP_SUFFIX ".gpg"

/* the option of a program that names them; flags as for GOptionEntry */
#define OPENPGP_OPTION(recipients, flags)                                                                    \
    {                                                                                                        \
        "encrypt-to", 0, (flags), G_OPTION_ARG_STRING_ARRAY, (recipients),                                   \
            "Encrypt what is written to this OpenPGP key; may be given several times", "KEY"                 \
    }

/* those to whom files are encrypted */
typedef struct OpenPgp OpenPgp;

/* finds the keys (NULL-terminated fingerprints, key IDs or addresses). One that is absent, ambiguous,
 * expired, revoked, cannot encrypt, or that gpg has no trust in unless its whole fingerprint is given, is an
 * error */
OpenPgp *openpgp_new(char *const *recipients, GError **error);

void openpgp_free(OpenPgp *keys);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OpenPgp, openpgp_free)

/* writes the bytes to the descriptor, encrypted; name is what errors call it */
gboolean openpgp_encrypt(const OpenPgp *keys, const char *bytes, gsize length, int fd, const char *name,
                         GError **error);

/* the file to read where path is asked for: path itself where it is there, else that with the suffix where
 * this is; the caller frees it */
char *openpgp_path(const char *path);

/* the name without the suffix, where it has it; the caller frees it */
char *openpgp_plain_name(const char *name);

/* TRUE where a file's name says that it is encrypted */
gboolean openpgp_is_encrypted(const char *path);

/* the whole plain text of an encrypted file; the caller wipes and frees it with openpgp_wipe */
char *openpgp_decrypt(const char *path, gsize *length, GError **error);

/* TRUE once the program has read an encrypted file */
gboolean openpgp_has_decrypted(void);

void openpgp_wipe(char *bytes, gsize length);

#endif
