/* SPDX-License-Identifier: MIT */
/*
 * The rows of a snapshot's tables, of what hosts and their domains said: each domain once, whatever copies of
 * it stand on other hosts.
 */
#ifndef COLLECT_LIBVIRTROWS_H
#define COLLECT_LIBVIRTROWS_H

#include "collect/libvirtfit.h"
#include "collect/libvirthosts.h"
#include "collect/snapshot.h"

/* a domain that becomes a VM */
typedef struct DomainRow {
    guint probe; /* index of its host's */
    ProbeDomain *domain;
} DomainRow;

typedef struct LibvirtRows {
    const LibvirtHosts *hosts;
    GPtrArray *probes;    /* Probe *, one for each host; another one in its place once it was given up */
    GPtrArray *asked;     /* Probe *, the ones that the rows are of */
    const Snapshot *last; /* of the same estate, or NULL */
    GPtrArray *warnings;  /* char *, owned by the caller */
    GArray *domains;      /* DomainRow */
    guint copies, unreadable, vanished;
} LibvirtRows;

/* chooses what becomes a row; an error where two addresses lead to one host. All outlive the
 * rows */
LibvirtRows *libvirt_rows_new(const LibvirtHosts *hosts, GPtrArray *probes, const Snapshot *last,
                              GPtrArray *warnings, GError **error);

/* lets every domain of a row take part in what fits where */
void libvirt_rows_fit(const LibvirtRows *rows, Fit *fit);

/* adds the rows to the snapshot, when all that can be asked was; warns of hosts that did not answer */
void libvirt_rows_fill(LibvirtRows *rows, const Fit *fit, Snapshot *snapshot);

void libvirt_rows_free(LibvirtRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LibvirtRows, libvirt_rows_free)

#endif
