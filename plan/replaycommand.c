/* SPDX-License-Identifier: MIT */
#include "plan/replaycommand.h"

#include "analyze/patterncheck.h"
#include "collect/atomic.h"
#include "plan/archiveloads.h"
#include "plan/evacuation.h"
#include "plan/replayreport.h"
#include "plan/seriesloads.h"

/* the policies that are run, none of them the first */
typedef struct Policies {
    GPtrArray *policies; /* Policy *; NULL for none */
    GPtrArray *names;    /* char * */
} Policies;

static void free_policy(gpointer policy)
{
    policy_free(policy);
}

static void policies_clear(Policies *policies)
{
    g_ptr_array_unref(policies->policies);
    g_ptr_array_unref(policies->names);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Policies, policies_clear)

ReplayWish replay_wish(void)
{
    return (ReplayWish){.fill_pct = {HOUSING_FILL_PCT, 1, 100, "percent", FALSE}};
}

void replay_wish_clear(ReplayWish *wish)
{
    g_free(wish->history);
    g_strfreev(wish->compare);
    g_free(wish->hosts);
    g_free(wish->placement);
    g_free(wish->output);
    g_free(wish->chart);
}

static gboolean take_policy(Policies *policies, const char *path, GError **error)
{
    Policy *policy = policy_read(path, error);
    if (!policy)
        return FALSE;
    g_ptr_array_add(policies->policies, policy);
    g_ptr_array_add(policies->names, path ? g_filename_display_name(path) : g_strdup("default"));
    return TRUE;
}

static gboolean read_policies(Policies *policies, const char *first, char *const *others, GError **error)
{
    g_ptr_array_add(policies->policies, NULL);
    g_ptr_array_add(policies->names, g_strdup("none"));
    if (!take_policy(policies, first, error))
        return FALSE;
    for (; others && *others; others++)
        if (!take_policy(policies, *others, error))
            return FALSE;
    return TRUE;
}

/* The policy by which nothing but the account is kept is the first that acts. */
static const Policy *yardstick_of(const Policies *policies)
{
    return policies->policies->pdata[1];
}

/* An archive has hosts and a placement of its own. */
static const char *option_of_series(const ReplayWish *wish)
{
    return wish->hosts            ? "--hosts"
           : wish->placement      ? "--placement"
           : wish->fill_pct.given ? "--fill"
           : wish->cut_sizes      ? "--cut-sizes"
                                  : NULL;
}

static LoadHistory *read_history(const ReplayWish *wish, const Policy *yardstick, GError **error)
{
    if (g_file_test(wish->history, G_FILE_TEST_IS_DIR)) {
        if (!option_of_series(wish))
            return archiveloads_read(wish->history, yardstick->min_samples_pct, error);
        g_set_error(
            error, VMANGER_ERROR, 0,
            "%s: found a directory: expected a file of series, which %s is for; an archive of snapshots "
            "has hosts and a placement of its own",
            wish->history, option_of_series(wish));
        return NULL;
    }
    const SeriesWish series = {{wish->hosts ? wish->hosts : HOUSING_HOSTS,
                                wish->placement ? wish->placement : HOUSING_PLACEMENT, wish->fill_pct.value},
                               wish->cut_sizes};
    return seriesloads_read(wish->history, &series, error);
}

/* what plan refuses of a policy before it decides */
static gboolean check_policies(const Policies *policies, const Snapshot *start, GError **error)
{
    for (guint i = 1; i < policies->policies->len; i++)
        if (!patterncheck_evacuate(start, policies->policies->pdata[i], error) ||
            !evacuation_check_policy(start, policies->policies->pdata[i], error))
            return FALSE;
    return TRUE;
}

static gboolean report(const Program *program, const ReplayWish *wish, const LoadHistory *history,
                       const Replay *replays, guint n, GError **error)
{
    if ((wish->output && !replayreport_write_csv(replays, n, wish->output, error)) ||
        (wish->chart && !replayreport_write_chart(history, replays, n, wish->chart, error)))
        return FALSE;
    if ((wish->output && atomic_file_is_standard_output(wish->output)) ||
        (wish->chart && atomic_file_is_standard_output(wish->chart)))
        return TRUE;
    g_autofree char *text = replayreport_text(history, replays, n);
    if (wish->output || wish->chart)
        program_say(program, "%s", text);
    else
        program_print(program, "%s", text);
    return TRUE;
}

static gboolean run(const Program *program, const ReplayWish *wish, const LoadHistory *history,
                    const Policies *policies, GError **error)
{
    guint n = policies->policies->len;
    g_autofree Replay *replays = g_new0(Replay, n);
    for (guint i = 0; i < n; i++)
        replays[i] =
            (Replay){.name = g_strdup(policies->names->pdata[i]), .policy = policies->policies->pdata[i]};
    gint done = 0;
    Working *working = program_working(program, "replaying policy", &done, (gint)n);
    gboolean ran = replay_all(history, yardstick_of(policies), replays, n,
                              wish->full_search ? 0 : REPLAY_SEARCH_WORK, &done, error);
    working_free(working);
    gboolean reported = ran && report(program, wish, history, replays, n, error);
    for (guint i = 0; i < n; i++)
        replay_clear(&replays[i]);
    return reported;
}

int replay_command(const Program *program, const ReplayWish *wish)
{
    g_autoptr(GError) error = NULL;
    g_auto(Policies)
        policies = {g_ptr_array_new_with_free_func(free_policy), g_ptr_array_new_with_free_func(g_free)};
    if (!read_policies(&policies, program->policy, wish->compare, &error))
        return program_fail(program, error);
    Working *working = program_working(program, "reading", NULL, 0);
    g_autoptr(LoadHistory) history = read_history(wish, yardstick_of(&policies), &error);
    working_free(working);
    if (!history || !check_policies(&policies, history->start, &error))
        return program_fail(program, error);
    if (history->left_out)
        program_warn(
            program,
            "warning: %s: found %u VMs that came later, to hosts that its first snapshot lacks: they "
            "are left out",
            wish->history, history->left_out);
    if (!run(program, wish, history, &policies, &error))
        return program_fail(program, error);
    return program_end(program, EXIT_DONE, wish->output != NULL);
}
