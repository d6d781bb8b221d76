/* SPDX-License-Identifier: MIT */
/*
 * The rules that bind VMs, of the snapshot and of the policy, one per cluster.
 */
#ifndef TESTS_CHECK_BINDINGS_H
#define TESTS_CHECK_BINDINGS_H

#include "tests/check/world.h"

typedef struct Binding {
    const char *name;
    int type; /* RULE_* of snapshot.h */
    gboolean mandatory;
    GArray *vms;   /* guint */
    GArray *hosts; /* guint */
} Binding;

typedef GPtrArray Bindings; /* Binding * */

/* free with g_ptr_array_unref */
Bindings *bindings_new(const World *world);

gboolean bindings_lists(const GArray *indices, guint index);

/* how many running VMs stand where the rule does not want them */
guint binding_breaches(const Binding *binding, const VmAt *vms);

/* TRUE where the rule is about hosts and forbids this one */
gboolean binding_forbids(const Binding *binding, guint host);

#endif
