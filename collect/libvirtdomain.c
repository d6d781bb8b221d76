/* SPDX-License-Identifier: MIT */
#include "collect/libvirtdomain.h"

#include "collect/error.h"
#include "collect/escape.h"
#include "collect/inventory.h"
#include "collect/xml.h"

#include <math.h>
#include <string.h>

#define MIB_KIB 1024.0
#define MOST_MIB 1e9 /* of the snapshot's columns */
#define MOST_VCPUS 1e5
#define MOST_SHARES 1e9
#define LARGE_GUEST_MIB (64.0 * 1024) /* from here on a guest's memory block may be as large as 2 GiB */

/* ---- single values ---- */

static const char *text_of(const Element *element, const char *path)
{
    const char *text = element ? element_text(element, path) : NULL;
    return text ? text : "";
}

static const char *attribute_of(const Element *element, const char *name)
{
    const char *value = !element                    ? NULL
                        : strcmp(name, "type") == 0 ? element->kind
                                                    : element_attribute(element, name);
    return value ? value : "";
}

static gboolean attribute_is(const Element *element, const char *name, const char *value)
{
    return strcmp(attribute_of(element, name), value) == 0;
}

/* KiB of a scaled integer: the units of "Domain XML format", KiB where none is stated. */
static double size_kib(const Element *element)
{
    static const struct {
        const char *unit;
        double kib;
    } units[] = {{"", 1},
                 {"k", 1},
                 {"KiB", 1},
                 {"b", 1 / 1024.0},
                 {"bytes", 1 / 1024.0},
                 {"KB", 1e3 / 1024},
                 {"M", 1024},
                 {"MiB", 1024},
                 {"MB", 1e6 / 1024},
                 {"G", 1024 * 1024},
                 {"GiB", 1024 * 1024},
                 {"GB", 1e9 / 1024},
                 {"T", 1024.0 * 1024 * 1024},
                 {"TiB", 1024.0 * 1024 * 1024}};
    double number = element ? inventory_amount(element->text) : NAN;
    for (guint i = 0; element && i < G_N_ELEMENTS(units); i++)
        if (attribute_is(element, "unit", units[i].unit))
            return number * units[i].kib;
    return NAN;
}

static double size_at(const Element *element, const char *path)
{
    return size_kib(element_at(element, path));
}

void domain_facts_pin(DomainFacts *facts, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *safe = escape_for_terminal(text);
    inventory_add_reason(facts->pinned, safe);
}

/* ---- CPU ---- */

static void read_vcpus(DomainFacts *facts, const Element *domain)
{
    const Element *vcpu = element_at(domain, "vcpu"), *tune = element_at(domain, "cputune");
    facts->most_vcpus = vcpu ? floor(inventory_amount(vcpu->text)) : NAN;
    facts->vcpus = vcpu ? floor(inventory_amount(element_attribute(vcpu, "current"))) : NAN;
    if (isnan(facts->vcpus))
        facts->vcpus = facts->most_vcpus;
    double quota = inventory_parse(text_of(tune, "quota")),
           period = inventory_amount(text_of(tune, "period"));
    facts->cpu_quota = quota > 0 && period > 0 && quota < period ? quota / period : INFINITY;
    double shares = floor(inventory_amount(text_of(tune, "shares")));
    facts->cpu_shares = shares <= MOST_SHARES ? shares : NAN;
    if (*attribute_of(vcpu, "cpuset") || element_at(tune, "vcpupin"))
        domain_facts_pin(facts, "CPU pinning");
}

/* The model and its features, without what is the guest's own (its topology, its NUMA nodes). */
static char *comparable_cpu(const Element *cpu)
{
    GString *xml = g_string_new("<cpu mode=\"custom\" match=\"exact\">");
    for (const Element *part = cpu->first; part; part = part->next)
        if (strcmp(part->name, "model") == 0 || strcmp(part->name, "vendor") == 0 ||
            strcmp(part->name, "feature") == 0)
            element_append_xml(part, part->name, xml);
    g_string_append(xml, "</cpu>");
    return g_string_free(xml, FALSE);
}

