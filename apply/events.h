/* SPDX-License-Identifier: MIT */
/*
 * Each row of the journal, told at once to whom the command line names: as one line of JSON on standard
 * error, as a message by RFC 5424 to the socket of a system log. Both carry all that the row has, the chain
 * too, so that the last one is the journal's head. The journal is the record: what cannot be told is a
 * warning.
 */
#ifndef APPLY_EVENTS_H
#define APPLY_EVENTS_H

#include "collect/program.h"
#include "plan/journal.h"

typedef struct Events Events;

/* json: lines on standard error; log_socket: a Unix datagram socket, or NULL. NULL and an error where there
 * is none. The program outlives it */
Events *events_new(const Program *program, gboolean json, const char *log_socket, GError **error);
void events_free(Events *events);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Events, events_free)

/* tells a row that stands in the journal */
void events_tell(Events *events, const JournalRow *row);

/* the row as a JSON object on one line, with its line feed; the caller frees it */
char *events_json(const JournalRow *row);

/* the row as a message by RFC 5424: at a time in it (RFC 3339), of a process; the caller frees it */
char *events_syslog(const JournalRow *row, const char *time, int pid);

#endif
