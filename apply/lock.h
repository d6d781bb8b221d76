/* SPDX-License-Identifier: MIT */
/*
 * One apply at a time on one vCenter, or one estate of hosts, of all users of this machine: a file that is
 * locked (flock) while it runs, and so free again when it is killed. It says who holds it.
 */
#ifndef APPLY_LOCK_H
#define APPLY_LOCK_H

#include <glib.h>

typedef struct Lock Lock;

/* takes the lock of the target of this identity, which errors call so ("this vCenter"), for a plan (its
 * file's name). NULL and an error that names the holder where another apply has it, or where it cannot be
 * taken */
Lock *lock_take(const char *identity, const char *called, const char *plan, GError **error);

/* what tells the directory of the locks from those of other machines and containers, in a few letters:
 * applies of the same place meet at its locks. The caller frees it */
char *lock_place(void);

void lock_free(Lock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lock, lock_free)

#endif
