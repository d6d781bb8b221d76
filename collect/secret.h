/* SPDX-License-Identifier: MIT */
/*
 * Passwords in memory: kept from core files, and wiped as soon as they are no longer needed.
 */
#ifndef COLLECT_SECRET_H
#define COLLECT_SECRET_H

#include <glib.h>

/* before any secret is known: no core file is written of this process, and no other user's process may look
 * into it */
void secret_guard(void);

/* wipes and frees; NULL is allowed */
void secret_free(char *secret);

/* the value of an environment variable, which is then gone from there and from /proc/PID/environ; NULL where
 * it is not set or empty; free with secret_free */
char *secret_of_environment(const char *name);

/* starts libcurl so that it wipes what it frees: requests, with the password, and the session's cookie */
gboolean secret_start_curl(void);

#endif
