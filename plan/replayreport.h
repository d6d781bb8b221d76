/* SPDX-License-Identifier: MIT */
/*
 * What replays came to, policies side by side: as a table to read, as CSV, and as a chart.
 */
#ifndef PLAN_REPLAYREPORT_H
#define PLAN_REPLAYREPORT_H

#include "plan/replay.h"

/* a table, a line a figure and a column a policy, with what it is of; the caller frees it */
char *replayreport_text(const LoadHistory *history, const Replay *replays, guint n);

/* writes a row a policy and a column a figure, whole or not at all ("-": standard output). The same replays
 * give the same bytes: how much CPU they took is not among them */
gboolean replayreport_write_csv(const Replay *replays, guint n, const char *path, GError **error);

/* writes a drawing that needs nothing else, as SVG: by time, hosts over a threshold, CPU that was not had,
 * VMs short, and migrations */
gboolean replayreport_write_chart(const LoadHistory *history, const Replay *replays, guint n,
                                  const char *path, GError **error);

#endif