static void read_cpu(DomainFacts *facts, const Element *domain)
{
    const Element *cpu = element_at(domain, "cpu");
    const char *mode = attribute_of(cpu, "mode"), *model = text_of(cpu, "model");
    if (strcmp(mode, "host-passthrough") == 0 || strcmp(mode, "maximum") == 0) {
        facts->cpu = DOMAIN_CPU_OF_HOST;
        if (attribute_is(cpu, "migratable", "off"))
            domain_facts_pin(facts, "CPU with features that cannot migrate");
    } else if (*model) {
        facts->cpu = DOMAIN_CPU_MODEL;
        facts->cpu_model = g_strdup(model);
        facts->cpu_xml = element_at(cpu, "feature") ? comparable_cpu(cpu) : NULL;
    }
    for (const Element *feature = cpu ? cpu->first : NULL; feature; feature = feature->next)
        if (attribute_is(feature, "name", "invtsc") && attribute_is(feature, "policy", "require"))
            domain_facts_pin(facts, "CPU with an invariant time stamp counter");
}

/* ---- memory ---- */

/* A Linux guest adds memory in blocks of this size: of 128 MiB on x86 and ARM with small pages, of 256 MiB on
 * POWER; of up to 2 GiB on x86 with 64 GiB or more. */
static double guest_block_mib(const DomainFacts *facts)
{
    if (facts->most_memory_mib >= LARGE_GUEST_MIB)
        return 2048;
    return g_str_has_prefix(facts->arch, "ppc64") ? 256 : 128;
}

typedef struct MemoryDevices {
    double slots_taken, virtio_kib, virtio_current_kib, virtio_room_kib, virtio_block_kib;
} MemoryDevices;

static MemoryDevices read_memory_devices(const Element *devices)
{
    MemoryDevices found = {0};
    for (const Element *device = devices ? devices->first : NULL; device; device = device->next) {
        if (strcmp(device->name, "memory") != 0)
            continue;
        const Element *target = element_at(device, "target");
        if (!attribute_is(device, "model", "virtio-mem")) {
            found.slots_taken +=
                attribute_is(device, "model", "dimm") || attribute_is(device, "model", "nvdimm");
            continue;
        }
        double size = size_at(target, "size"), requested = size_at(target, "requested");
        double current = size_at(target, "current"), block = size_at(target, "block");
        found.virtio_kib += isnan(size) ? 0 : size;
        found.virtio_current_kib += isnan(current) ? 0 : current;
        if (found.virtio_room_kib > 0 || !(size > requested) || !(block > 0))
            continue;
        found.virtio_room_kib = size - requested;
        found.virtio_block_kib = block;
    }
    return found;
}

static void grow(DomainFacts *facts, DomainGrowth growth, double limit_mib, double step_mib)
{
    facts->growth = growth;
    facts->growth_limit_mib = fmin(MOST_MIB, floor(limit_mib));
    facts->growth_step_mib = ceil(step_mib);
}

static void read_growth(DomainFacts *facts, const Element *domain)
{
    const Element *devices = element_at(domain, "devices"), *most = element_at(domain, "maxMemory");
    const Element *balloon = element_at(devices, "memballoon");
    MemoryDevices found = read_memory_devices(devices);
    gboolean ballooned =
        strcmp(facts->type, "xen") == 0 || (balloon && !attribute_is(balloon, "model", "none"));
    double boot_mib = facts->most_memory_mib - found.virtio_kib / MIB_KIB;
    double balloon_room_mib = boot_mib - (facts->memory_mib - found.virtio_current_kib / MIB_KIB);
    double slots = inventory_amount(attribute_of(most, "slots"));
    double limit_mib = size_kib(most) / MIB_KIB, block_mib = guest_block_mib(facts);
    if (found.virtio_room_kib > 0)
        grow(facts, GROWTH_VIRTIO_MEM, facts->memory_mib + found.virtio_room_kib / MIB_KIB,
             found.virtio_block_kib / MIB_KIB);
    else if (ballooned && balloon_room_mib >= 1)
        grow(facts, GROWTH_BALLOON, facts->memory_mib + balloon_room_mib, 1);
    else if (slots > found.slots_taken && limit_mib - facts->most_memory_mib >= block_mib)
        grow(facts, GROWTH_DIMM, facts->memory_mib + limit_mib - facts->most_memory_mib, block_mib);
}

