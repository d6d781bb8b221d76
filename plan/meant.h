/* SPDX-License-Identifier: MIT */
/*
 * Which VM or host a person means by what they typed: an id, else a name, else a name in another case or a
 * host's short name.
 */
#ifndef PLAN_MEANT_H
#define PLAN_MEANT_H

#include "collect/snapshot.h"

typedef enum { MEANT_HOSTS = 1, MEANT_VMS = 2 } MeantKinds;

typedef struct Meant {
    int host, vm; /* one of them is -1 */
} Meant;

/* looks among entities of the kinds (MeantKinds, or'ed); FALSE and an error, which names the nearest, where
 * there is none, or several have the name */
gboolean meant_find(const Snapshot *snapshot, const char *what, guint kinds, Meant *meant, GError **error);

/* marks in hosts ([n_hosts]) the one that is meant, or those whose names a pattern with * or ? fits; FALSE
 * and an error where there is none, or a name without a pattern is that of several */
gboolean meant_find_hosts(const Snapshot *snapshot, const char *what, gboolean *hosts, GError **error);

#endif
