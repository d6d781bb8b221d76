/* SPDX-License-Identifier: MIT */
#include "apply/domainplace.h"

static gboolean is_active(Place place)
{
    return place.state == PLACE_RUNNING || place.state == PLACE_PAUSED;
}

static EndKind say(EndKind kind, char **words, const char *what)
{
    if (words)
        *words = g_strdup(what);
    return kind;
}

/* While it is under way the domain is active, with a job, on the one host and paused on the other; at its end
 * the one that runs it counts. */
static EndKind judge_live(Place from, Place to, char **words)
{
    if (from.has_job || to.has_job)
        return say(END_UNKNOWN, words, "it is under way");
    if (from.state == PLACE_SILENT && !is_active(to))
        return say(END_UNKNOWN, words, "the host that it left does not answer");
    if (is_active(from) && to.state == PLACE_RUNNING && from.state == PLACE_RUNNING)
        return say(END_FAILED, words, "it runs on both hosts");
    if (is_active(from) && is_active(to))
        return say(END_UNKNOWN, words, "it is on both hosts");
    if (is_active(from))
        return END_NOT_STARTED;
    if (is_active(to))
        return END_SUCCEEDED;
    if (to.state == PLACE_SILENT)
        return say(END_UNKNOWN, words, "the host that it went to does not answer");
    return say(END_FAILED, words, "it runs on neither host");
}

/* Its definition is made on the one host before it is removed from the other; made again it does no harm. */
static EndKind judge_cold(Place from, Place to, char **words)
{
    if (from.has_job || to.has_job)
        return say(END_UNKNOWN, words, "it is under way");
    if (from.state == PLACE_SILENT)
        return say(END_UNKNOWN, words, "the host that it left does not answer");
    if (from.state != PLACE_ABSENT)
        return END_NOT_STARTED;
    if (to.state == PLACE_SILENT)
        return say(END_UNKNOWN, words, "the host that it went to does not answer");
    return to.state == PLACE_ABSENT ? say(END_FAILED, words, "it is on neither host") : END_SUCCEEDED;
}

EndKind domain_place_judge(Place from, Place to, gboolean is_cold, char **words)
{
    if (words)
        *words = NULL;
    return is_cold ? judge_cold(from, to, words) : judge_live(from, to, words);
}
