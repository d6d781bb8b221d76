/* SPDX-License-Identifier: MIT */
/*
 * A policy's rules of sizes, tried in a replay: what of a VM's size nothing would have used, and how long it
 * would have needed more than that. Nothing is resized; a VM counts at its own size until there is a day of
 * data, and always where there is no policy.
 */
#ifndef PLAN_SIZETRIAL_H
#define PLAN_SIZETRIAL_H

#include "analyze/assessment.h"
#include "analyze/policy.h"
#include "plan/loadhistory.h"

typedef struct SizeFigures {
    double memory_slack, cpu_slack; /* GiB·h, GHz·h */
    double memory_short, cpu_short; /* hours of VMs */
} SizeFigures;

typedef struct SizeTrial SizeTrial;

SizeTrial *sizetrial_new(const LoadHistory *history);

void sizetrial_free(SizeTrial *trial);

/* takes the sizes of an assessment of the history's inventory (analyze/sizing.h), which hold for the
 * intervals that follow */
void sizetrial_learn(SizeTrial *trial, const Assessment *assessment, const Policy *policy);

/* adds what an interval comes to */
void sizetrial_account(const SizeTrial *trial, guint interval, SizeFigures *figures);

#endif
