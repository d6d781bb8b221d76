/* SPDX-License-Identifier: MIT */
#include "plan/fault.h"

#include <string.h>

#define MOST_BEFORE 2 /* an address and a method */

/* What RelocateVM_Task, ReconfigVM_Task and CheckRelocate_Task can answer, with the kinds of each:
 * MigrationFault, VmConfigFault, InsufficientResourcesFault, InvalidState, RuntimeFault and others of API 6.5
 * to 8.0. */
static const char *const of_vm[] = {
    /* devices */
    "CannotAccessVmDevice", "DeviceBackingNotSupported", "DeviceControllerNotSupported",
    "DeviceHotPlugNotSupported", "DeviceNotFound", "DeviceNotSupported", "DeviceUnsupportedForVmPlatform",
    "DeviceUnsupportedForVmVersion", "DisallowedMigrationDeviceAttached", "FileBackedPortNotSupported",
    "IncompatibleDefaultDevice", "InvalidController", "InvalidDeviceBacking", "InvalidDeviceOperation",
    "InvalidDeviceSpec", "LegacyNetworkInterfaceInUse", "MissingController", "MultiWriterNotSupported",
    "RemoteDeviceNotSupported", "SharedBusControllerNotSupported", "VMINotSupported", "VMOnVirtualIntranet",
    "VirtualEthernetCardNotSupported",
    /* disks */
    "DeltaDiskFormatNotSupported", "DigestNotSupported", "DiskNotSupported", "IDEDiskNotSupported",
    "IndependentDiskVMotionNotSupported", "NonHomeRDMVMotionNotSupported", "NonPersistentDisksNotSupported",
    "PhysCompatRDMNotSupported", "RDMNotSupported", "RawDiskNotSupported", "UncommittedUndoableDisk",
    "VirtualDiskModeNotSupported",
    /* snapshots */
    "CannotMoveVmWithDeltaDisk", "CannotMoveVmWithNativeDeltaDisk", "HotSnapshotMoveNotSupported",
    "SnapshotCopyNotSupported", "SnapshotMoveFromNonHomeNotSupported", "SnapshotMoveNotSupported",
    "SnapshotMoveToNonHomeNotSupported", "SnapshotRevertIssue",
    /* what is switched off, configured or running in it */
    "AffinityConfigured", "CannotModifyConfigCpuRequirements", "CannotMoveFaultToleranceVm",
    "CpuHotPlugNotSupported", "DrsDisabledOnVm", "FaultToleranceCannotEditMem", "InvalidFormat",
    "InvalidOperationOnSecondaryVm", "InvalidSnapshotFormat", "InvalidVmConfig", "MemoryHotPlugNotSupported",
    "MethodDisabled", "MigrationDisabled", "NotSupported", "NotSupportedDeviceForFT",
    "NumVirtualCpusIncompatible", "RestrictedByAdministrator", "SuspendedRelocateNotSupported",
    "TooManyDevices", "ToolsInstallationInProgress", "VmConfigIncompatibleForFaultTolerance",
    "VmFaultToleranceConfigIssue", "VmFaultToleranceConfigIssueWrapper", "VmFaultToleranceInvalidFileBacking",
    "VmFaultToleranceOpIssuesList", NULL};

