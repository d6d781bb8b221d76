/* SPDX-License-Identifier: MIT */
/*
 * Where a snapshot comes from. A new kind of source is one file with one CollectFunction, and one line in
 * source.c.
 */
#ifndef COLLECT_SOURCE_H
#define COLLECT_SOURCE_H

#include "collect/connection.h"
#include "collect/libvirthosts.h"
#include "collect/openpgp.h"
#include "collect/program.h"
#include "collect/snapshot.h"

#define RVTOOLS_PREFIX "rvtools:" /* of the path of an export */

typedef struct CollectRequest {
    const char *source;     /* as the person named it: a server, a directory, rvtools:PATH, libvirt:FILE */
    const char *output;     /* the directory that shall appear */
    const OpenPgp *keys;    /* to whom it is encrypted; NULL: it is in the clear */
    const char *last;       /* the snapshot before, of an archive; NULL: none */
    double window_s;        /* what to measure, where the source can be asked */
    double interval_s;      /* between two samples, where the source keeps none itself */
    gint64 history_s;       /* how much of the time before to add, where the source can be asked; 0: none */
    Connection *connection; /* how to reach a server */
    const Program *program; /* for progress and warnings */
} CollectRequest;

typedef struct CollectResult {
    Snapshot *snapshot;  /* what was written */
    char *digest;        /* of the snapshot */
    GPtrArray *warnings; /* char *: what could not be had; any of them means EXIT_PARTLY */
    GPtrArray *notes;    /* char *: what is worth a word, and amiss in no way; or NULL */
} CollectResult;

/* collects a whole snapshot, or sets the error and leaves nothing behind; where the error is
 * VMANGER_ERROR_STANDS the snapshot is there, and result says of it what it says of any */
typedef gboolean CollectFunction(const CollectRequest *request, CollectResult *result, GError **error);

/* collects from whatever kind of source the request names */
CollectFunction collect_from_source;

/* from a snapshot's directory: checks it and writes it anew, canonically (directory.c) */
CollectFunction collect_from_directory;

/* from a vCenter or an ESXi host, over the vSphere API (vsphere.c) */
CollectFunction collect_from_vsphere;

/* from an RVTools export, a workbook or a directory of CSV files (rvtools.c) */
CollectFunction collect_from_rvtools;

/* from the hosts of a file, through libvirt (libvirtsource.c) */
CollectFunction collect_from_libvirt;

void collect_result_clear(CollectResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CollectResult, collect_result_clear)

#endif
