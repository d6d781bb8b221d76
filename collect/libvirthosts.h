/* SPDX-License-Identifier: MIT */
/*
 * The file that names the hosts of an estate which libvirt manages: CSV with the columns uri and cluster, and
 * optional ones; a row before the header whose first cell is #source_id may name the estate. People edit it,
 * in spreadsheets too. Documented in collect.1.
 */
#ifndef COLLECT_LIBVIRTHOSTS_H
#define COLLECT_LIBVIRTHOSTS_H

#include "collect/error.h"

#define LIBVIRT_PREFIX "libvirt:" /* of the path of the file, where a source or a target is named */

typedef struct LibvirtHost {
    const char *uri;         /* how we reach it; never with a password in it */
    const char *cluster;     /* hosts of one cluster may exchange VMs */
    const char *name;        /* of the row, else the URI's host, else the URI */
    const char *peer_uri;    /* how other hosts reach it; where the file does not say, the uri */
    const char *migrate_uri; /* of the data channel; "": the hypervisor's own choice */
    double net_capacity_kibps, disk_capacity_kibps; /* NAN where not stated */
    guint64 line;                                   /* in the file */
} LibvirtHost;

typedef struct LibvirtHosts {
    LibvirtHost *hosts; /* in the order of the file; at least one */
    guint n_hosts;
    char *path;
    char *source_id; /* of the estate, as an id: what the file names, else the SHA-256 of the sorted URIs */
    GStringChunk *strings;
} LibvirtHosts;

/* reads the file; an error, with file, line and column, also for an address twice, for one with a password,
 * and for one that is none */
LibvirtHosts *libvirt_hosts_read(const char *path, GError **error);

/* the same of bytes that outlive the call, as if they were a file of that name */
LibvirtHosts *libvirt_hosts_parse(const char *bytes, gsize length, const char *name, GError **error);

/* the host of that address, or NULL */
const LibvirtHost *libvirt_hosts_find(const LibvirtHosts *hosts, const char *uri);

void libvirt_hosts_free(LibvirtHosts *hosts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LibvirtHosts, libvirt_hosts_free)

#endif
