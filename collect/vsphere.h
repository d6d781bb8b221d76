/* SPDX-License-Identifier: MIT */
/*
 * A snapshot of a vCenter, or of an ESXi host, over the vSphere API, in a session that is open already.
 */
#ifndef COLLECT_VSPHERE_H
#define COLLECT_VSPHERE_H

#include "collect/source.h"
#include "collect/vcenter.h"

/* as collect_from_vsphere. Where the session ends on the way, it logs in again and begins again, once */
gboolean vsphere_collect(Vcenter *vcenter, const CollectRequest *request, CollectResult *result,
                         GError **error);

/* the tables alone, in memory; NULL and the error where they cannot be had. warnings receives (char *) what
 * is missing */
Snapshot *vsphere_inventory(Vcenter *vcenter, const Program *program, GPtrArray *warnings, GError **error);

#endif
