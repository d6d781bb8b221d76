/* SPDX-License-Identifier: MIT */
/*
 * What a VM's virtual devices (config.hardware.device) tie it to. The conditions are those of vSphere's
 * documentation for migration with vMotion, "Virtual Machine Conditions and Limitations for vMotion".
 */
#include "collect/inventory.h"

#include <string.h>

/* Backings of devices that another host or another session does not have, while they are connected. */
static const struct {
    const char *backing, *reason;
} ties[] = {
    {"VirtualCdromAtapiBackingInfo", "CD-ROM drive of the host"},
    {"VirtualCdromPassthroughBackingInfo", "CD-ROM drive of the host"},
    {"VirtualCdromRemoteAtapiBackingInfo", "CD-ROM drive of a client"},
    {"VirtualCdromRemotePassthroughBackingInfo", "CD-ROM drive of a client"},
    {"VirtualFloppyDeviceBackingInfo", "floppy drive of the host"},
    {"VirtualFloppyRemoteDeviceBackingInfo", "floppy drive of a client"},
    {"VirtualSerialPortDeviceBackingInfo", "serial port of the host"},
    {"VirtualSerialPortPipeBackingInfo", "serial port on a pipe of the host"},
    {"VirtualParallelPortDeviceBackingInfo", "parallel port of the host"},
    {"VirtualSCSIPassthroughDeviceBackingInfo", "SCSI device of the host"},
};

/* The first virtual hardware that vMotion moves with a bus that other hosts share. */
#define OLDEST_SHARED_HARDWARE 11

void inventory_add_reason(GString *reasons, const char *reason)
{
    if (!strstr(reasons->str, reason))
        g_string_append_printf(reasons, "%s%s", reasons->len ? "; " : "", reason);
}

/* VirtualPCIPassthrough: a vGPU moves to where there is one like it, a DVX device by its driver. */
static void read_passthrough(Inventory *inventory, const Element *device, Vm *vm, GString *reasons)
{
    const Element *backing = element_at(device, "backing");
    const char *profile = element_text(backing, "vgpu");
    if (profile && *profile) {
        const char *id = inventory_id(inventory, profile);
        g_autofree char *list = g_strconcat(vm->vgpu_profiles, *vm->vgpu_profiles ? " " : "", id, NULL);
        if (!list_contains(vm->vgpu_profiles, id))
            vm->vgpu_profiles = snapshot_string(inventory->snapshot, list);
    } else if (!backing || strcmp(backing->type, "VirtualPCIPassthroughDvxBackingInfo") != 0) {
        inventory_add_reason(reasons, "PCI passthrough device");
    }
}

/* A device set up for vMotion has the host, or the client, in its backing: it stays connected from afar. */
static gboolean usb_stays_behind(const Element *device)
{
    const Element *backing = element_at(device, "backing");
    return inventory_flag(element_text(device, "connected")) != 0 &&
           !(backing && (strcmp(backing->type, "VirtualUSBRemoteHostBackingInfo") == 0 ||
                         strcmp(backing->type, "VirtualUSBRemoteClientBackingInfo") == 0));
}

static void read_device(Inventory *inventory, const Element *device, Vm *vm, GString *reasons)
{
    static const char *const sharing[] = {"noSharing", "virtualSharing", "physicalSharing", NULL};
    const Element *backing = element_at(device, "backing");
    int shared = inventory_word(element_text(device, "sharedBus"), sharing);
    vm->scsi_bus_sharing = MAX(vm->scsi_bus_sharing, shared);
    if (strcmp(device->type, "VirtualPCIPassthrough") == 0)
        read_passthrough(inventory, device, vm, reasons);
    else if (strcmp(device->type, "VirtualUSB") == 0 && usb_stays_behind(device))
        inventory_add_reason(reasons, "USB device not set up for vMotion");
    else if (strcmp(device->type, "VirtualSriovEthernetCard") == 0)
        inventory_add_reason(reasons, "SR-IOV network card");
    else if (strcmp(device->type, "VirtualNVDIMM") == 0)
        inventory_add_reason(reasons, "persistent memory");
    if (!backing || inventory_flag(element_text(device, "connectable.connected")) != 1)
        return;
    for (guint i = 0; i < G_N_ELEMENTS(ties); i++)
        if (strcmp(backing->type, ties[i].backing) == 0)
            inventory_add_reason(reasons, ties[i].reason);
}

void inventory_read_devices(Inventory *inventory, const Element *devices, Vm *vm, GString *reasons)
{
    if (!devices)
        return;
    vm->scsi_bus_sharing = SCSI_SHARING_NONE;
    for (const Element *device = devices->first; device; device = device->next)
        read_device(inventory, device, vm, reasons);
    const char *dash = strchr(vm->hardware_version, '-');
    if (vm->scsi_bus_sharing == SCSI_SHARING_VIRTUAL)
        inventory_add_reason(reasons, "SCSI bus shared with VMs of its host");
    else if (vm->scsi_bus_sharing == SCSI_SHARING_PHYSICAL && dash &&
             inventory_parse(dash + 1) < OLDEST_SHARED_HARDWARE)
        inventory_add_reason(reasons, "SCSI bus shared by too old virtual hardware");
}
