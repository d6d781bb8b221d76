/* SPDX-License-Identifier: MIT */
/*
 * What a domain is configured as: its XML as virDomainGetXMLDesc gives it ("Domain XML format", libvirt's
 * documentation), of whatever hypervisor. Memory is in MiB as the columns have it; NAN is not known.
 */
#ifndef COLLECT_LIBVIRTDOMAIN_H
#define COLLECT_LIBVIRTDOMAIN_H

#include <glib.h>

/* any element of it within a domain's metadata says that vmanger shall leave the domain alone */
#define LIBVIRT_METADATA_URI "urn:vmanger"

/* the way in which a running domain gets more memory, the first that it has of these */
typedef enum {
    GROWTH_NONE,
    GROWTH_VIRTIO_MEM, /* the requested size of a device rises, in its blocks */
    GROWTH_BALLOON,    /* the balloon gives back, up to the size at boot */
    GROWTH_DIMM        /* a dimm is plugged into a free slot, in the guest's memory blocks */
} DomainGrowth;

typedef enum {
    DOMAIN_CPU_ANY,    /* the XML names none: the hypervisor's default */
    DOMAIN_CPU_MODEL,  /* a named one, or the host's as it is named once the domain runs */
    DOMAIN_CPU_OF_HOST /* the host's own, passed through */
} DomainCpu;

/* a disk's source, where it is a file or a block device of the host, or a volume of a pool of that name */
typedef struct DomainDisk {
    char *target; /* vda */
    char *path;   /* NULL: not local, or of a pool */
    char *pool;
} DomainDisk;

typedef struct DomainFacts {
    char *type, *arch, *machine; /* kvm, x86_64, pc-q35-7.2; "" where not stated */
    char *emulator;
    DomainCpu cpu;
    char *cpu_model; /* of DOMAIN_CPU_MODEL */
    char *cpu_xml; /* the same with its features, as libvirt compares it; NULL where it has none of its own */
    double vcpus, most_vcpus;
    double memory_mib, most_memory_mib; /* what the guest has now; what it can have had at boot */
    DomainGrowth growth;
    double growth_limit_mib, growth_step_mib; /* NAN where it cannot grow */
    double cpu_quota;                         /* share of a CPU that a vCPU may use; INFINITY: no limit */
    double cpu_shares;
    double hugepage_kib;   /* NAN: its memory is of ordinary pages */
    double stats_period_s; /* of the balloon's statistics; 0: none are taken; NAN: there is no balloon */
    gboolean locked, ignored;
    GString *pinned;     /* reasons, separated by semicolons */
    GPtrArray *networks; /* char *: network:NAME, bridge:NAME, interface:NAME of the host */
    GPtrArray *disks;    /* DomainDisk * */
    GPtrArray *nics;     /* char *: interfaces' names on the host while it runs */
} DomainFacts;

/* reads it; an error for what is no domain's XML, or lacks size or CPUs */
DomainFacts *domain_facts_read(const char *xml, GError **error);

/* adds a reason why it cannot move while it runs, each once */
void domain_facts_pin(DomainFacts *facts, const char *format, ...) G_GNUC_PRINTF(2, 3);

void domain_facts_free(DomainFacts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainFacts, domain_facts_free)

#endif
