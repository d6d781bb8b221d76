/* SPDX-License-Identifier: MIT */
/*
 * A small cluster for tests: "c1", of hosts with 10 cores of 1000 MHz and 100 GiB, whose snapshot
 * is written to a directory of its own and evaluated as analyze does. Change what add returns before writing.
 */
#ifndef TESTS_UNIT_SMALLCLUSTER_H
#define TESTS_UNIT_SMALLCLUSTER_H

#include "analyze/buffer.h"
#include "analyze/subject.h"
#include "collect/means.h"

#define GIB_IN_KIB (1024.0 * 1024) /* in KiB */

typedef struct SmallCluster {
    Snapshot *snapshot;
    GString *samples; /* rows of samples.csv */
    char *directory;  /* where smallcluster_write put it */
    Assessment *assessment;
    Subject subject; /* of smallcluster_assess */
} SmallCluster;

SmallCluster *smallcluster_new(void);

/* removes the directory, and frees */
void smallcluster_free(SmallCluster *small);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SmallCluster, smallcluster_free)

/* an available host; valid until the next is added */
Host *smallcluster_add_host(SmallCluster *small, const char *id);

/* a running VM of 2 vCPUs and 10 GiB on the host; valid until the next is added */
Vm *smallcluster_add_vm(SmallCluster *small, const char *id, const char *host_id);

/* fifteen equal samples of 20 s */
void smallcluster_measure(SmallCluster *small, const char *entity_id, Metric metric, double value);

/* a row of samples.csv with these values */
void smallcluster_measure_values(SmallCluster *small, const char *entity_id, Metric metric,
                                 const char *instance, const char *values);

/* a VM's CPU (MHz), active and consumed memory (GiB) */
void smallcluster_measure_vm(SmallCluster *small, const char *id, double mhz, double active_gib,
                             double consumed_gib);

/* a host's CPU (MHz) and consumed memory (GiB) */
void smallcluster_measure_host(SmallCluster *small, const char *id, double mhz, double consumed_gib);

/* writes the snapshot; the directory is the cluster's */
const char *smallcluster_write(SmallCluster *small);

/* writes and evaluates it by the policy's text, NULL for the defaults */
void smallcluster_assess(SmallCluster *small, const char *policy_text);

/* an assessed entity's load */
const Load *smallcluster_load(const SmallCluster *small, const char *id, Resource resource);
int smallcluster_state(const SmallCluster *small, const char *id);

/* a policy of this text; the caller frees it. A text that is none sets the error, and NULL is returned */
Policy *smallcluster_policy(const char *text, GError **error);

/* writes bytes to a new temporary file, whose path the caller removes and frees */
char *smallcluster_file(const char *bytes, gsize length);

#endif
