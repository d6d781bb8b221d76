/* SPDX-License-Identifier: MIT */
/*
 * What a host must have for a VM to run on it. A fact that the whole snapshot lacks forbids nothing.
 */
#ifndef TESTS_CHECK_FACTS_H
#define TESTS_CHECK_FACTS_H

#include "analyze/assessment.h"

/* what the snapshot knows of at least one object; is_export: an empty fact may be anything */
typedef struct Facts {
    gboolean vmotion, host_datastores, vm_datastores, host_networks, vm_networks, cpu_model, threads,
        capabilities, host_hardware, vm_hardware, vgpu, is_export;
} Facts;

Facts facts_of(const Snapshot *snapshot, const Assessment *assessment);

/* what the host lacks that a VM of so many vCPUs needs wherever it runs; NULL: nothing */
const char *facts_lacking(const Facts *facts, const Vm *vm, double vcpus, const Host *target);

/* TRUE for VMs that leave a host by themselves or by their owner's doing */
gboolean leaves_by_itself(const Vm *vm);

#endif
