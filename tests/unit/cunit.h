/* SPDX-License-Identifier: MIT */
/*
 * CUnit, whose fatal assertions leave the test by longjmp: told to the static analyzer, which cannot see it.
 */
#ifndef TESTS_UNIT_CUNIT_H
#define TESTS_UNIT_CUNIT_H

#include <CUnit/CUnit.h>

#ifdef __clang_analyzer__
#include <stdlib.h>
#undef CU_ASSERT_FATAL
#undef CU_ASSERT_TRUE_FATAL
#undef CU_ASSERT_EQUAL_FATAL
#undef CU_ASSERT_PTR_NOT_NULL_FATAL
#define CU_ASSERT_FATAL(value)                                                                               \
    do {                                                                                                     \
        if (!(value))                                                                                        \
            abort();                                                                                         \
    } while (0)
#define CU_ASSERT_TRUE_FATAL(value) CU_ASSERT_FATAL(value)
#define CU_ASSERT_EQUAL_FATAL(actual, expected) CU_ASSERT_FATAL((actual) == (expected))
#define CU_ASSERT_PTR_NOT_NULL_FATAL(value) CU_ASSERT_FATAL((value) != NULL)
#endif

#endif
