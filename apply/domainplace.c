/* SPDX-License-Identifier: MIT */
#include "apply/domainplace.h"

static gboolean is_active(Place place)
{
    return place.state == PLACE_RUNNING || place.state == PLACE_PAUSED || place.state == PLACE_INCOMING;
}

static EndKind say(EndKind kind, char **words, const char *what)
{
    if (words)
        *words = g_strdup(what);
    return kind;
}

/* The host that it went to says nothing. A guest is started there only after it was stopped here: so one that
 * was never stopped was not sent; one that is, or runs again, may run there too. */
static EndKind judge_without_target(Place from, char **words)
{
    if (from.state == PLACE_RUNNING && !from.is_resumed)
        return say(END_NOT_STARTED, words, "the other host does not answer");
    return say(END_UNKNOWN, words, "the host that it went to does not answer");
}

/* The host that it left says nothing. What is paused at the other may still be on its way in, whatever the
 * reason that is given for it: only what runs there has arrived. */
static EndKind judge_without_source(Place to, char **words)
{
    if (to.state == PLACE_RUNNING)
        return END_SUCCEEDED;
    return say(END_UNKNOWN, words, "the host that it left does not answer");
}

/* It is active on the host that it left, and no job is active on it. */
static EndKind judge_left(Place from, Place to, char **words)
{
    if (to.state == PLACE_RUNNING && from.state == PLACE_RUNNING)
        return say(END_FAILED, words, "IT RUNS ON BOTH HOSTS, on the same disks: stop one of them at once");
    if (to.state == PLACE_RUNNING)
        return say(END_SUCCEEDED, words, "a paused copy of it is left on the host that it left");
    if (is_active(to))
        return say(END_UNKNOWN, words, "it is on both hosts");
    return END_NOT_STARTED;
}

/* While it is under way the domain is active, with a job, on the one host and paused, with none, on the
 * other; at its end the one that runs it counts. */
static EndKind judge_live(Place from, Place to, char **words)
{
    if (from.has_job || to.has_job)
        return say(END_UNKNOWN, words, "it is under way");
    if (from.state == PLACE_SILENT)
        return judge_without_source(to, words);
    if (to.state == PLACE_SILENT)
        return judge_without_target(from, words);
    if (is_active(from))
        return judge_left(from, to, words);
    if (to.state == PLACE_INCOMING)
        return say(END_UNKNOWN, words, "it has not come in yet");
    return is_active(to) ? END_SUCCEEDED : say(END_FAILED, words, "it runs on neither host");
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
