/* SPDX-License-Identifier: MIT */
/*
 * Asking hosts side by side: each has a thread of its own in every phase (what it is configured as, what it
 * can run of what others have, what is measured). A host that is silent for too long is given up, its thread
 * left behind; the others are not held up by it.
 *
 * A probe's contents belong to its thread while a phase runs, and to the caller between phases.
 */
#ifndef COLLECT_LIBVIRTPROBE_H
#define COLLECT_LIBVIRTPROBE_H

#include "collect/interrupt.h"
#include "collect/libvirt.h"
#include "collect/libvirtcapabilities.h"
#include "collect/libvirtdomain.h"
#include "collect/libvirtseries.h"
#include "collect/program.h"

typedef struct ProbePool {
    char *name, *uuid, *type; /* the type of "Storage pool XML format": dir, netfs, rbd … */
    char *path;               /* "" where it has none */
} ProbePool;

typedef struct ProbeDomain {
    virDomain *domain;
    LibvirtUuid uuid;
    char *name;
    int state;              /* virDomainState */
    gboolean saved;         /* its memory is in a file of the host: it goes on where it stopped */
    gboolean is_hypervisor; /* Xen's Domain-0 */
    DomainFacts *facts;     /* NULL where it went while it was read, or cannot be read: */
    char *fault;            /* why it cannot be */
    Reading *readings;      /* n_samples + 1 of them; NULL where it does not run */
} ProbeDomain;

/* something to ask each host: whether a CPU runs there, or whether pages are free */
typedef struct ProbeQuestion {
    char *token;        /* what a host offers that says yes */
    char *type, *arch;  /* of domain */
    char *cpu_xml;      /* NULL: of pages */
    gboolean identical; /* the CPU must be the same one, not only one that can stand in for it */
    double page_kib, mib;
} ProbeQuestion;

typedef struct Probe Probe;
struct Probe {
    char *uri, *name; /* the name is the URI's where the hypervisor's own is to be taken */
    guint timeout_s;
    guint n_samples, interval_s;
    gint64 begin_us; /* of the samples, the same for all hosts */
    GPtrArray *questions;

    virConnect *connection;
    GError *error; /* set: given up, for this reason */
    gboolean lists_interfaces;
    gboolean read_only; /* more than reading is not allowed to us */
    char *driver, *product, *hostname;
    HostAbilities *abilities;
    double cpus, cores, clock_mhz, memory_kib;
    GHashTable *host_models; /* type of domain to the host's CPU as such a domain sees it */
    GPtrArray *pools;        /* ProbePool * */
    GPtrArray *domains;      /* ProbeDomain * */
    GHashTable *by_uuid;     /* the same by UUID */
    guint vanished;
    gboolean *answers;   /* to the questions */
    Reading *readings;   /* of the host; n_samples + 1 */
    gboolean per_domain; /* the driver has no statistics of all domains at once */

    gint users; /* atomic */
    GMutex mutex;
    GCond changed;
    gboolean running, stop; /* under the mutex, as is: */
    gint64 heard_us;        /* when the host last said something */
    gint done;              /* samples */
};

Probe *probe_new(const char *uri, const char *name, guint timeout_s);
void probe_unref(Probe *probe);

/* what a thread does in a phase; where it fails it sets probe->error */
typedef void ProbePhase(Probe *probe);

/* connects and reads what is configured */
ProbePhase probe_inventory;
/* answers the questions */
ProbePhase probe_answer;
/* takes the samples */
ProbePhase probe_measure;

/* runs a phase on every probe (Probe *) that has no error, and waits for all of them; what is shown as live
 * progress. FALSE and the error where a signal ends it */
gboolean probes_run(GPtrArray *probes, ProbePhase *phase, const Program *program, const char *what,
                    Interrupt *interrupt, GError **error);

/* the host has said something just now: its thread tells so after each call */
void probe_heard(Probe *probe);

/* waits until that time, or is told to stop: FALSE */
gboolean probe_wait(Probe *probe, gint64 until_us);

/* what the host says of its memory: all of it, and what is neither free nor cached; FALSE where it does not
 * (libvirtreading.c) */
gboolean probe_read_memory(Probe *probe, double *total_kib, double *used_kib);

/* one reading of the host and its domains (libvirtreading.c); FALSE and probe->error where the host fails */
gboolean probe_read(Probe *probe, guint sample);

#endif
