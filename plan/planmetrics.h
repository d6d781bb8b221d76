/* SPDX-License-Identifier: MIT */
/*
 * A plan as figures for Prometheus: of each cluster what is to be done, what is advised and what stays
 * unsolved, by fixed words, and how it stands before and after the steps. vmanger-plan(1) lists them.
 */
#ifndef PLAN_PLANMETRICS_H
#define PLAN_PLANMETRICS_H

#include "collect/prometheus.h"
#include "plan/changeplan.h"

void planmetrics_add(Prometheus *prometheus, const ChangePlan *plan);

#endif
