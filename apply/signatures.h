/* SPDX-License-Identifier: MIT */
/*
 * Who approved a plan: OpenSSH signatures (ssh-keygen -Y; PROTOCOL.sshsig and ALLOWED SIGNERS in
 * ssh-keygen(1)) in detached files beside it, PLAN.NAME.sig, or PLAN.sig.
 *
 * Every signature beside the plan must be good: over the plan's very bytes, in vmanger's namespace, by a key
 * that a file of allowed signers names and that is valid now and not revoked. Signers count as different
 * where neither a key nor a principal links them: keys that stand under one principal, principals that stand
 * in one line or under one key are one signer. A principal that is a pattern names nobody.
 */
#ifndef APPLY_SIGNATURES_H
#define APPLY_SIGNATURES_H

#include <glib.h>

#define SIGNATURES_OF_PLANS "vmanger-plan"
#define SIGNATURES_OF_JOURNALS "vmanger-journal"

/* what is asked of signatures */
typedef struct SignatureRule {
    const char *allowed_signers; /* a file */
    const char *revoked_keys;    /* a file, a KRL or public keys, one a line; NULL or "": none */
    guint needed;                /* so many different signers, 1 or more */
    gint64 time;                 /* when keys must be valid, seconds since 1970 */
    const char *ssh_keygen;      /* SSH_KEYGEN */
} SignatureRule;

/* a good signature; strings are its own */
typedef struct Signer {
    char *file;      /* the signature's name */
    char *principal; /* the first one of those that the key stands for */
    char *key;       /* "SHA256:…" */
} Signer;

void signer_free(Signer *signer);

/* the bytes of a regular file of at most so many; NULL and an error where it is none */
GBytes *signatures_read(const char *path, gsize most, GError **error);

/* who signed the bytes of the plan at path, by the files' names (Signer); NULL and an error, which names a
 * file and says what to do, where the rule is not met */
GPtrArray *signatures_of_plan(const SignatureRule *rule, const char *path, GBytes *plan, GError **error);

/* who made the one signature in the file over the bytes, in the name space; NULL and an error where it is not
 * good. rule->needed is not looked at */
Signer *signatures_verify(const SignatureRule *rule, const char *name_space, const char *file, GBytes *bytes,
                          GError **error);

/* what a journal is signed by: its last chain value and a line feed; free with g_bytes_unref */
GBytes *signatures_head(const char *chain);

/* FALSE and an error where a signature could not be written to file later: the key cannot be read, or what
 * stands there is no signature */
gboolean signatures_may_sign(const char *key, const char *file, GError **error);

/* signs the bytes with the private key in the file key (or the agent's, whose public one it is) and puts the
 * signature into file, in place of an earlier one */
gboolean signatures_sign(const char *ssh_keygen, const char *key, const char *name_space, GBytes *bytes,
                         const char *file, GError **error);

#endif
