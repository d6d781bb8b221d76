/* SPDX-License-Identifier: MIT */
#include "collect/error.h"

GQuark vmanger_error_quark(void)
{
    return g_quark_from_static_string("vmanger");
}
