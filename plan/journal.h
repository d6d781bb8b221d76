/* SPDX-License-Identifier: MIT */
/*
 * journal.csv: what apply did, row by row, appended and flushed before and after every call that changes
 * anything. Each row's `chain` is SHA-256 over the chain before it, a line feed and the row's own bytes
 * before its last comma, so that an edited or removed row shows. plan reads journals as history.
 */
#ifndef PLAN_JOURNAL_H
#define PLAN_JOURNAL_H

#include "plan/changeplan.h"

typedef enum {
    EVENT_RUN_STARTED,
    EVENT_APPROVED,
    EVENT_CHECKED,
    EVENT_INTENT,
    EVENT_SUBMITTED,
    EVENT_UNKNOWN,
    EVENT_SUCCEEDED,
    EVENT_FAILED,
    EVENT_REFUSED,
    EVENT_SKIPPED,
    EVENT_INTERRUPTED,
    EVENT_RESOLVED,
    EVENT_RUN_ENDED
} JournalEvent;

extern const char *const event_names[]; /* NULL-terminated */

typedef struct JournalRow {
    double seq;  /* from 1, one more each row */
    gint64 time; /* the target's clock */
    const char *run, *plan, *source_id, *user, *host, *account;
    double step; /* NAN for rows of the run itself */
    int event;   /* JournalEvent */
    int action;  /* Action, or -1 */
    const char *object_id, *object, *instance_uuid, *cluster_id, *from_id, *from, *to_id, *to, *unit, *task,
        *detail;
    const char *chain;
} JournalRow;

/* a row with nothing known in it */
JournalRow journal_row_unknown(void);

/* what a row leaves its step as */
typedef enum {
    LEAVES_AS_IT_WAS,
    LEAVES_OPEN,   /* begun, and its end is not known */
    LEAVES_DONE,   /* its effect stands */
    LEAVES_UNDONE, /* it had no effect, or none that stands */
} JournalLeaves;

/* of resolved rows only one that begins with JOURNAL_NOT_STARTED ends the step; of any other the row that
 * follows does, and where it is missing (a kill between the two) the step is still open */
JournalLeaves journal_row_leaves(const JournalRow *row);

/* what the detail of a resolved row of a step that had not been started begins with */
#define JOURNAL_NOT_STARTED "it had not been started"

/* the value of a key of the list that a detail holds, or ends with, as it stands there: percent-encoded (the
 * last one of that key); NULL where it has none; free with g_free */
char *journal_text_in(const char *detail, const char *key);

/* the same as a number; NAN where it is not there, or none */
double journal_number_in(const char *detail, const char *key);

/* the detail of a succeeded step on a host's mode that found it so already: "in", "out of" */
#define JOURNAL_FOUND_SO "it was %s maintenance mode already"
gboolean journal_row_found_it_so(const JournalRow *row);

/* kinds of targets: a vCenter, named by its instance UUID; hosts that libvirt manages, by what their file
 * calls the estate; or the directory of a snapshot, named by its digest, on a copy of which a plan is
 * rehearsed */
#define JOURNAL_VCENTER "vcenter"
#define JOURNAL_LIBVIRT "libvirt"
#define JOURNAL_DIRECTORY "directory"

/* what a run_started row says of its run: that it worked on the target that kind and id name; free with
 * g_free */
char *journal_target_text(const char *kind, const char *id);

/* reads it back: "KIND ID", or KIND alone as apply once wrote it; "" for any other row. It is part of the
 * row's detail */
const char *journal_row_target(const JournalRow *row);

/* TRUE where a target as journal_row_target has it is of the kind */
gboolean journal_target_is(const char *target, const char *kind);

/* a row that speaks of a plan's step: its action, object, from and to */
JournalRow journal_row_of_step(const PlanRow *step, JournalEvent event);

typedef struct Journal {
    GArray *rows; /* JournalRow, in file order */
    char *chain;  /* of the last row; 64 zeros where there is none */
    GStringChunk *strings;
    char *path;
    int fd;                     /* -1 for a journal that is only read */
    gint64 size;                /* bytes of the complete rows */
    gint64 torn;                /* bytes of an incomplete last line that journal_open took off */
    gboolean made, found_empty; /* by journal_open */
    gboolean broken;            /* a row could not be written, so that no other is */
    gboolean lazy; /* rows are flushed by journal_flush alone: for trials, of which nothing lasts before their
                      end */
} Journal;

/* reads a whole journal ("-": standard input) and verifies its header, seq and chain; an incomplete last line
 * (a crash while it was written) is an error here */
Journal *journal_read(const char *path, GError **error);

/* what the journal leaves each of its steps as: its number (GSIZE_TO_POINTER) to JournalLeaves
 * (GINT_TO_POINTER); the caller unrefs it. NULL and an error where the end of one is not known */
GHashTable *journal_settled_steps(const Journal *journal, GError **error);

/* what the intent of the step that this row is of says; "" where there is none before it. Not owned */
const char *journal_intent_of(const Journal *journal, guint index);

/* opens a journal to append to, made if need be: locked against a second run, verified, and only then an
 * incomplete last line (its crash before any call could follow) taken off. A file that is not empty and no
 * journal is an error, and stays as it was. So is a symbolic link at path, unless it is followed on purpose
 */
Journal *journal_open(const char *path, gboolean follow, GError **error);

/* a journal without a row is as it was before journal_open */
void journal_forget_empty(Journal *journal);

/* fills seq and chain, appends the row as one line (line breaks in it become spaces) and flushes it to the
 * disk, unless the journal is lazy; the row's copy joins rows. What could not be written whole is taken off
 * again, and from then on every row is an error */
gboolean journal_append(Journal *journal, JournalRow *row, GError **error);

/* flushes all rows to the disk; where it cannot, no row is written any more */
gboolean journal_flush(Journal *journal, GError **error);

void journal_free(Journal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Journal, journal_free)

#endif
