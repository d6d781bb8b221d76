/* SPDX-License-Identifier: MIT */
/*
 * What stands in the way of a change: a code that a machine can count by (the column `cause` of unsolved
 * rows), whom it is about, and words for people.
 */
#ifndef PLAN_OBSTACLE_H
#define PLAN_OBSTACLE_H

#include "plan/rules.h"

typedef enum {
    OBSTACLE_NONE,
    /* of the VM itself */
    OBSTACLE_SYSTEM_VM,        /* by its role, or named by system_vms */
    OBSTACLE_EXCLUDED_VM,      /* exclude_vms */
    OBSTACLE_VM_NOT_CONNECTED, /* orphaned, inaccessible … */
    OBSTACLE_PINNED,           /* by a device or its settings */
    OBSTACLE_DISABLED_METHOD,  /* the source has disabled what the change calls */
    OBSTACLE_FAULT_TOLERANCE,  /* of the VM, or since its partner is on the host */
    OBSTACLE_REFUSED_BEFORE,   /* by the vCenter, within refusal_cooldown_s: on every host, or on this one */
    OBSTACLE_LEFT_TO_DRS,
    OBSTACLE_NOT_MEASURED,
    OBSTACLE_VM_OFF,      /* of one that would go home */
    OBSTACLE_MOVED_SINCE, /* somebody has moved it on, after it was moved for a while */
    OBSTACLE_WINDOW,      /* max_duration_s */
    /* of its growth */
    OBSTACLE_HOT_ADD_OFF,
    OBSTACLE_HOT_ADD_LIMIT,
    OBSTACLE_MEMORY_LIMIT,
    OBSTACLE_MEMORY_RESERVATION, /* what it has reserved is more than a reclaim would leave */
    OBSTACLE_CPU_LIMIT,
    OBSTACLE_MEMORY_PRESSURE,  /* what it has is not backed by its host now */
    OBSTACLE_GROWN_BEFORE,     /* the policy's bounds on growth are used up */
    OBSTACLE_NOT_LENT,         /* no journal shows that it was */
    OBSTACLE_VM_RUNS,          /* it gives no memory back as it is */
    OBSTACLE_FORBIDDEN_GROWTH, /* forbid_growth */
    OBSTACLE_FAILOVER_CLUSTER, /* a node that shares its disks' controller */
    /* of the host */
    OBSTACLE_HOME_GONE, /* the one that a VM would go back to */
    OBSTACLE_OTHER_CLUSTER,
    OBSTACLE_HOST_NOT_CONNECTED, /* the target, or the VM's own */
    OBSTACLE_HOST_MODE,
    OBSTACLE_FAILOVER_HOST,
    OBSTACLE_EXCLUDED_HOST,
    OBSTACLE_HOST_TO_EMPTY,
    OBSTACLE_RETURN, /* the VM has left it not long ago: return_cooldown_s */
    OBSTACLE_VMOTION,
    OBSTACLE_DATASTORE,
    OBSTACLE_NETWORK,
    OBSTACLE_CPU, /* another model, and no EVC mode that covers both */
    OBSTACLE_THREADS,
    OBSTACLE_HARDWARE_VERSION, /* newer than the host's release runs */
    OBSTACLE_VGPU,             /* a profile that the host does not offer */
    OBSTACLE_CAPABILITY,       /* another thing that the VM requires and the host does not offer */
    /* of what there is no room for */
    OBSTACLE_HEAT,
    OBSTACLE_ROOM, /* memory, reservations */
    OBSTACLE_BUFFER,
    OBSTACLE_POOL_LIMIT,
    OBSTACLE_POOL_RESERVATION,
    OBSTACLE_ADMISSION, /* HA admission control */
    OBSTACLE_FAILOVER,  /* ha_check=hard */
    OBSTACLE_NOT_EMPTY,
    /* of others */
    OBSTACLE_RULE,
    OBSTACLE_NO_ORDER,
    OBSTACLE_NO_PLACEMENT, /* the search found none */
    OBSTACLE_MOVE_BOUNDS,  /* max_moves, max_moves_per_host, min_vm_pct, min_gain */
    OBSTACLE_STRATEGY,     /* strategy=threshold does not do such a thing */
    OBSTACLE_VSAN_MODE,
    OBSTACLE_NO_MAINTENANCE, /* its hypervisor knows no such mode */
    OBSTACLE_NO_VMS,         /* the load is the host's own */
    N_OBSTACLES
} ObstacleCode;

extern const char *const obstacle_names[]; /* by code: "", "system_vm" …, NULL-terminated */

typedef struct Obstacle {
    int code;              /* ObstacleCode */
    int host;              /* the host that it is about; -1 where that is the VM */
    const BoundRule *rule; /* of OBSTACLE_RULE; not owned */
    char *words; /* of a migration, what follows the name of the host or VM that it is about; of a growth, a
                    clause of its own. Owned */
} Obstacle;

/* fills an obstacle about a host (-1: the VM), where one is asked for (NULL: only the answer is); always
 * FALSE, so that it can be returned */
G_GNUC_PRINTF(4, 5) gboolean obstacle_set(Obstacle *why, int code, int host, const char *format, ...);

void obstacle_clear(Obstacle *obstacle);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Obstacle, obstacle_clear)

#endif
