/* SPDX-License-Identifier: MIT */
/*
 * An assessment as a JSON document (collect/json.h): what assessment.csv holds, an object for each cluster,
 * host and VM, with counts.
 */
#ifndef ANALYZE_ASSESSMENTJSON_H
#define ANALYZE_ASSESSMENTJSON_H

#include "analyze/assessment.h"
#include "analyze/summary.h"
#include "collect/json.h"

#define ASSESSMENT_SCHEMA "vmanger-assessment-json-1"

/* the document; the caller frees it */
char *assessmentjson_text(const Assessment *assessment, const SummaryCounts *counts);

/* adds an object of what is known of the loads, by resource */
void assessmentjson_add_loads(Json *json, const Assessed *entity);

#endif
