/* SPDX-License-Identifier: MIT */
#include "apply/target.h"

#include <string.h>

Target *target_open(const char *name, const char *output, Connection *connection, const Program *program,
                    GError **error)
{
    if (connection->url)
        return target_vsphere_new(connection, program, error);
    if (!strstr(name, "://"))
        return target_directory_new(name, output, error);
    g_set_error(error, VMANGER_ERROR, 0,
                "%s: found another kind of target: expected https://HOST/sdk or a snapshot's directory",
                name);
    return NULL;
}

void target_free(Target *target)
{
    if (target)
        target->class->free(target);
}
