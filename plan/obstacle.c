/* SPDX-License-Identifier: MIT */
#include "plan/obstacle.h"

const char *const obstacle_names[] = {[OBSTACLE_NONE] = "",
                                      [OBSTACLE_SYSTEM_VM] = "system_vm",
                                      [OBSTACLE_EXCLUDED_VM] = "excluded_vm",
                                      [OBSTACLE_VM_NOT_CONNECTED] = "vm_not_connected",
                                      [OBSTACLE_PINNED] = "pinned",
                                      [OBSTACLE_DISABLED_METHOD] = "disabled_method",
                                      [OBSTACLE_FAULT_TOLERANCE] = "fault_tolerance",
                                      [OBSTACLE_REFUSED_BEFORE] = "refused_before",
                                      [OBSTACLE_LEFT_TO_DRS] = "left_to_drs",
                                      [OBSTACLE_NOT_MEASURED] = "not_measured",
                                      [OBSTACLE_VM_OFF] = "vm_off",
                                      [OBSTACLE_MOVED_SINCE] = "moved_since",
                                      [OBSTACLE_WINDOW] = "window",
                                      [OBSTACLE_HOT_ADD_OFF] = "hot_add_off",
                                      [OBSTACLE_HOT_ADD_LIMIT] = "hot_add_limit",
                                      [OBSTACLE_MEMORY_LIMIT] = "memory_limit",
                                      [OBSTACLE_MEMORY_RESERVATION] = "memory_reservation",
                                      [OBSTACLE_CPU_LIMIT] = "cpu_limit",
                                      [OBSTACLE_MEMORY_PRESSURE] = "memory_pressure",
                                      [OBSTACLE_GROWN_BEFORE] = "grown_before",
                                      [OBSTACLE_NOT_LENT] = "not_lent",
                                      [OBSTACLE_VM_RUNS] = "vm_runs",
                                      [OBSTACLE_FORBIDDEN_GROWTH] = "forbidden_growth",
                                      [OBSTACLE_FAILOVER_CLUSTER] = "failover_cluster",
                                      [OBSTACLE_HOME_GONE] = "home_gone",
                                      [OBSTACLE_OTHER_CLUSTER] = "other_cluster",
                                      [OBSTACLE_HOST_NOT_CONNECTED] = "host_not_connected",
                                      [OBSTACLE_HOST_MODE] = "host_mode",
                                      [OBSTACLE_FAILOVER_HOST] = "failover_host",
                                      [OBSTACLE_EXCLUDED_HOST] = "excluded_host",
                                      [OBSTACLE_HOST_TO_EMPTY] = "host_to_empty",
                                      [OBSTACLE_RETURN] = "return",
                                      [OBSTACLE_VMOTION] = "vmotion",
                                      [OBSTACLE_DATASTORE] = "datastore",
                                      [OBSTACLE_NETWORK] = "network",
                                      [OBSTACLE_CPU] = "cpu",
                                      [OBSTACLE_THREADS] = "threads",
                                      [OBSTACLE_HARDWARE_VERSION] = "hardware_version",
                                      [OBSTACLE_VGPU] = "vgpu",
                                      [OBSTACLE_CAPABILITY] = "capability",
                                      [OBSTACLE_HEAT] = "heat",
                                      [OBSTACLE_ROOM] = "room",
                                      [OBSTACLE_BUFFER] = "buffer",
                                      [OBSTACLE_POOL_LIMIT] = "pool_limit",
                                      [OBSTACLE_POOL_RESERVATION] = "pool_reservation",
                                      [OBSTACLE_ADMISSION] = "admission",
                                      [OBSTACLE_FAILOVER] = "failover",
                                      [OBSTACLE_NOT_EMPTY] = "not_empty",
                                      [OBSTACLE_RULE] = "rule",
                                      [OBSTACLE_NO_ORDER] = "no_order",
                                      [OBSTACLE_NO_PLACEMENT] = "no_placement",
                                      [OBSTACLE_MOVE_BOUNDS] = "move_bounds",
                                      [OBSTACLE_STRATEGY] = "strategy",
                                      [OBSTACLE_VSAN_MODE] = "vsan_mode",
                                      [OBSTACLE_NO_MAINTENANCE] = "no_maintenance",
                                      [OBSTACLE_NO_VMS] = "no_vms",
                                      [N_OBSTACLES] = NULL};

gboolean obstacle_set(Obstacle *why, int code, int host, const char *format, ...)
{
    if (!why)
        return FALSE;
    va_list arguments;
    va_start(arguments, format);
    obstacle_clear(why);
    *why = (Obstacle){.code = code, .host = host, .words = g_strdup_vprintf(format, arguments)};
    va_end(arguments);
    return FALSE;
}

void obstacle_clear(Obstacle *obstacle)
{
    g_clear_pointer(&obstacle->words, g_free);
}