static void read_memory(DomainFacts *facts, const Element *domain)
{
    const Element *backing = element_at(domain, "memoryBacking"), *huge = element_at(backing, "hugepages");
    facts->most_memory_mib = size_at(domain, "memory") / MIB_KIB;
    double now_mib = size_at(domain, "currentMemory") / MIB_KIB;
    facts->memory_mib = floor(isnan(now_mib) ? facts->most_memory_mib : now_mib);
    facts->locked = element_at(backing, "locked") != NULL;
    if (huge) {
        const Element *page = element_at(huge, "page");
        const Element sized = {.name = "size",
                               .space = "",
                               .type = "",
                               .kind = "",
                               .text = attribute_of(page, "size"),
                               .attributes = page ? page->attributes : NULL};
        double kib = page ? size_kib(&sized) : NAN;
        facts->hugepage_kib = isnan(kib) ? 0 : kib; /* 0: of the host's default size */
    }
    if (attribute_is(element_at(domain, "numatune.memory"), "mode", "strict"))
        domain_facts_pin(facts, "memory bound to NUMA nodes of the host");
    const Element *balloon = element_at(domain, "devices.memballoon");
    double period = inventory_amount(attribute_of(element_at(balloon, "stats"), "period"));
    if (balloon && !attribute_is(balloon, "model", "none"))
        facts->stats_period_s = isnan(period) ? 0 : period;
    read_growth(facts, domain);
}

/* ---- devices ---- */

static void disk_free(gpointer data)
{
    DomainDisk *disk = data;
    g_free(disk->target);
    g_free(disk->path);
    g_free(disk->pool);
    g_free(disk);
}

/* What is on the network (rbd, nbd, iscsi …) every host reaches; an empty drive has no source. */
static void read_disk(DomainFacts *facts, const Element *device)
{
    const Element *source = element_at(device, "source");
    const char *path = attribute_of(source, strcmp(device->kind, "block") == 0 ? "dev" : "file");
    const char *pool = attribute_of(source, "pool");
    DomainDisk *disk = g_new0(DomainDisk, 1);
    disk->target = g_strdup(attribute_of(element_at(device, "target"), "dev"));
    if (strcmp(device->kind, "dir") == 0)
        path = attribute_of(source, "dir");
    if (*pool)
        disk->pool = g_strdup(pool);
    else if (*path)
        disk->path = g_strdup(path);
    g_ptr_array_add(facts->disks, disk);
    if (strcmp(device->kind, "nvme") == 0 || strcmp(device->kind, "vhostvdpa") == 0)
        domain_facts_pin(facts, "passed-through disk %s", disk->target);
}

static void add_network(DomainFacts *facts, const char *kind, const char *name)
{
    g_autofree char *text = g_strconcat(kind, name, NULL), *id = escape_id(text);
    if (*name && !g_ptr_array_find_with_equal_func(facts->networks, id, g_str_equal, NULL))
        g_ptr_array_add(facts->networks, g_steal_pointer(&id));
}

static void read_interface(DomainFacts *facts, const Element *device)
{
    const Element *source = element_at(device, "source");
    const char *target = attribute_of(element_at(device, "target"), "dev");
    if (*target)
        g_ptr_array_add(facts->nics, g_strdup(target));
    if (strcmp(device->kind, "network") == 0)
        add_network(facts, "network:", attribute_of(source, "network"));
    else if (strcmp(device->kind, "bridge") == 0)
        add_network(facts, "bridge:", attribute_of(source, "bridge"));
    else if (strcmp(device->kind, "direct") == 0)
        add_network(facts, "interface:", attribute_of(source, "dev"));
    else if (strcmp(device->kind, "hostdev") == 0 || strcmp(device->kind, "vdpa") == 0)
        domain_facts_pin(facts, "passed-through network card");
}

static void read_hostdev(DomainFacts *facts, const Element *device)
{
    g_autofree char *kind = g_ascii_strup(*device->kind ? device->kind : attribute_of(device, "mode"), -1);
    domain_facts_pin(facts,
                     strcmp(kind, "USB") == 0 || strcmp(kind, "SCSI") == 0 ? "%s device of the host"
                                                                           : "%s passthrough device",
                     kind);
}

