/* SPDX-License-Identifier: MIT */
/*
 * A vCenter's host on its way into maintenance mode: EnterMaintenanceMode_Task of HostSystem, which ends when
 * no VM runs there any more; vSphere powers off or moves its own (vCLS, agents). It has no timeout, and
 * leaves powered-off VMs where they are: the plan has moved those that shall go. The way out is
 * ExitMaintenanceMode_Task.
 */
#ifndef APPLY_MAINTENANCE_H
#define APPLY_MAINTENANCE_H

#include "collect/vcenter.h"
#include "plan/changeplan.h"

/* the names of the VMs that run on the host now, however they came there, but for vSphere's own (vCLS,
 * agents), which it takes away itself; free with g_ptr_array_unref. NULL and SOAP_ERROR_FAULT where there is
 * no such host */
GPtrArray *maintenance_running(Vcenter *vcenter, const char *host_id, GError **error);

/* the id of the task that does to the host what the step asks for at this moment; "" where there is none. The
 * caller frees it */
char *maintenance_task(Vcenter *vcenter, const PlanRow *step, GError **error);

/* begins what the step asks for, with the vsan_mode of its args, under this operationID; or joins the task
 * that another has begun. The task's id, which the caller frees, or NULL */
char *maintenance_begin(Vcenter *vcenter, const PlanRow *step, const char *operation, GError **error);

#endif
