/* SPDX-License-Identifier: MIT */
#include "analyze/sizing.h"

#include "analyze/estimator.h"
#include "analyze/peaks.h"
#include "collect/plural.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KIB_OF_MIB 1024.0
#define STEP_MIB 4.0      /* of a VM's memory (VirtualMachineConfigSpec.memoryMB) */
#define LEAST_MIB 256.0   /* that is told of a VM which has as much */
#define NOTABLE_SHARE 0.1 /* of its memory: less is not worth a change */
#define NOTABLE_MIB 128.0
#define HALF 0.5
#define DAY_S (24 * 3600)

const char *const size_words[] = {"unknown", "right", "idle", "oversized", "undersized", NULL};

/* ---- statistics ---- */

/* as estimator_percentile, of the histogram that counts each bucket by its use as well */
static double percentile_of_load(const Rollup *rollup, double share)
{
    double total = 0, below = 0, end = 0, ends[ROLLUP_BUCKETS];
    double width = rollup->first_bucket * pow(ROLLUP_GROWTH, rollup->first);
    end = rollup_bucket_start(rollup, rollup->first);
    for (guint i = 0; i < rollup->n_buckets; i++, width *= ROLLUP_GROWTH) {
        end += width;
        ends[i] = end;
        total += rollup->buckets[i] * end;
    }
    for (guint i = 0; i < rollup->n_buckets; i++) {
        below += rollup->buckets[i] * ends[i];
        if (below >= share * total || i + 1 == rollup->n_buckets)
            return ends[i];
    }
    return estimator_of(ESTIMATOR_MEAN, rollup);
}

/* Each bucket counts at its middle. */
static double weighted_average(const Rollup *rollup)
{
    double sum = 0, weight = 0;
    for (guint i = 0; i < rollup->n_buckets; i++) {
        guint bucket = rollup->first + i;
        double middle = (rollup_bucket_start(rollup, bucket) + rollup_bucket_start(rollup, bucket + 1)) / 2;
        sum += rollup->buckets[i] * middle;
        weight += rollup->buckets[i];
    }
    return weight > 0 ? sum / weight : estimator_of(ESTIMATOR_MEAN, rollup);
}

static double peak_of(const Rollup *rollup)
{
    double peak = NAN;
    for (guint i = 0; i < rollup->n_days; i++)
        peak = fmax(rollup->days[i].peak, peak);
    return isnan(peak) ? estimator_of(ESTIMATOR_MEAN, rollup) : peak;
}

static double percentile_of_days(const Rollup *rollup, double share)
{
    g_autoptr(GArray) peaks = peaks_of_days(rollup);
    return peaks->len ? peaks_percentile(peaks, share, 0) : estimator_of(ESTIMATOR_MEAN, rollup);
}

static double percentile_by_rule(const SizeRule *rule, const Rollup *rollup, gboolean of_memory, double share)
{
    if (rule->rule == SIZE_RULE_AUTOPILOT)
        return percentile_of_load(rollup, share);
    return of_memory ? percentile_of_days(rollup, share) : estimator_percentile(rollup, share);
}

double sizing_statistic(const SizeRule *rule, const Rollup *rollup, gboolean of_memory)
{
    int statistic = sizerule_statistic(rule, of_memory);
    if (!rollup || rollup->n_recent == 0)
        return NAN;
    switch (statistic) {
    case STATISTIC_AVERAGE:
        return weighted_average(rollup);
    case STATISTIC_PEAK:
        return peak_of(rollup);
    case STATISTIC_HALF_PEAK:
        return fmax(percentile_by_rule(rule, rollup, of_memory, 0.6), HALF * peak_of(rollup));
    default:
        return percentile_by_rule(rule, rollup, of_memory, sizerule_share(statistic));
    }
}

double sizing_data_s(const Rollup *rollup)
{
    if (!rollup || rollup->n_recent == 0 || rollup->since < 0)
        return 0;
    gint64 span = rollup->recent[rollup->n_recent - 1].end - rollup->since;
    return span >= SIZING_LEAST_S && rollup->measured_s >= SIZING_LEAST_MEASURED_S ? rollup->measured_s : 0;
}

double sizing_need(const SizeRule *rule, double statistic)
{
    return statistic * (1 + rule->margin_pct / 100);
}

double sizing_memory_mib(double need_kib, double used_kib, const Policy *policy)
{
    return fmax(need_kib, used_kib * 100 / policy->short_pct) / KIB_OF_MIB;
}

