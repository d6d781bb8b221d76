/* SPDX-License-Identifier: MIT */
/*
 * A policy's values: from text into the field of their key, and back. The owner of the field is a Policy, or
 * for the keys of [rule NAME] a PolicyRule, of [size NAME] a SizeRule.
 */
#ifndef ANALYZE_POLICYVALUE_H
#define ANALYZE_POLICYVALUE_H

#include "analyze/policykeys.h"

/* puts a value into the key's field, in the place of what it holds; FALSE where it is none */
gboolean policyvalue_set(const PolicyKey *key, const char *value, gpointer owner);

/* what would have been a value, in words; the caller frees */
char *policyvalue_expected(const PolicyKey *key, const char *value);

/* appends the field's value in one form, whatever it was written in; nothing of hours, on which no decision
 * depends */
void policyvalue_append(GString *line, const PolicyKey *key, gconstpointer owner);

/* frees what the field holds */
void policyvalue_clear(const PolicyKey *key, gpointer owner);

/* the word's index; -1 where it is none of them */
int policyvalue_word(const char *const *words, const char *value);

/* TRUE where there are control characters, which no value has */
gboolean policyvalue_has_control(const char *value);

#endif
