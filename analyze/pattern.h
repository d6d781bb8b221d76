/* SPDX-License-Identifier: MIT */
/*
 * Patterns by which a policy names hosts and VMs: * is any text, ? any character, and no letter's case
 * counts: the DNS names of hosts have none, and that a VM which its owner excluded stays where it is must not
 * hang on a capital.
 */
#ifndef ANALYZE_PATTERN_H
#define ANALYZE_PATTERN_H

#include <glib.h>

/* what a pattern is held against, NULL-terminated; the caller frees it. Of a host: its name, and its short
 * name, which is the first label where the name is a DNS name of several. Of a VM: its name, and folder/name
 * where it stands in a folder */
char **pattern_names_of_host(const char *name);
char **pattern_names_of_vm(const char *folder, const char *name);

/* TRUE where the pattern matches one of the names */
gboolean pattern_matches(const char *pattern, char *const *names);

/* the patterns that one between two ';' stands for, as commas are taken for separators too; the caller frees
 * it */
char **pattern_parts(const char *pattern);

#endif
