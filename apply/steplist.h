/* SPDX-License-Identifier: MIT */
/*
 * The steps that a run is to do, for people.
 */
#ifndef APPLY_STEPLIST_H
#define APPLY_STEPLIST_H

#include "apply/preflight.h"

/* each step that is to be done, with why and with what effect; the caller frees it */
char *steplist_to_confirm(const Progress *progress);

/* each step that could be done, with what the preflight checked of it on the target; the caller frees it */
char *steplist_checked(const Progress *progress, const Target *target, const PreflightOptions *options);

#endif
