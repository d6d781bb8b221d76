/* SPDX-License-Identifier: MIT */
#include "plan/fault.h"
#include "tests/unit/cunit.h"

void test_fault_suite(void);

static void assert_scope(const char *text, FaultScope expected, const char *fault)
{
    const char *found;
    CU_ASSERT_EQUAL(fault_scope(text, &found), expected);
    CU_ASSERT_STRING_EQUAL(found, fault);
    CU_ASSERT_EQUAL(fault_scope(text, NULL), expected);
}

static void a_fault_is_the_vms_the_pairs_or_passes(void)
{
    assert_scope("DeviceNotSupported: Device USB", FAULT_OF_VM, "DeviceNotSupported: Device USB");
    assert_scope("MethodDisabled", FAULT_OF_VM, "MethodDisabled");
    assert_scope("CannotAccessNetwork: a: b: c", FAULT_OF_PAIR, "CannotAccessNetwork: a: b: c");
    assert_scope("CpuIncompatible1ECX: ", FAULT_OF_PAIR, "CpuIncompatible1ECX: ");
    assert_scope("TaskInProgress: later", FAULT_PASSING, "TaskInProgress: later");
    assert_scope("NoPermission: ", FAULT_PASSING, "NoPermission: ");
}

static void an_address_and_a_method_may_stand_before_it(void)
{
    assert_scope("https://vc:8443/sdk: RelocateVM_Task: CannotAccessVmDisk: x", FAULT_OF_PAIR,
                 "CannotAccessVmDisk: x");
    assert_scope("https://vc/sdk: ReconfigVM_Task: InvalidState", FAULT_PASSING, "InvalidState");
}

/* A name from the inventory, such as a VM's, may look like a fault: it never stands so far left. */
static void what_is_no_fault_is_not_taken_for_one(void)
{
    assert_scope("", FAULT_UNKNOWN, "");
    assert_scope("no reason given", FAULT_UNKNOWN, "no reason given");
    assert_scope("SomethingNew: words", FAULT_UNKNOWN, "SomethingNew: words");
    assert_scope("DeviceNotSupportedHere: x", FAULT_UNKNOWN, "DeviceNotSupportedHere: x");
    assert_scope("a: b: c: MethodDisabled: d", FAULT_UNKNOWN, "a: b: c: MethodDisabled: d");
    assert_scope("host was MethodDisabled, is x", FAULT_UNKNOWN, "host was MethodDisabled, is x");
}

static void what_the_journal_adds_is_no_part_of_its_name(void)
{
    assert_scope("MethodDisabled; operation_id=vmanger-1-2", FAULT_OF_VM,
                 "MethodDisabled; operation_id=vmanger-1-2");
    CU_ASSERT_TRUE(fault_is("https://vc/sdk: ReconfigVM_Task: ConcurrentAccess: x", "ConcurrentAccess"));
    CU_ASSERT_TRUE(fault_is("ConcurrentAccess", "ConcurrentAccess"));
    CU_ASSERT_TRUE(fault_is("ConcurrentAccess; operation_id=1", "ConcurrentAccess"));
    CU_ASSERT_FALSE(fault_is("CpuIncompatible1ECX: x", "CpuIncompatible"));
    CU_ASSERT_FALSE(fault_is("InvalidState: ConcurrentAccess", "ConcurrentAccess"));
    CU_ASSERT_FALSE(fault_is("", "ConcurrentAccess"));
}

void test_fault_suite(void)
{
    CU_pSuite suite = CU_add_suite("fault", NULL, NULL);
    CU_ADD_TEST(suite, a_fault_is_the_vms_the_pairs_or_passes);
    CU_ADD_TEST(suite, an_address_and_a_method_may_stand_before_it);
    CU_ADD_TEST(suite, what_the_journal_adds_is_no_part_of_its_name);
    CU_ADD_TEST(suite, what_is_no_fault_is_not_taken_for_one);
}
