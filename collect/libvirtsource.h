/* SPDX-License-Identifier: MIT */
/*
 * A snapshot of the hosts that a file names, through libvirt, for whoever has an interrupt of its own.
 */
#ifndef COLLECT_LIBVIRTSOURCE_H
#define COLLECT_LIBVIRTSOURCE_H

#include "collect/interrupt.h"
#include "collect/source.h"

/* as collect_from_libvirt; signals end it as the interrupt is told, or where that is NULL each one does */
gboolean libvirt_collect(const CollectRequest *request, Interrupt *interrupt, CollectResult *result,
                         GError **error);

/* the tables alone, in memory, without measuring; NULL and the error where they cannot be had. warnings
 * receives (char *) what is missing */
Snapshot *libvirt_inventory(const CollectRequest *request, Interrupt *interrupt, GPtrArray *warnings,
                            GError **error);

#endif
