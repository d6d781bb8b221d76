/* SPDX-License-Identifier: MIT */
/*
 * What became of a migration, by where its domain is: on the host that it left, the one that it went to, on
 * both while it is under way, and whether a job is active there. A peer-to-peer migration is the source's
 * libvirtd's own and goes on when whoever asked for it is gone.
 */
#ifndef APPLY_DOMAINPLACE_H
#define APPLY_DOMAINPLACE_H

#include "apply/target.h"

typedef enum {
    PLACE_SILENT,   /* the host does not answer */
    PLACE_ABSENT,   /* it knows no such domain */
    PLACE_DEFINED,  /* it knows it, and it does not run */
    PLACE_INCOMING, /* it is paused since it comes in, or was stopped to go: libvirt shows no job on the host
                       that receives */
    PLACE_PAUSED,
    PLACE_RUNNING
} PlaceState;

typedef struct Place {
    PlaceState state;
    gboolean has_job;    /* one is active on the domain there */
    gboolean is_resumed; /* it runs again after a migration had stopped it to go */
} Place;

/* how it ended: END_UNKNOWN while it is under way, or cannot be told. is_cold: the domain is migrated while
 * it does not run. words, where not NULL, receive what is found, or NULL: for END_FAILED and END_UNKNOWN, and
 * what is to be told beside of others; the caller frees them */
EndKind domain_place_judge(Place from, Place to, gboolean is_cold, char **words);

#endif
