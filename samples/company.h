/* SPDX-License-Identifier: MIT */
/*
 * The company of samples/snapshot: Nordwind, three clusters in Hamburg, 16 hosts, some 200 VMs, and on them
 * one example of everything that analyze and plan tell apart.
 */
#ifndef SAMPLES_COMPANY_H
#define SAMPLES_COMPANY_H

#include "samples/fleet.h"

/* builds the company as it stands at an instant */
Fleet *company_new(guint64 seed, gint64 taken_at, GError **error);

#endif
