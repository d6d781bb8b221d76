/* SPDX-License-Identifier: MIT */
/*
 * Runs of OpenSSH's ssh-keygen, whose -Y makes and verifies signatures.
 *
 * It is run by its full path and without a shell, so neither PATH nor a name can put another program in its
 * place. What it verifies is handed to it as memory, not by name: nothing can be exchanged between a look of
 * ours and one of its own. It sees none of our files, and of our environment nothing where it verifies, so
 * that a time without Z in a file of allowed signers is in the machine's own zone; where it signs, only what
 * leads to an agent, a security key or a passphrase.
 */
#ifndef APPLY_SSHKEYGEN_H
#define APPLY_SSHKEYGEN_H

#include <glib.h>

#define SSH_KEYGEN "/usr/bin/ssh-keygen" /* Debian: openssh-client */

/* one run */
typedef struct SshKeygen {
    const char *program;          /* SSH_KEYGEN */
    GBytes *input;                /* its standard input */
    GBytes *signature;            /* given as -s, or NULL */
    GBytes *allowed_signers;      /* as -f, or NULL */
    GBytes *revoked_keys;         /* as -r, or NULL */
    const char *const *arguments; /* what follows, NULL-terminated */
    gboolean signs;               /* with what leads to an agent and a terminal */
    const char *name_of_allowed;  /* what its words call allowed_signers */
} SshKeygen;

/* what it said on its standard output, NUL-terminated; the caller frees it. NULL where it could not be run or
 * did not succeed, which is no difference to who asks: the error is its own words, on one line, or why it
 * could not be run, in which case absent (may be NULL) is set to TRUE */
char *sshkeygen_run(const SshKeygen *run, gboolean *absent, GError **error);

#endif
