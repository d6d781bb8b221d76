/* SPDX-License-Identifier: MIT */
/*
 * The world of a replay: where each VM is and how large, what it asks for in the present interval, what it
 * gets, and the account of both. Time runs on within an interval from event to event; between two of them all
 * is constant.
 */
#ifndef PLAN_WORLD_H
#define PLAN_WORLD_H

#include "plan/change.h"
#include "plan/loadhistory.h"
#include "plan/measured.h"

/* Of a migrating VM's CPU, so much more is used on each of its two hosts while it moves: 10 %, as CloudSim
 * has it (Beloglazov and Buyya, "Optimal Online Deterministic Algorithms and Adaptive Heuristics …", 2012,
 * after Voorsluys et al., "Cost of Virtual Machine Live Migration in Clouds", 2009) */
#define WORLD_MIGRATION_CPU 0.1

/* the account of a time; minutes and so on are summed over hosts, or over VMs */
typedef struct WorldAccount {
    double minutes;      /* that passed */
    double hot_minutes;  /* hosts over a threshold of the yardstick */
    double full_minutes; /* hosts over 100 % of CPU or memory */
    double cpu_lack;     /* MHz·s asked for and not got: beyond a VM's size, or beyond its host's capacity */
    double cpu_lack_host; /* the latter alone */
    double memory_lack;   /* GiB·min likewise: touched beyond a VM's size, held beyond its host's */
    double memory_lack_host;
    double short_minutes;  /* VMs whose guests touch more than the yardstick's short_pct of their size */
    double on_minutes;     /* hosts that are powered on */
    double in_use_minutes; /* hosts on which VMs run */
} WorldAccount;

typedef struct World World;

/* as the history begins; the yardstick is the policy whose thresholds the account is kept by, whatever policy
 * acts. Both outlive the world */
World *world_new(const LoadHistory *history, const Policy *yardstick);

void world_free(World *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

/* the inventory as it is now: which VMs run, where, and how large; owned by the world */
const Snapshot *world_snapshot(const World *world);

/* begins an interval of the history: what it asks for holds from now on */
void world_begin(World *world, guint interval);

/* a step begins or ends, so many seconds after the interval did; calls ascend in time. A migrating VM runs on
 * its source until the end, holds its memory on both hosts, and costs CPU on both. What grows has grown at
 * the end; memory that was added is held from then on */
void world_step_begins(World *world, double at_s, const Change *change);
void world_step_ends(World *world, double at_s, const Change *change);

/* ends the interval: its account, and what a vCenter would have measured in it, as the next interval of
 * measured. A host over its CPU gives all its VMs the same share of what they ask for; one over its memory
 * balloons the same share of what each holds */
WorldAccount world_end(World *world, Measured *measured);

/* adds an account to another */
void world_account_add(WorldAccount *sum, const WorldAccount *account);

#endif
