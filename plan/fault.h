/* SPDX-License-Identifier: MIT */
/*
 * What a vCenter's refusal is about, by the fault's name as the vSphere Web Services API has it. The fault of
 * a VM will be met again on every host, that of a pair on that host; one that passes says nothing about
 * later.
 */
#ifndef PLAN_FAULT_H
#define PLAN_FAULT_H

#include <glib.h>

typedef enum {
    FAULT_UNKNOWN, /* no fault, or one of a name that is not known here: nothing follows from it */
    FAULT_PASSING, /* the state of a host, resources, another task, the account's privileges */
    FAULT_OF_VM,   /* a device, a disabled method, a snapshot, a setting of its own */
    FAULT_OF_PAIR  /* this VM on that host: network, datastore, CPU, rule */
} FaultScope;

/* the scope of the fault that a text tells of, "TYPE: words" or "TYPE; words", before which an address and a
 * method may stand ("https://…: RelocateVM_Task: TYPE: words"); fault, where not NULL, receives where TYPE
 * begins in the text, the text itself where it is not known */
FaultScope fault_scope(const char *text, const char **fault);

/* TRUE where the text tells of the fault of this name, which must be one that is known here */
gboolean fault_is(const char *text, const char *name);

#endif
