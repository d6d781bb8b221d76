/* SPDX-License-Identifier: MIT */
/*
 * One migration through libvirt: virDomainMigrateToURI3, live and peer to peer, so that the source's libvirtd
 * carries it out and goes on where the caller dies. It blocks its thread to the end; a second thread does the
 * call, so that this one can watch the job (virDomainGetJobStats) and abort it.
 *
 * It works on copies alone: whoever asked for it may be gone before it ends.
 */
#ifndef APPLY_LIBVIRTMOVE_H
#define APPLY_LIBVIRTMOVE_H

#include "apply/domainplace.h"
#include "collect/libvirt.h"
#include "collect/libvirthosts.h"

/* one host, as libvirthosts.h has it */
typedef struct Peer {
    char *uri, *name, *peer_uri, *migrate_uri;
} Peer;

Peer peer_of(const LibvirtHost *host);
void peer_clear(Peer *peer);

/* of all migrations of a run */
typedef struct MoveOptions {
    int tls;                           /* LIBVIRT_TLS_… of analyze/policy.h */
    gboolean auto_converge, post_copy; /* what is done where the guest writes faster than is copied */
    double rate_mbps;                  /* Mbit/s at most */
    double limit_s;                    /* after which it is aborted; 0: never */
    guint timeout_s;                   /* of a connection that falls silent */
} MoveOptions;

/* what one migration has found that others need not find again, shared by all of a run's */
typedef struct MoveNotes MoveNotes;
MoveNotes *move_notes_new(void);
MoveNotes *move_notes_ref(MoveNotes *notes);
void move_notes_unref(MoveNotes *notes);

typedef struct Move {
    Peer from, to;
    char *uuid, *name; /* of the domain */
    gboolean is_cold;  /* it does not run: its definition alone moves */
    MoveOptions options;
    MoveNotes *notes;
} Move;

void move_clear(Move *move);

/* told from time to time how many percent are copied, in the thread of libvirt_move */
typedef void MoveProgress(double pct, gpointer data);

/* migrates. end->detail receives the figures of one that succeeded, a list as the journal has it; else
 * libvirt's words with the host that said them; warning what is to be told beside, or NULL; the caller frees
 * both */
void libvirt_move(const Move *move, MoveProgress *progress, gpointer data, StepEnd *end, char **warning);

/* a rate in the unit in which libvirt takes it, rounded down but never to 0, which has no limit; 0 has none
 */
unsigned long long libvirt_mib_per_s(double rate_mbps);

/* what the driver of a host knows no migration with: Xen's has neither TLS nor limits */
typedef struct MoveRefusals {
    unsigned int flags; /* VIR_MIGRATE_… */
    gboolean bandwidth;
} MoveRefusals;

/* FALSE where nothing is refused, or TLS is and has to be. lost receives what was asked for and is done
 * without, or NULL where that is nothing; the caller frees it */
gboolean libvirt_does_without(MoveRefusals refused, const MoveOptions *options, char **lost);

/* whether these words of libvirt say that a host has no certificates for migrations */
gboolean libvirt_lacks_tls(const char *words);

/* the same figures, of the last migration that brought the domain to its host; NULL where it does not tell */
char *libvirt_move_figures(virDomain *domain);

/* where the domain is, of a connection to the host (NULL: it does not answer) */
Place libvirt_place(virConnect *connection, const char *uuid);

/* aborts the domain's migration away from its host where that has taken longer; TRUE where it did. libvirt
 * aborts none whose guest runs on the other host already */
gboolean libvirt_abort_overdue(virConnect *connection, const char *uuid, double limit_s);

/* FALSE, and libvirt's words, where the source's libvirtd would not migrate the domain, or does not reach the
 * other host's: asked for by a migration that cannot come about, since the description that it brings along
 * is of another domain, which is looked at last, after the connection was made */
gboolean libvirt_would_move(virDomain *domain, const Peer *from, const Peer *to, gboolean is_cold,
                            GError **error);

#endif