static void fill(Load *load, Resource r, const SizeRule *rule, const Rollup *rollup)
{
    double data_s = sizing_data_s(rollup);
    if (data_s == 0)
        return;
    double statistic = sizing_statistic(rule, rollup, r == RESOURCE_MEMORY);
    load->size_used = load_round(r, statistic);
    load->size_need = load_round(r, sizing_need(rule, statistic));
    load->size_span_s = floor(data_s);
}

void sizing_fill(Subject *subject, Assessment *assessment, const History *history, const Policy *policy)
{
    const Snapshot *snapshot = subject->snapshot;
    for (guint i = 0; i < snapshot->n_vms; i++) {
        const Vm *vm = &snapshot->vms[i];
        Load *loads = subject->vms[i].loads;
        const SizeRule *rule = policy_size_rule(policy, vm->folder, vm->name);
        const Rollup *memory = history_of_vm(history, snapshot, i, FOLLOWED_MEMORY);
        fill(&loads[RESOURCE_CPU], RESOURCE_CPU, rule, history_of_vm(history, snapshot, i, FOLLOWED_CPU));
        fill(&loads[RESOURCE_MEMORY], RESOURCE_MEMORY, rule, memory);
        if (isnan(loads[RESOURCE_MEMORY].size_span_s))
            continue;
        g_autofree char *peaks = peaks_text(memory);
        loads[RESOURCE_MEMORY].peaks = g_string_chunk_insert(assessment->strings, peaks);
    }
}

/* ---- a VM's size ---- */

static double memory_of(const Vm *vm, const Load *load, const Policy *policy)
{
    double step = vm->memory_hot_add_step_mib > 0 ? vm->memory_hot_add_step_mib : STEP_MIB;
    double mib = sizing_memory_mib(load->size_need, load->size_used, policy);
    return ceil(fmax(mib, fmin(LEAST_MIB, vm->memory_mib)) / step) * step;
}

static double vcpus_of(const Vm *vm, const Host *host, const Load *load)
{
    double socket = vm->cores_per_socket > 0 ? vm->cores_per_socket : 1;
    return fmax(1, ceil(load->size_need / host->core_mhz / socket)) * socket;
}

static gboolean is_notable(double mib, double of_mib)
{
    return mib >= fmax(NOTABLE_MIB, of_mib * NOTABLE_SHARE);
}

Sizing sizing_judge(const Vm *vm, const Host *host, const Assessed *assessed, const Policy *policy)
{
    const Load *cpu = &assessed->loads[RESOURCE_CPU], *memory = &assessed->loads[RESOURCE_MEMORY];
    if (isnan(cpu->size_need) || isnan(memory->size_need))
        return (Sizing){SIZE_UNKNOWN, NAN, NAN};
    Sizing sizing = {SIZE_RIGHT, memory_of(vm, memory, policy), vcpus_of(vm, host, cpu)};
    if (cpu->size_used < cpu->capacity * policy->idle_pct / 100 &&
        memory->size_used < memory->capacity * policy->idle_pct / 100)
        sizing.word = SIZE_IDLE;
    else if (is_notable(sizing.memory_mib - vm->memory_mib, vm->memory_mib) || sizing.vcpus > vm->vcpus)
        sizing.word = SIZE_UNDERSIZED;
    else if (is_notable(vm->memory_mib - sizing.memory_mib, vm->memory_mib) || sizing.vcpus < vm->vcpus)
        sizing.word = SIZE_OVERSIZED;
    return sizing;
}

/* "4096 MiB and 2 vCPUs": of both what is asked for */
static char *words_of_size(double mib, double vcpus, gboolean memory, gboolean cpu)
{
    g_autofree char *of_memory = g_strdup_printf("%.0f MiB", mib);
    g_autofree char *of_cpu = g_strdup_printf("%.0f %s", vcpus, plural((guint)vcpus, "vCPU", "vCPUs"));
    return g_strconcat(memory ? of_memory : "", memory && cpu ? " and " : "", cpu ? of_cpu : "", NULL);
}

char *sizing_words(const Vm *vm, const Assessed *assessed, const Sizing *sizing, const Policy *policy)
{
    const SizeRule *rule = policy_size_rule(policy, vm->folder, vm->name);
    gboolean of_cpu = sizing->vcpus != vm->vcpus, of_memory = sizing->memory_mib != vm->memory_mib || !of_cpu;
    g_autofree char *has = words_of_size(vm->memory_mib, vm->vcpus, of_memory, of_cpu);
    g_autofree char *needs = words_of_size(sizing->memory_mib, sizing->vcpus, of_memory, of_cpu);
    return g_strdup_printf("has %s, needs %s (%s, %.1f days of data)", has, needs,
                           size_rule_words[rule->rule], assessed->loads[RESOURCE_MEMORY].size_span_s / DAY_S);
}
