/* SPDX-License-Identifier: MIT */
/*
 * Runs the unit tests: tests/unit/test_NAME.c defines test_NAME_suite, which adds its tests to CUnit's list.
 */
#include <CUnit/Basic.h>
#include <stdlib.h>

/* SUITES(X), the names of all test_NAME.c, comes from the Makefile. */
#define DECLARE(name) void test_##name##_suite(void);
#define CALL(name) test_##name##_suite();

SUITES(DECLARE)

int main(void)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return EXIT_FAILURE;
    SUITES(CALL)
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_ErrorCode ran = CU_basic_run_tests();
    unsigned int failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return ran == CUE_SUCCESS && failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
