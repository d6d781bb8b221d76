/* SPDX-License-Identifier: MIT */
/*
 * A small estate for tests: one cluster "c1" of hosts with 10 cores of 1000 MHz and 100 GiB, whose snapshot
 * is written to a directory of its own and evaluated as analyze does. Change what add returns before writing.
 */
#ifndef TESTS_UNIT_ESTATE_H
#define TESTS_UNIT_ESTATE_H

#include "analyze/buffer.h"
#include "analyze/means.h"
#include "analyze/states.h"

#define ESTATE_GIB (1024.0 * 1024) /* in KiB */

typedef struct Estate {
    Snapshot *snapshot;
    GString *samples; /* rows of samples.csv */
    char *directory;  /* where estate_write put it */
    Assessment *assessment;
    Subject subject; /* of estate_assess */
} Estate;

Estate *estate_new(void);

/* removes the directory, and frees */
void estate_free(Estate *estate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Estate, estate_free)

/* an available host; valid until the next is added */
Host *estate_add_host(Estate *estate, const char *id);

/* a running VM of 2 vCPUs and 10 GiB on the host; valid until the next is added */
Vm *estate_add_vm(Estate *estate, const char *id, const char *host_id);

/* fifteen equal samples of 20 s */
void estate_measure(Estate *estate, const char *entity_id, Metric metric, double value);

/* a row of samples.csv with these values */
void estate_measure_values(Estate *estate, const char *entity_id, Metric metric, const char *instance,
                           const char *values);

/* a VM's CPU (MHz), active and consumed memory (GiB) */
void estate_measure_vm(Estate *estate, const char *id, double mhz, double active_gib, double consumed_gib);

/* a host's CPU (MHz) and consumed memory (GiB) */
void estate_measure_host(Estate *estate, const char *id, double mhz, double consumed_gib);

/* writes the snapshot; the directory is the estate's */
const char *estate_write(Estate *estate);

/* writes and evaluates it by the policy's text, NULL for the defaults */
void estate_assess(Estate *estate, const char *policy_text);

/* an assessed entity's load */
const Load *estate_load(const Estate *estate, const char *id, Resource resource);
int estate_state(const Estate *estate, const char *id);

/* a policy of this text; the caller frees it. A text that is none sets the error, and NULL is returned */
Policy *estate_policy(const char *text, GError **error);

/* writes bytes to a new temporary file, whose path the caller removes and frees */
char *estate_file(const char *bytes, gsize length);

#endif