/* Devices that another host does not have, or whose state stays behind. */
static void read_other_device(DomainFacts *facts, const Element *device)
{
    const char *name = device->name;
    gboolean of_host = strcmp(device->kind, "dev") == 0;
    if (strcmp(name, "filesystem") == 0)
        domain_facts_pin(facts, "directory of the host as a file system");
    else if (strcmp(name, "shmem") == 0 && !attribute_is(device, "role", "master"))
        domain_facts_pin(facts, "shared memory of the host");
    else if (strcmp(name, "tpm") == 0 && attribute_is(element_at(device, "backend"), "type", "passthrough"))
        domain_facts_pin(facts, "TPM of the host");
    else if (strcmp(name, "memory") == 0 &&
             (attribute_is(device, "model", "nvdimm") || attribute_is(device, "model", "virtio-pmem")))
        domain_facts_pin(facts, "persistent memory");
    else if (strcmp(name, "memory") == 0 && attribute_is(device, "model", "sgx-epc"))
        domain_facts_pin(facts, "SGX");
    else if (of_host && (strcmp(name, "serial") == 0 || strcmp(name, "parallel") == 0))
        domain_facts_pin(facts, "%s port of the host", name);
}

static void read_devices(DomainFacts *facts, const Element *devices)
{
    for (const Element *device = devices ? devices->first : NULL; device; device = device->next) {
        if (strcmp(device->name, "disk") == 0)
            read_disk(facts, device);
        else if (strcmp(device->name, "interface") == 0)
            read_interface(facts, device);
        else if (strcmp(device->name, "hostdev") == 0)
            read_hostdev(facts, device);
        else
            read_other_device(facts, device);
    }
}

/* ---- the whole ---- */

static void read_metadata(DomainFacts *facts, const Element *metadata)
{
    for (const Element *element = metadata ? metadata->first : NULL; element; element = element->next)
        facts->ignored |= strcmp(element->space, LIBVIRT_METADATA_URI) == 0;
}

static gboolean read_domain(const Element *domain, gpointer data, GError **error)
{
    DomainFacts *facts = data;
    const Element *os = element_at(domain, "os.type");
    if (strcmp(domain->name, "domain") != 0) {
        g_autofree char *shown = escape_for_message(domain->name);
        g_set_error(error, VMANGER_ERROR, 0, "found an element %s: expected a domain", shown);
        return FALSE;
    }
    facts->type = g_strdup(domain->kind);
    facts->arch = g_strdup(attribute_of(os, "arch"));
    facts->machine = g_strdup(attribute_of(os, "machine"));
    facts->emulator = g_strdup(text_of(domain, "devices.emulator"));
    read_vcpus(facts, domain);
    read_cpu(facts, domain);
    read_memory(facts, domain);
    read_devices(facts, element_at(domain, "devices"));
    read_metadata(facts, element_at(domain, "metadata"));
    if (*attribute_of(element_at(domain, "launchSecurity"), "type"))
        domain_facts_pin(facts, "encrypted memory");
    if (facts->vcpus >= 1 && facts->most_vcpus <= MOST_VCPUS && facts->memory_mib >= 1 &&
        facts->memory_mib <= MOST_MIB)
        return TRUE;
    g_set_error(error, VMANGER_ERROR, 0, "found no size that a domain can have: expected memory and vCPUs");
    return FALSE;
}

DomainFacts *domain_facts_read(const char *xml, GError **error)
{
    g_autoptr(DomainFacts) facts = g_new0(DomainFacts, 1);
    facts->hugepage_kib = facts->stats_period_s = facts->growth_limit_mib = facts->growth_step_mib = NAN;
    facts->pinned = g_string_new(NULL);
    facts->networks = g_ptr_array_new_with_free_func(g_free);
    facts->disks = g_ptr_array_new_with_free_func(disk_free);
    facts->nics = g_ptr_array_new_with_free_func(g_free);
    return xml_read_root(xml, read_domain, facts, error) ? g_steal_pointer(&facts) : NULL;
}

void domain_facts_free(DomainFacts *facts)
{
    if (!facts)
        return;
    char *const texts[] = {facts->type,     facts->arch,      facts->machine,
                           facts->emulator, facts->cpu_model, facts->cpu_xml};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_string_free(facts->pinned, TRUE);
    g_ptr_array_unref(facts->networks);
    g_ptr_array_unref(facts->disks);
    g_ptr_array_unref(facts->nics);
    g_free(facts);
}
