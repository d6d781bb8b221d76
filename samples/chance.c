/* SPDX-License-Identifier: MIT */
#include "samples/chance.h"

static guint64 next(Chance *chance)
{
    guint64 z = chance->state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

Chance chance_new(guint64 seed, guint64 stream)
{
    Chance mixed = {.state = stream};
    return (Chance){.state = seed ^ next(&mixed)};
}

double chance_share(Chance *chance)
{
    return (double)(next(chance) >> 11) / (double)(G_GUINT64_CONSTANT(1) << 53);
}

double chance_between(Chance *chance, double low, double high)
{
    return low + (high - low) * chance_share(chance);
}

guint chance_below(Chance *chance, guint n)
{
    return (guint)(chance_share(chance) * n);
}

gboolean chance_pct(Chance *chance, double pct)
{
    return chance_share(chance) * 100 < pct;
}

char *chance_uuid(Chance *chance)
{
    guint64 a = next(chance), b = next(chance);
    return g_strdup_printf("%08x-%04x-%04x-%04x-%012" G_GINT64_MODIFIER "x", (guint)(a >> 32),
                           (guint)(a >> 16 & 0xffff), (guint)(a & 0xffff), (guint)(b >> 48),
                           b & G_GUINT64_CONSTANT(0xffffffffffff));
}
