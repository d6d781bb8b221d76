/* SPDX-License-Identifier: MIT */
/*
 * Which host can run which domain: a domain requires words ("machine:pc-q35-7.2", "cpu:Skylake-Client-IBRS",
 * "pool:shared"), a host offers them. What a word cannot say by itself, whether one host's CPU can stand in
 * for another's, each host is asked.
 */
#ifndef COLLECT_LIBVIRTFIT_H
#define COLLECT_LIBVIRTFIT_H

#include "collect/libvirtprobe.h"

typedef struct Fit Fit;

/* of hosts (Probe *; those with an error offer nothing) that outlive it */
Fit *fit_new(const GPtrArray *probes);

/* a domain of the host takes part: what it requires is noted, and what there is to ask; a disk that no other
 * host reaches pins it */
void fit_add(Fit *fit, const Probe *probe, ProbeDomain *domain);

/* what each host has to be asked (ProbeQuestion *), for probe_answer; owned by the fit */
GPtrArray *fit_questions(Fit *fit);

/* with the answers: takes those for untrue in which a host refuses what runs on it */
void fit_settle(Fit *fit);

/* after that: what a domain requires, and what a host offers of all that any domain requires, as lists that
 * the caller frees */
char *fit_requires(const Fit *fit, const ProbeDomain *domain);
char *fit_offers(const Fit *fit, const Probe *probe);

void fit_free(Fit *fit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fit, fit_free)

#endif
