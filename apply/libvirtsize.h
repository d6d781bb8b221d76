/* SPDX-License-Identifier: MIT */
/*
 * Another size of one domain through libvirt, in the running domain and in its saved configuration: memory by
 * what domainmemory.h chooses, CPUs by virDomainSetVcpusFlags. It blocks its thread until the guest shows it.
 *
 * It works on copies alone: whoever asked for it may be gone before it ends.
 */
#ifndef APPLY_LIBVIRTSIZE_H
#define APPLY_LIBVIRTSIZE_H

#include "apply/libvirtmove.h"
#include "plan/changeplan.h"

typedef struct Resize {
    Peer host;
    char *uuid, *name;   /* of the domain */
    int action;          /* ACTION_ADD_MEMORY, ACTION_RECLAIM_MEMORY, ACTION_ADD_CPU */
    double to;           /* MiB or vCPUs */
    double most_use_pct; /* what the guest uses may be so much of what it is left with */
    double least_mib;    /* of memory, which is guaranteed to it; 0: none */
    guint timeout_s;     /* of a connection that falls silent */
} Resize;

void resize_clear(Resize *resize);

/* resizes. end->detail receives what is known of how it was done, a list as the journal has it; else what
 * kept it, with the host that said so; warning what is to be told beside, or NULL; the caller frees both */
void libvirt_resize(const Resize *resize, StepEnd *end, char **warning);

/* FALSE where it would not be done, for the reason in why (which the caller frees) */
gboolean libvirt_may_resize(virDomain *domain, const Resize *resize, char **why);

/* whether the domain, where it runs and its configuration outlasts that, starts the next time with the size
 * that it has now */
gboolean libvirt_is_saved(virDomain *domain, const char *host, int action);

/* the domain's size as it runs, else as it is configured: MiB or vCPUs; NAN and the error where it cannot be
 * read */
double libvirt_size(virDomain *domain, const char *host, int action, GError **error);

#endif
