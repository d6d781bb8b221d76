/* SPDX-License-Identifier: MIT */
/*
 * How large a VM should be, by what it used: rules that others publish, on the rollups that are kept of each
 * VM (collect/rollup.h), whose weights halve with every day.
 *
 *   vpa        Kubernetes' Vertical Pod Autoscaler: CPU by a percentile of the decayed histogram, memory by
 *              the same percentile of the peaks of the last eight days; 0.9, and 15 % more
 *              (kubernetes/autoscaler, vertical-pod-autoscaler/docs/flags.md)
 *   autopilot  Google's moving-window recommenders: the peak; the weighted average; or a percentile of the
 *              load-adjusted histogram, in which each bucket counts as often as it was used times its use
 *              (Rzadca et al., "Autopilot: workload autoscaling at Google", EuroSys 2020, 3.2.1). Its
 *              half-lives are 12 h for CPU and 48 h for memory there, and a day for both here; the maximum
 *              over the last hour, which keeps limits from fluctuating, is left out, since nobody follows
 *              this advice by the minute
 *
 * Amounts are MHz and KiB. What less than a day of data says is no size.
 */
#ifndef ANALYZE_SIZING_H
#define ANALYZE_SIZING_H

#include "analyze/policy.h"
#include "analyze/subject.h"
#include "collect/history.h"

/* what is a day of data: from the first window that shows peaks to the end of the last, and of that measured
 */
#define SIZING_LEAST_S (24 * 3600)
#define SIZING_LEAST_MEASURED_S (12 * 3600)

/* what the statistic of a rule comes to; NAN where there is nothing to take it of */
double sizing_statistic(const SizeRule *rule, const Rollup *rollup, gboolean of_memory);

/* the seconds that were measured in windows that show peaks (ROLLUP_PEAK_S); 0 where they are less than a day
 * of data */
double sizing_data_s(const Rollup *rollup);

/* the same with the rule's margin */
double sizing_need(const SizeRule *rule, double statistic);

/* MiB of memory that a VM is to have, by the need and the use (KiB) that it comes from: no less than the
 * need, and so much that the guest is not short (short_pct); NAN where they are */
double sizing_memory_mib(double need_kib, double used_kib, const Policy *policy);

/* fills size_used, size_need, size_span and peaks of the VMs' CPU and memory, where there is a day of data */
void sizing_fill(Subject *subject, Assessment *assessment, const History *history, const Policy *policy);

/* ---- a VM's size, by what its assessment says ---- */

typedef enum { SIZE_UNKNOWN, SIZE_RIGHT, SIZE_IDLE, SIZE_OVERSIZED, SIZE_UNDERSIZED } SizeWord;
extern const char *const size_words[]; /* "unknown" … */

typedef struct Sizing {
    SizeWord word;
    double memory_mib, vcpus; /* that it should have: no less than rule and short_pct ask for */
} Sizing;

/* whole sockets, memory in steps of its hot-add step (4 MiB without one); idle: CPU and memory both below
 * idle_pct of its size; oversized or undersized: by a tenth of its memory and 128 MiB, or a vCPU; undersized
 * goes first */
Sizing sizing_judge(const Vm *vm, const Host *host, const Assessed *assessed, const Policy *policy);

/* "has 16384 MiB and 8 vCPUs, needs 4096 MiB and 2 vCPUs (vpa, 8.0 days of data)", of both what differs; the
 * caller frees it */
char *sizing_words(const Vm *vm, const Assessed *assessed, const Sizing *sizing, const Policy *policy);

#endif
