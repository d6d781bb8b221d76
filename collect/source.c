/* SPDX-License-Identifier: MIT */
#include "collect/source.h"

#include <string.h>

gboolean collect_from_source(const CollectRequest *request, CollectResult *result, GError **error)
{
    if (request->connection->url)
        return collect_from_vsphere(request, result, error);
    if (g_str_has_prefix(request->source, RVTOOLS_PREFIX))
        return collect_from_rvtools(request, result, error);
    if (g_str_has_prefix(request->source, LIBVIRT_PREFIX))
        return collect_from_libvirt(request, result, error);
    if (strstr(request->source, "://")) {
        g_set_error(
            error, VMANGER_ERROR, 0,
            "%s: found another kind of source: expected https://HOST/sdk, a directory, rvtools:PATH or "
            "libvirt:FILE",
            request->source);
        return FALSE;
    }
    return collect_from_directory(request, result, error);
}

void collect_result_clear(CollectResult *result)
{
    snapshot_free(result->snapshot);
    g_free(result->digest);
    g_clear_pointer(&result->warnings, g_ptr_array_unref);
    g_clear_pointer(&result->notes, g_ptr_array_unref);
}
