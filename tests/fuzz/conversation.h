/* SPDX-License-Identifier: MIT */
/*
 * A vCenter that says what a text has it say, without a network: how what comes over the wire is tested.
 *
 * A text is made of sections, each begun by a line "--- METHOD [WORD]" and followed by what stands in the
 * answer to a call of that method whose request has the word; a whole document of its own, or a fault, stands
 * as it is. Of several that fit, each answers once, and the last from then on. Nobody is asked for ever:
 * after some hundred calls the server refuses all.
 */
#ifndef TESTS_FUZZ_CONVERSATION_H
#define TESTS_FUZZ_CONVERSATION_H

#include <glib.h>

typedef struct Conversation {
    const char *text;
    gsize length;
} Conversation;

/* collects a snapshot to output, as vmanger-collect does; of several texts the first that has an answer gives
 * it. The warnings of a snapshot are texts, too */
gboolean conversation_collect(const Conversation *texts, guint n_texts, const char *output, GError **error);

/* goes with a plan of a migration, an addition and a host's maintenance through all that vmanger-apply does
 * with a vCenter: view, checks, steps, their ends, and what became of those of an earlier run */
gboolean conversation_apply(const Conversation *texts, guint n_texts, GError **error);

#endif
