/* SPDX-License-Identifier: MIT */
/*
 * The keys that a policy may have, each with its section, default and bounds; and what an unknown one may
 * have meant.
 */
#ifndef ANALYZE_POLICYKEYS_H
#define ANALYZE_POLICYKEYS_H

#include "analyze/policyfields.h"

#define POLICY_RULE_PREFIX "rule "
#define POLICY_SIZE_PREFIX "size "

typedef enum {
    KEY_WHOLE,
    KEY_DECIMAL,
    KEY_THRESHOLD, /* a decimal number, or empty: NAN */
    KEY_WORD,      /* index in words */
    KEY_VMS,       /* patterns of VMs, separated by ';' */
    KEY_HOSTS,     /* of hosts */
    KEY_WEEKHOURS, /* entries separated by ';' */
    KEY_WINDOWS,   /* k/n */
    KEY_TEXT       /* one of words, where there are any, or empty */
} PolicyKeyType;

typedef struct PolicyKey {
    const char *section, *name;
    PolicyKeyType type;
    gsize offset; /* of the field in Policy (PolicyRule, SizeRule in a section of a name) */
    const char *fallback;
    double least, most;
    const char *const *words;
} PolicyKey;

typedef struct PolicyKeys {
    const PolicyKey *at;
    guint n;
} PolicyKeys;

/* those of the policy itself, of every [rule NAME] and of every [size NAME] */
extern const PolicyKeys policykeys_own, policykeys_of_rule, policykeys_of_size;

/* the sections without a name; NULL-terminated */
extern const char *const policykeys_sections[];

/* the words of a rule's type, in the order of snapshot.h; NULL-terminated */
extern const char *const policykeys_rule_types[];

/* TRUE for [rule NAME] and [size NAME] */
gboolean policykeys_is_named(const char *section);

/* NULL where the section has none of that name */
const PolicyKey *policykeys_find(const char *section, const char *name);

/* TRUE for a list of patterns */
gboolean policykey_is_list(const PolicyKey *key);

/* What an unknown key of a section may have meant: the key of that name elsewhere, else the nearest one of
 * the section. The same for one that is set alone, as only those of [plan] can be, and for a section. The
 * caller frees */
char *policykeys_expected(const char *section, const char *name);
char *policykeys_expected_alone(const char *name);
char *policykeys_expected_section(const char *section);

#endif
