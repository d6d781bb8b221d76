/* SPDX-License-Identifier: MIT */
/*
 * Why a VM or a host is dealt with as it is, as a JSON document (collect/json.h).
 */
#ifndef PLAN_EXPLANATIONJSON_H
#define PLAN_EXPLANATIONJSON_H

#include "plan/explanation.h"

#define EXPLANATION_SCHEMA "vmanger-explanation-json-1"

/* the document; the caller frees it */
char *explanationjson_text(const Explanation *explanation);

#endif
