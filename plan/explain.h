/* SPDX-License-Identifier: MIT */
/*
 * Why a VM or a host is dealt with as it is, in words: what `plan --explain` says.
 */
#ifndef PLAN_EXPLAIN_H
#define PLAN_EXPLAIN_H

#include "plan/explanation.h"

/* the text, safe for a terminal; the caller frees it */
char *explain(const Explanation *explanation);

#endif
