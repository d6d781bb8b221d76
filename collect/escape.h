/* SPDX-License-Identifier: MIT */
/*
 * Names come from tenants and may be hostile: each is escaped for the place where it goes.
 */
#ifndef COLLECT_ESCAPE_H
#define COLLECT_ESCAPE_H

#include <glib.h>

/* an id as the files hold it: space, comma, quote, control and '%' bytes, and a first character of = + - @ '
 * #, are percent-encoded; the caller frees it */
char *escape_id(const char *id);

/* TRUE where escape_id would change nothing */
gboolean escape_id_is_clean(const char *id);

/* TRUE where a spreadsheet would take the text for a formula: it is then written with a leading ' */
gboolean escape_is_formula(const char *text);

/* TRUE where a spreadsheet might take the text for anything but text, in one of the languages of Europe: a
 * formula, a number that it writes in another way (0012, 1E5, 4 123), a date (1-2, MAR1), a Boolean */
gboolean escape_is_rewritten(const char *text);

/* TRUE for what acts on a terminal, or hides or reorders what follows it: a name could then show as another
 * one */
gboolean escape_is_hidden(gunichar c);

/* for a terminal or a log: control characters, bidirectional marks and line breaks become \u{HEX}; the caller
 * frees */
char *escape_for_terminal(const char *text);

/* for an error message: in quotes, printable, at most 60 characters and an ellipsis; "nothing" where empty;
 * the caller frees it */
char *escape_for_message(const char *text);

#endif
