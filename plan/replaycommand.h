/* SPDX-License-Identifier: MIT */
/*
 * plan --replay: from what a person asks for to the results, files and exit code.
 */
#ifndef PLAN_REPLAYCOMMAND_H
#define PLAN_REPLAYCOMMAND_H

#include "collect/program.h"
#include "plan/housing.h"

/* as the command line has it; NULL where it says nothing */
typedef struct ReplayWish {
    char *history;           /* an archive's directory, or a file of series */
    char **compare;          /* policies beside program->policy */
    char *hosts, *placement; /* of a file of series (plan/housing.h) */
    ProgramNumber fill_pct;
    gboolean cut_sizes, full_search;
    char *output, *chart;
} ReplayWish;

/* the wish of a person who asks for nothing */
ReplayWish replay_wish(void);
void replay_wish_clear(ReplayWish *wish);

/* runs it; the exit code */
int replay_command(const Program *program, const ReplayWish *wish);

#endif
