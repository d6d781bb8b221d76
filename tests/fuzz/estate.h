/* SPDX-License-Identifier: MIT */
/*
 * Hosts that libvirt manages, without libvirt: their file, and the XML that they would give, become a
 * snapshot as collect makes it.
 */
#ifndef TESTS_FUZZ_ESTATE_H
#define TESTS_FUZZ_ESTATE_H

#include <glib.h>

enum { ESTATE_HOSTS, ESTATE_DOMAIN, ESTATE_CAPABILITIES, ESTATE_DOMAIN_CAPABILITIES, N_ESTATE };

/* good texts of each */
extern const char *const estate_good[N_ESTATE];

/* makes the snapshot at output of these texts: each host has the one domain, running on the first and defined
 * on the others; FALSE and the error where a text is refused */
gboolean estate_collect(const char *const texts[N_ESTATE], const char *output, GError **error);

#endif
