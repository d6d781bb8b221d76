/* SPDX-License-Identifier: MIT */
/*
 * Assessments of many sites, made apart, as one: the file that analyze would have written of all their
 * snapshots in one run, and what a person, a page and Prometheus are told of it, site by site. Sites are read
 * one after the other and freed; of each only its clusters and counts are kept.
 *
 * A site that cannot be had does not end the others: it is left out, and why is told everywhere.
 */
#ifndef ANALYZE_FLEET_H
#define ANALYZE_FLEET_H

#include "analyze/assessment.h"
#include "collect/prometheus.h"
#include "collect/style.h"

typedef struct Site {
    char *path;
    char *name;        /* the file's, without .csv; of an assessment.csv that of its directory */
    char *left_out;    /* why; NULL: it is in */
    char *digest;      /* of the file as it was read; NULL where it could not be */
    gint64 taken_at;   /* of its newest snapshot, seconds since 1970; -1: not known */
    guint n_snapshots; /* of its rows #snapshot */
    guint clusters, hosts[STATE_BALANCED + 1], vms[STATE_BALANCED + 1]; /* by state */
    Load cpu, memory;                                                   /* of all its clusters */
    guint first_cluster;                                                /* of the fleet's, where it is in */
} Site;

typedef struct Fleet {
    GPtrArray *sites; /* Site, as named */
    Assessment *head; /* the rows before the table, and the clusters of all sites that are in */
} Fleet;

/* what a site is called by a file of it: the file's name without .csv, or that of its directory where the
 * file's is the common one ("assessment", "plan"); the caller frees it */
char *fleet_site_name(const char *path, const char *common);

/* reads every file once. stale_after_s: a site whose newest snapshot is so much older than the newest of all
 * is left out; 0: none is. The error is of two of one name, or of no
 * site being left */
Fleet *fleet_read(char *const *paths, gint64 stale_after_s, GError **error);

void fleet_free(Fleet *fleet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fleet, fleet_free)

/* reads them again and writes them as one; a file that has changed since is an error. Sites that are left out
 * have a row `#left_out,NAME,why` */
gboolean fleet_write(const Fleet *fleet, const char *path, const OpenPgp *keys, GError **error);

/* the sum over all states, of a site's hosts or VMs; and how many of both are not measured */
guint site_count(const guint *by_state);
guint site_not_measured(const Site *site);

/* how many sites are left out */
guint fleet_left_out(const Fleet *fleet);

/* how many hosts or VMs of the sites that are in are in a state */
guint fleet_hosts(const Fleet *fleet, State state);
guint fleet_vms(const Fleet *fleet, State state);

/* what a person reads: what is left out, the sites on which something is hot or short, those with most first,
 * at most so many (0: all), and a line of counts. The caller frees it */
char *fleet_text(const Fleet *fleet, guint most, const Style *style);

/* gauges of each site, and of its clusters those of metrics.h that need no more than their loads */
void fleet_metrics(const Fleet *fleet, Prometheus *prometheus);

#endif
