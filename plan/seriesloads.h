/* SPDX-License-Identifier: MIT */
/*
 * A history made of a file of series: what VMs used, a row for each VM and interval, as public traces have it
 * (GWA-T-12 of Bitbrains), as CSV or CSV compressed by gzip. Nothing in it names a host.
 */
#ifndef PLAN_SERIESLOADS_H
#define PLAN_SERIESLOADS_H

#include "plan/housing.h"
#include "plan/loadhistory.h"

/* how to take it */
typedef struct SeriesWish {
    HousingWish housing;
    gboolean cut_sizes; /* a VM's size is its 90th percentile of use ÷ 0.8, else the largest recorded */
} SeriesWish;

/* Columns: vm; time_s (seconds since 1970; rows of a VM ascend); vcpus, cpu_provisioned_mhz,
 * memory_provisioned_kib (its size); cpu_usage_mhz; memory_usage_kib (what the guest touches). Intervals are
 * as long as most rows of a VM are apart, counted from the first row of the file; rows of a VM within one are
 * averaged. A VM runs from its first row to its last; without a row in between it is not measured.
 * It holds on its host the most that it touched in the day before, since ESXi keeps pages that a guest once
 * touched; all of its memory where no row says what it touched */
LoadHistory *seriesloads_read(const char *path, const SeriesWish *wish, GError **error);

#endif
