/* SPDX-License-Identifier: MIT */
/*
 * What a hypervisor can run: its capabilities' XML, and its domain capabilities' ("Driver capabilities XML
 * format", "Domain capabilities XML format", libvirt's documentation).
 */
#ifndef COLLECT_LIBVIRTCAPABILITIES_H
#define COLLECT_LIBVIRTCAPABILITIES_H

#include <glib.h>

typedef struct HostAbilities {
    char *uuid, *arch, *cpu_model; /* "" where not stated; the model with its vendor */
    char *cpu_xml;                 /* the host's own CPU, as libvirt compares it; NULL where not stated */
    double clock_mhz;              /* of its time stamp counter, which keeps to the nominal clock; NAN */
    double numa_nodes;             /* NAN where not stated */
    GHashTable *offers; /* set of char *: "type:kvm", "machine:pc-q35-7.2" …, as VMs require them */
    GPtrArray *types;   /* char *: the types of domain for the host's own architecture */
} HostAbilities;

/* reads the capabilities; an error for what is none */
HostAbilities *host_abilities_read(const char *xml, GError **error);

/* adds what the domain capabilities of one type say: the CPU models that can be used. host_model, where not
 * NULL, receives the host's CPU as that type of domain sees it, as libvirt compares it; NULL where it says
 * none */
gboolean host_abilities_add(HostAbilities *abilities, const char *type, const char *xml, char **host_model,
                            GError **error);

/* "cpu:MODEL", of a domain of that type; emulated CPUs have other features than real ones, so they bear their
 * type. The caller frees it */
char *abilities_cpu(const char *type, const char *model);

void host_abilities_free(HostAbilities *abilities);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostAbilities, host_abilities_free)

#endif
