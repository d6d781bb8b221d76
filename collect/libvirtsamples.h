/* SPDX-License-Identifier: MIT */
/*
 * samples.csv of what was read of hosts and domains through libvirt.
 */
#ifndef COLLECT_LIBVIRTSAMPLES_H
#define COLLECT_LIBVIRTSAMPLES_H

#include "collect/libvirtrows.h"
#include "collect/snapshotwriter.h"

/* writes the series of all hosts that answered to the end, and of what runs on them; one warning names the
 * VMs whose guests do not say what they use */
void libvirt_samples_write(const LibvirtRows *rows, const Snapshot *snapshot, SnapshotWriter *writer,
                           GPtrArray *warnings);

#endif
