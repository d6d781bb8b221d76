/* SPDX-License-Identifier: MIT */
/*
 * What a host can be full of: memory, and CPU and memory that are reserved. A mover counts in full on both
 * hosts while it moves; a host that is over already may take nothing more of that kind.
 */
#ifndef PLAN_ROOM_H
#define PLAN_ROOM_H

#include "plan/change.h"

typedef enum { ROOM_MEMORY, ROOM_CPU_RESERVATION, ROOM_MEMORY_RESERVATION, N_ROOMS } RoomKind;

extern const char *const room_words[N_ROOMS]; /* "memory", "CPU reservations", … */

/* amounts by RoomKind: KiB, MHz, MiB */
typedef struct Room {
    double of[N_ROOMS];
} Room;

/* what the host has for VMs, without its hypervisor's share of reservations, and what it holds as the model
 * stands: to the memory that VMs have reserved comes what each needs to run */
Room room_of_host(const Model *model, guint host);
Room room_held(const Model *model, guint host);

/* what the VM holds on its host: nothing where it does not run */
Room room_of_vm(const Model *model, guint vm);

/* what a change brings to its host `to` */
Room room_taken_by(const Model *model, const Change *change);

/* "has 24000 MHz of CPU reserved by its VMs, above the 16000 MHz that it has", of a host that more is
 * reserved of than there is; NULL for another. The caller frees it */
char *room_words_of_overreserved(const Model *model, guint host);

/* the first kind of which a host that holds so much has too little, among those that it is brought some of;
 * -1 where there is none: what brings nothing of a kind cannot be at fault for it */
int room_lacking(const Model *model, guint host, const Room *held, const Room *brought);

/* the same for a change as the model stands */
int room_lacking_for(const Model *model, const Change *change);

#endif