static const char *const of_pair[] = {
    /* networks */
    "CannotAccessNetwork", "CannotUseNetwork", "DVPortNotSupported", "DestinationSwitchFull",
    "MismatchedNetworkPolicies", "MismatchedVMotionNetworkNames", "NetworksMayNotBeTheSame",
    "VMOnConflictDVPort",
    /* datastores and files */
    "CannotAccessFile", "CannotAccessLocalSource", "CannotAccessVmComponent", "CannotAccessVmConfig",
    "CannotAccessVmDisk", "DatastoreNotWritableOnHost", "InaccessibleDatastore",
    "InaccessibleFTMetadataDatastore", "InaccessibleVFlashSource", "InvalidDatastore", "InvalidDatastorePath",
    "LargeRDMNotSupportedOnDatastore", "MemoryFileFormatNotSupportedByDatastore",
    "MemorySizeNotSupportedByDatastore", "RDMNotSupportedOnDatastore", "RDMPointsToInaccessibleDisk",
    "ReadOnlyDisksWithLegacyDestination", "SwapDatastoreNotWritableOnHost", "SwapDatastoreUnset",
    "TooManyDisksOnLegacyHost", "UnsharedSwapVMotionNotSupported", "UnsupportedDatastore",
    "UnsupportedVmxLocation",
    /* CPUs, memory and what else a host supports */
    "CpuCompatibilityUnknown", "CpuIncompatible", "CpuIncompatible1ECX", "CpuIncompatible81EDX",
    "DrsVmotionIncompatibleFault", "FaultToleranceCpuIncompatible", "FeatureRequirementsNotMet",
    "MemorySizeNotSupported", "NotEnoughCpus", "NotEnoughLogicalCpus", "NumVirtualCoresPerSocketNotSupported",
    "NumVirtualCpusNotSupported", "UnsupportedGuest", "VFlashModuleNotSupported",
    "VFlashModuleVersionIncompatible", "VirtualHardwareCompatibilityIssue",
    "VirtualHardwareVersionNotSupported", "WakeOnLanNotSupported",
    /* vMotion between the two */
    "MigrationFeatureNotSupported", "VMotionAcrossNetworkNotSupported", "VMotionInterfaceIssue",
    "VMotionNotConfigured", "VMotionNotLicensed", "VMotionNotSupported", "VMotionProtocolIncompatible",
    /* rules, fault tolerance, and faults that name no subject */
    "DisallowedOperationOnFailoverHost", "EightHostLimitViolated", "FaultToleranceAntiAffinityViolated",
    "FaultToleranceNotSameBuild", "FtIssuesOnHost", "GenericVmConfigFault",
    "HostIncompatibleForFaultTolerance", "IncompatibleHostForFtSecondary", "IncompatibleHostForVmReplication",
    "OperationDisallowedOnHost", "RuleViolation", "VmConfigFault", "VmHostAffinityRuleViolation", NULL};

static const char *const passing[] = {
    /* states */
    "HAErrorsAtDest", "HostCommunication", "HostNotConnected", "HostNotReachable", "InvalidDatastoreState",
    "InvalidHostConnectionState", "InvalidHostState", "InvalidPowerState", "InvalidState", "InvalidVmState",
    "ManagedObjectNotFound", "MigrationNotReady", "NoActiveHostInCluster", "NoGuestHeartbeat",
    "QuarantineModeFault", "QuestionPending", "VMotionLinkCapacityLow", "VMotionLinkDown",
    "VmPowerOnDisabled", "WillLoseHAProtection",
    /* resources */
    "FileLocked", "InsufficientCpuResourcesFault", "InsufficientFailoverResourcesFault",
    "InsufficientGraphicsResourcesFault", "InsufficientHostCapacityFault", "InsufficientHostCpuCapacityFault",
    "InsufficientHostMemoryCapacityFault", "InsufficientMemoryResourcesFault", "InsufficientNetworkCapacity",
    "InsufficientPerCpuCapacity", "InsufficientResourcesFault", "InsufficientStorageSpace", "LimitExceeded",
    "NoDiskSpace", "NumVirtualCpusExceedsLimit", "ResourceInUse", "ResourceNotAvailable",
    "VmFaultToleranceTooManyVMsOnHost", "VmSmpFaultToleranceTooManyVMsOnHost",
    /* others at work, time, the account, the vCenter itself */
    "ConcurrentAccess", "MigrationFault", "NoPermission", "NotAuthenticated", "RequestCanceled",
    "StorageDrsHmsMoveInProgress", "SystemError", "TaskInProgress", "Timedout", "VAppOperationInProgress",
    "VAppTaskInProgress", NULL};

/* The scope of a fault by its name alone. */
static FaultScope scope_of(const char *name)
{
    if (g_strv_contains(of_vm, name))
        return FAULT_OF_VM;
    if (g_strv_contains(of_pair, name))
        return FAULT_OF_PAIR;
    return g_strv_contains(passing, name) ? FAULT_PASSING : FAULT_UNKNOWN;
}

FaultScope fault_scope(const char *text, const char **fault)
{
    const char *at = text;
    if (fault)
        *fault = text;
    for (int before = 0; at && before <= MOST_BEFORE; before++) {
        const char *end = strstr(at, ": ");
        g_autofree char *name = g_strndup(at, strcspn(at, ":;"));
        FaultScope scope = scope_of(name);
        if (scope != FAULT_UNKNOWN && fault)
            *fault = at;
        if (scope != FAULT_UNKNOWN)
            return scope;
        at = end ? end + strlen(": ") : NULL;
    }
    return FAULT_UNKNOWN;
}

gboolean fault_is(const char *text, const char *name)
{
    const char *fault;
    return fault_scope(text, &fault) != FAULT_UNKNOWN && strcspn(fault, ":;") == strlen(name) &&
           g_str_has_prefix(fault, name);
}
