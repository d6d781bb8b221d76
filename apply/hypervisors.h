/* SPDX-License-Identifier: MIT */
/*
 * The hosts of a file that libvirt manages, as one thread works with them: a connection to each, kept, and
 * opened anew where it has broken.
 */
#ifndef APPLY_HYPERVISORS_H
#define APPLY_HYPERVISORS_H

#include "collect/libvirt.h"
#include "collect/libvirthosts.h"
#include "collect/snapshot.h"

typedef struct Hypervisors {
    LibvirtHosts *hosts;
    GHashTable *connections; /* uri to virConnect */
    guint timeout_s;         /* of one that falls silent */
} Hypervisors;

/* path: of the file */
Hypervisors *hypervisors_new(const char *path, guint timeout_s, GError **error);
void hypervisors_free(Hypervisors *hypervisors);

/* the host that a snapshot of them calls so; NULL and the error where there is none */
const LibvirtHost *hypervisors_host(const Hypervisors *hypervisors, const Snapshot *snapshot, const char *id,
                                    GError **error);

/* a connection that stays the hypervisors' */
virConnect *hypervisors_connect(Hypervisors *hypervisors, const LibvirtHost *host, GError **error);

/* sets domain, which the caller frees, to the one with this UUID on the host; NULL: it has none. FALSE where
 * the host could not be asked */
gboolean hypervisors_find(Hypervisors *hypervisors, const LibvirtHost *host, const char *uuid,
                          virDomain **domain, GError **error);

/* the words of a job that is active on the domain; NULL: none is. The caller frees them */
char *hypervisors_job_on(virDomain *domain);

#endif
