/* SPDX-License-Identifier: MIT */
/*
 * The errors of the programs.
 */
#ifndef COLLECT_ERROR_H
#define COLLECT_ERROR_H

#include <glib.h>

#define VMANGER_ERROR (vmanger_error_quark())

/* the one error domain of the programs: the message carries all there is to say */
GQuark vmanger_error_quark(void);

/* the codes of its errors */
enum {
    VMANGER_ERROR_FAILED = 0,
    VMANGER_ERROR_STANDS =
        1,                  /* the result is in its place and whole; the message says what else went wrong */
    VMANGER_ERROR_LATER = 2 /* nothing is wrong but the hour: the same can be done later */
};

#endif
