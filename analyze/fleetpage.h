/* SPDX-License-Identifier: MIT */
/*
 * A fleet as a page for people: sites, those that are left out first, then clusters. VMs stay on the pages of
 * their sites, so that this one opens fast whatever the fleet.
 */
#ifndef ANALYZE_FLEETPAGE_H
#define ANALYZE_FLEETPAGE_H

#include "analyze/fleet.h"
#include "analyze/page.h"

gboolean fleet_page_write(Page *page, const Fleet *fleet, GError **error);

#endif
