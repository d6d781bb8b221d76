/* SPDX-License-Identifier: MIT */
#include "tests/check/facts.h"

#include <stdlib.h>
#include <string.h>

/* Where several snapshots were assessed together, one that a vSphere was read for is no export. */
static gboolean is_export(const Snapshot *snapshot, const Assessment *assessment)
{
    const char *type = snapshot->info.source_type;
    gboolean live = strcmp(type, "vsphere") == 0 || strcmp(type, "vcenter") == 0 || strcmp(type, "esxi") == 0;
    return assessment->origins[ORIGIN_EXPORT] > 0 && (!live || assessment->snapshots->len == 1);
}

/* "vmx-19" is 19; 0 where it says nothing */
static int hardware_of(const char *version)
{
    return g_str_has_prefix(version, "vmx-") ? (int)g_ascii_strtoull(version + strlen("vmx-"), NULL, 10) : 0;
}

Facts facts_of(const Snapshot *snapshot, const Assessment *assessment)
{
    Facts facts = {.is_export = is_export(snapshot, assessment)};
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        const Host *host = &snapshot->hosts[i];
        facts.vmotion |= host->vmotion >= 0;
        facts.host_datastores |= *host->datastores != '\0';
        facts.host_networks |= *host->networks != '\0';
        facts.cpu_model |= *host->cpu_model != '\0';
        facts.threads |= host->cpu_threads > 0;
        facts.host_hardware |= hardware_of(host->max_hardware_version) > 0;
        facts.vgpu |= *host->vgpu_profiles != '\0';
        facts.capabilities |= *host->capabilities != '\0';
    }
    for (guint i = 0; i < snapshot->n_vms; i++) {
        facts.vm_datastores |= *snapshot->vms[i].datastores != '\0';
        facts.vm_networks |= *snapshot->vms[i].networks != '\0';
        facts.vm_hardware |= hardware_of(snapshot->vms[i].hardware_version) > 0;
    }
    return facts;
}

static gboolean lists_all(const char *wanted, const char *list)
{
    g_auto(GStrv) words = g_strsplit(wanted, " ", -1);
    for (char **word = words; *word; word++)
        if (**word && !list_contains(list, *word))
            return FALSE;
    return TRUE;
}

/* A host of which only the release is known is not judged by its virtual hardware here. */
static gboolean runs_hardware(const Facts *facts, const Vm *vm, const Host *target)
{
    int of_vm = hardware_of(vm->hardware_version), of_host = hardware_of(target->max_hardware_version);
    if (!facts->host_hardware || !facts->vm_hardware || (of_host == 0 && *target->product))
        return TRUE;
    return of_vm > 0 && of_vm <= of_host;
}

const char *facts_lacking(const Facts *facts, const Vm *vm, double vcpus, const Host *target)
{
    gboolean networks = facts->host_networks && facts->vm_networks;
    if (facts->host_datastores && facts->vm_datastores &&
        (!*vm->datastores || !lists_all(vm->datastores, target->datastores)))
        return "the target lacks a datastore";
    if (networks && !lists_all(vm->networks, target->networks))
        return "the target lacks a network";
    if (networks && !*vm->networks && facts->is_export)
        return "the target may lack a network";
    if (facts->threads && !(target->cpu_threads >= vcpus))
        return "the target has fewer threads than the VM vCPUs";
    if (!runs_hardware(facts, vm, target))
        return "the target does not run the VM's virtual hardware";
    if (facts->vgpu && !lists_all(vm->vgpu_profiles, target->vgpu_profiles))
        return "the target lacks a vGPU profile";
    if (facts->capabilities && !lists_all(vm->requires, target->capabilities))
        return "the target does not offer what the VM requires";
    return NULL;
}

gboolean leaves_by_itself(const Vm *vm)
{
    return vm->role == VM_ROLE_SYSTEM || vm->instant_clone_parent == 1 ||
           g_str_has_prefix(vm->name, "cp-parent-") ||
           g_str_has_suffix(vm->folder, "ClonePrepParentVmFolder");
}
