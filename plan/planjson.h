/* SPDX-License-Identifier: MIT */
/*
 * A plan as a JSON document (collect/json.h): what plan.csv holds.
 */
#ifndef PLAN_PLANJSON_H
#define PLAN_PLANJSON_H

#include "collect/json.h"
#include "plan/changeplan.h"

#define PLAN_SCHEMA "vmanger-plan-json-1"

/* the document; the caller frees it */
char *planjson_text(const ChangePlan *plan);

/* adds a row, or the figures of a cluster, as a member, or as an element of a list (NULL) */
void planjson_add_row(Json *json, const char *name, const PlanRow *row);
void planjson_add_cluster(Json *json, const char *name, const PlanCluster *cluster);

#endif
