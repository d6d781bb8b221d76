/* SPDX-License-Identifier: MIT */
/*
 * The memory of a domain as libvirt describes it (https://libvirt.org/formatdomain.html, "Memory Allocation"
 * and "Memory devices"), and by which of its means it comes to another size while it runs: a virtio-mem
 * device, its balloon, or DIMMs that are plugged and unplugged whole.
 */
#ifndef APPLY_DOMAINMEMORY_H
#define APPLY_DOMAINMEMORY_H

#include <glib.h>

/* a memory device; what only a virtio-mem has is 0 of a DIMM */
typedef struct MemoryDevice {
    gboolean is_virtio_mem;
    double size_kib, block_kib, requested_kib, current_kib;
    gboolean is_removable; /* a plain one, which leaves nothing behind */
    char *xml;             /* as libvirt wrote it */
} MemoryDevice;

typedef struct DomainMemory {
    double total_kib;   /* with all devices at their whole size */
    double current_kib; /* what the guest has of it */
    double maximum_kib; /* with all devices that may be plugged; NAN: none can be */
    guint slots;        /* for devices, used ones too */
    int node;           /* the guest's NUMA node for a new one; -1: it has none */
    gboolean has_balloon;
    GArray *devices; /* MemoryDevice */
} DomainMemory;

/* reads it out of a domain's XML; name is what errors call the domain */
DomainMemory *domain_memory_parse(const char *xml, const char *name, GError **error);
void domain_memory_free(DomainMemory *memory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainMemory, domain_memory_free)

/* by what the memory changes */
typedef enum { MEMORY_BY_VIRTIO_MEM, MEMORY_BY_BALLOON, MEMORY_BY_DIMM } MemoryMeans;

typedef struct MemoryChange {
    MemoryMeans means;
    double to_kib; /* of a balloon, the domain's size; of a virtio-mem, what it is to be requested; of a DIMM
                      that is plugged its size */
    GArray *devices; /* guint: the virtio-mem, or the DIMMs that are unplugged; owned */
} MemoryChange;

/* how the guest's memory grows, or shrinks, from what it has to to_kib; block_kib is the size in which the
 * guest takes memory in: a DIMM that is no whole number of them stays unused in part. FALSE where it cannot,
 * or an earlier change of a virtio-mem is still on its way,
 * for the reason in why, which the caller frees; the caller clears change in either case */
gboolean domain_memory_change(const DomainMemory *memory, double to_kib, double block_kib,
                              MemoryChange *change, char **why);
void memory_change_clear(MemoryChange *change);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MemoryChange, memory_change_clear)

/* whether a domain that runs starts the next time, by its saved configuration, with what it has now */
gboolean domain_memory_is_same(const DomainMemory *running, const DomainMemory *saved);

/* XML of a DIMM to plug, and of a virtio-mem with another requested size; the caller frees it */
char *domain_memory_dimm(const DomainMemory *memory, double size_kib);
char *memory_device_requesting(const MemoryDevice *device, double requested_kib);

#endif
