/* SPDX-License-Identifier: MIT */
/*
 * Virtual hardware versions: which ESXi runs which, and what a VM of each can have. After "Hardware Features
 * Available with Virtual Machine Compatibility Settings" of vSphere 6.7 to 8.0 and VMware's article 2007240.
 */
#ifndef PLAN_HARDWARE_H
#define PLAN_HARDWARE_H

#define HARDWARE_NEWER (-1) /* of a release that is newer than what is known here */

/* 21 of "vmx-21"; 0 for any other text */
int hardware_number(const char *version);

/* the newest version that a product runs: 21 of "VMware ESXi 8.0.2"; HARDWARE_NEWER, or 0 for what is no ESXi
 * release */
int hardware_of_product(const char *product);

/* the most vCPUs and MiB of a VM of the version; INFINITY where it is not known */
double hardware_max_vcpus(int number);
double hardware_max_memory_mib(int number);

#endif
