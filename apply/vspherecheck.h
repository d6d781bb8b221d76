/* SPDX-License-Identifier: MIT */
/*
 * What only the vCenter itself can tell of steps before any of them is started: whether the account may, and
 * what its own checker says of every migration.
 */
#ifndef APPLY_VSPHERECHECK_H
#define APPLY_VSPHERECHECK_H

#include "analyze/policy.h"
#include "apply/tasks.h"
#include "plan/changeplan.h"

/* adds to refusals (Refusal) the steps that need a privilege which the account lacks on their object, to
 * problems (char *) what it lacks on all of them: HasPrivilegeOnEntities. The snapshot tells which VMs run */
gboolean vsphere_check_privileges(Vcenter *vcenter, const ChangePlan *plan, const Snapshot *snapshot,
                                  GPtrArray *refusals, GPtrArray *problems, GError **error);

/* adds what CheckRelocate_Task of the VirtualMachineProvisioningChecker finds: its warnings, and its errors
 * as refusals where the migration waits for no other step, else as warnings, since that step may remedy them;
 * to problems, checks without a result */
gboolean vsphere_check_migrations(Vcenter *vcenter, const ChangePlan *plan, GPtrArray *refusals,
                                  GPtrArray *problems, GPtrArray *warnings, GError **error);

/* adds the clusters that DRS has come to automate since the plan was made, unless the policy plans such; VMs
 * that do not run are none of its business */
void vsphere_check_drs(const ChangePlan *plan, const Snapshot *snapshot, const Policy *policy,
                       GPtrArray *problems);

/* the body of RelocateVM_Task and CheckRelocate_Task after _this: a VirtualMachineRelocateSpec with the host
 */
void vsphere_append_relocation(GString *body, const PlanRow *step);

#endif
