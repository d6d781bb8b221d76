/* SPDX-License-Identifier: MIT */
#include "plan/hardware.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define MIB_PER_GIB 1024.0

/* a version: the release that brought it, and its maxima */
typedef struct Hardware {
    int major, minor, update, number;
    double vcpus, memory_gib;
} Hardware;

/* by release, ascending */
static const Hardware known[] = {
    {4, 0, 0, 7, 8, 255},      {5, 0, 0, 8, 32, 1011},    {5, 1, 0, 9, 64, 1011},
    {5, 5, 0, 10, 64, 1011},   {6, 0, 0, 11, 128, 4080},  {6, 5, 0, 13, 128, 6128},
    {6, 7, 0, 14, 128, 6128},  {6, 7, 2, 15, 256, 6128},  {7, 0, 0, 17, 256, 6128},
    {7, 0, 1, 18, 768, 24560}, {7, 0, 2, 19, 768, 24560}, {8, 0, 0, 20, 768, 24560},
    {8, 0, 2, 21, 768, 24560}, {9, 0, 0, 22, 960, 24560},
};

int hardware_number(const char *version)
{
    static const char prefix[] = "vmx-";
    guint64 number;
    return g_str_has_prefix(version, prefix) &&
                   g_ascii_string_to_unsigned(version + strlen(prefix), 10, 1, 999, &number, NULL)
               ? (int)number
               : 0;
}

/* major, minor and update of "VMware ESXi 8.0.2", "VMware ESX 9.0.0" or "VMware ESXi 7.0 Update 3" */
static gboolean parse_release(const char *product, int release[3])
{
    g_autoptr(GRegex) regex =
        g_regex_new("\\bESXi? ([0-9]{1,3})\\.([0-9]{1,3})(?:(?:\\.| ?U| Update )([0-9]{1,3}))?", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    if (!g_regex_match(regex, product, 0, &match))
        return FALSE;
    for (int i = 0; i < 3; i++) {
        g_autofree char *digits = g_match_info_fetch(match, i + 1);
        release[i] = digits ? (int)g_ascii_strtoull(digits, NULL, 10) : 0;
    }
    return TRUE;
}

static int compare(const Hardware *hardware, const int release[3])
{
    const int own[3] = {hardware->major, hardware->minor, hardware->update};
    for (int i = 0; i < 3; i++)
        if (own[i] != release[i])
            return own[i] < release[i] ? -1 : 1;
    return 0;
}

/* Updates of the newest release known may bring a version yet; those of older ones are all out. */
int hardware_of_product(const char *product)
{
    int release[3], number = 0;
    if (!parse_release(product, release))
        return 0;
    if (compare(&known[G_N_ELEMENTS(known) - 1], release) < 0)
        return HARDWARE_NEWER;
    for (guint i = 0; i < G_N_ELEMENTS(known) && compare(&known[i], release) <= 0; i++)
        number = known[i].number;
    return number;
}

static const Hardware *find(int number)
{
    for (guint i = 0; i < G_N_ELEMENTS(known); i++)
        if (known[i].number == number)
            return &known[i];
    return NULL;
}

double hardware_max_vcpus(int number)
{
    const Hardware *hardware = find(number);
    return hardware ? hardware->vcpus : INFINITY;
}

double hardware_max_memory_mib(int number)
{
    const Hardware *hardware = find(number);
    return hardware ? hardware->memory_gib * MIB_PER_GIB : INFINITY;
}
