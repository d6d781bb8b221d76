/* SPDX-License-Identifier: MIT */
/*
 * A [size NAME] of the policy: by which published rule, and which statistic of its, VMs are sized.
 */
#ifndef ANALYZE_SIZERULE_H
#define ANALYZE_SIZERULE_H

#include <glib.h>

enum { SIZE_RULE_VPA, SIZE_RULE_AUTOPILOT };
extern const char *const size_rule_words[]; /* "vpa" … */

typedef struct SizeRule {
    char *section;      /* "size NAME" */
    int rule;           /* SIZE_RULE_… */
    char **vms;         /* patterns */
    char *cpu, *memory; /* statistics by name; "": the rule's own */
    double margin_pct;  /* above the statistic */
} SizeRule;

/* the one of VMs that no section names, and of what was lent: the Vertical Pod Autoscaler's, and 15 % */
extern const SizeRule sizerule_vpa;

/* what is taken of what was used: its weighted average; the higher of the 60th percentile and half of the
 * peak; a percentile; the peak */
enum {
    STATISTIC_AVERAGE,
    STATISTIC_HALF_PEAK,
    STATISTIC_P50, /* and so on, to p99 */
    STATISTIC_P99 = STATISTIC_P50 + 49,
    STATISTIC_PEAK
};
extern const char *const statistic_words[]; /* "average" …, NULL-terminated */

/* the statistic of CPU or memory: as stated, else p90 of both under vpa, p95 of CPU and p98 of memory under
 * autopilot (for services, as the paper has it) */
int sizerule_statistic(const SizeRule *rule, gboolean of_memory);

/* of a percentile: 0.9 of p90 */
double sizerule_share(int statistic);

void sizerule_free(gpointer data);

#endif
