/* SPDX-License-Identifier: MIT */
/*
 * SIGINT, SIGTERM and SIGHUP as something to look at, so that what is under way is taken back in order:
 * temporary files removed, the session logged out.
 */
#ifndef COLLECT_INTERRUPT_H
#define COLLECT_INTERRUPT_H

#include <glib.h>

typedef struct Interrupt Interrupt;

/* from here on the signals do not end the program, until interrupt_free */
Interrupt *interrupt_new(void);

void interrupt_free(Interrupt *interrupt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Interrupt, interrupt_free)

/* becomes readable when one comes: to wait on */
int interrupt_fd(const Interrupt *interrupt);

/* the name of one that has come, "SIGTERM", each once; NULL where there is none */
const char *interrupt_next(Interrupt *interrupt);

/* is told of each one, wherever it is noticed; TRUE: what is under way shall end now */
typedef gboolean InterruptCame(const char *name, gpointer data);

/* who shall be told; without, each one ends what is under way */
void interrupt_tell(Interrupt *interrupt, InterruptCame *came, gpointer data);

/* looks whether one has come: the name of one that ends what is under way; NULL where it may go on */
const char *interrupt_ends(Interrupt *interrupt);

#endif
