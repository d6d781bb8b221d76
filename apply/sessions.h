/* SPDX-License-Identifier: MIT */
/*
 * Other applies, on other machines, at the same vCenter: their sessions are in its list
 * (SessionManager.sessionList) with what they call themselves. A session ends with its apply, or, where that
 * was killed, is silent from then on.
 */
#ifndef APPLY_SESSIONS_H
#define APPLY_SESSIONS_H

#include "collect/vcenter.h"

/* what an apply that changes things calls itself: user, host, process, and the place of its locks; the caller
 * frees it */
char *sessions_agent(void);

/* adds to problems (char *) each apply that is at work there and could not meet us at the machine's lock; to
 * warnings one that has been silent for long. An account that may not read the list (privilege
 * Sessions.TerminateSession) sees none. FALSE only where the server could not be asked */
gboolean sessions_check(Vcenter *vcenter, GPtrArray *problems, GPtrArray *warnings, GError **error);

#endif
