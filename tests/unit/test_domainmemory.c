/* SPDX-License-Identifier: MIT */
#include "apply/domainmemory.h"
#include "tests/unit/cunit.h"

#include <math.h>
#include <string.h>

void test_domainmemory_suite(void);

#define MIB 1024.0
#define BLOCK (128 * MIB)
#define DIMM(mib)                                                                                            \
    "<memory model='dimm'><target><size unit='KiB'>" mib "</size><node>0</node></target></memory>"
#define VIRTIO                                                                                               \
    "<memory model='virtio-mem'><target><size unit='KiB'>524288</size><node>0</node>"                        \
    "<block unit='KiB'>2048</block><requested unit='KiB'>131072</requested>"                                 \
    "<current unit='KiB'>131072</current></target><alias name='ua-&amp;'/></memory>"
#define ON_ITS_WAY                                                                                           \
    "<memory model='virtio-mem'><target><size unit='KiB'>524288</size><node>0</node>"                        \
    "<block unit='KiB'>2048</block><requested unit='KiB'>262144</requested>"                                 \
    "<current unit='KiB'>131072</current></target></memory>"
#define BALLOON "<memballoon model='virtio'/>"
#define SLOTS "<maxMemory slots='2' unit='KiB'>1048576</maxMemory>"

/* a domain of that total and current size, in KiB */
static DomainMemory *memory_of(const char *most, const char *total, const char *current, const char *devices)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *xml =
        g_strdup_printf("<domain>%s<memory unit='KiB'>%s</memory><currentMemory unit='KiB'>%s</currentMemory>"
                        "<cpu><numa><cell id='0'/></numa></cpu><devices>%s</devices></domain>",
                        most, total, current, devices);
    DomainMemory *memory = domain_memory_parse(xml, "web", &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    return memory;
}

static void changes(DomainMemory *memory, double to_mib, MemoryMeans means, double to_kib, guint devices)
{
    g_auto(MemoryChange) change = {0};
    g_autofree char *why = NULL;
    CU_ASSERT_TRUE_FATAL(domain_memory_change(memory, to_mib * MIB, BLOCK, &change, &why));
    CU_ASSERT_EQUAL(change.means, means);
    CU_ASSERT_EQUAL(change.to_kib, to_kib);
    CU_ASSERT_EQUAL(change.devices->len, devices);
}

static void is_refused(DomainMemory *memory, double to_mib, const char *words)
{
    g_auto(MemoryChange) change = {0};
    g_autofree char *why = NULL;
    CU_ASSERT_FALSE_FATAL(domain_memory_change(memory, to_mib * MIB, BLOCK, &change, &why));
    CU_ASSERT_STRING_EQUAL(why, words);
}

static void a_dimm_is_whole_blocks_of_the_guest(void)
{
    g_autoptr(DomainMemory) memory = memory_of(SLOTS, "262144", "262144", BALLOON DIMM("131072"));
    changes(memory, 384, MEMORY_BY_DIMM, 128 * MIB, 0);
    changes(memory, 512, MEMORY_BY_DIMM, 256 * MIB, 0);
    is_refused(memory, 320,
               "its guest takes memory in by blocks of 128 MiB, and 64 MiB are no whole number of them");
    is_refused(memory, 1152, "it would be above its maxMemory of 1024 MiB");
    g_autofree char *xml = domain_memory_dimm(memory, 128 * MIB);
    CU_ASSERT_STRING_EQUAL(
        xml, "<memory model='dimm'><target><size unit='KiB'>131072</size><node>0</node></target></memory>");
}

static void without_a_slot_or_a_block_nothing_is_plugged(void)
{
    g_autoptr(DomainMemory) full =
        memory_of(SLOTS, "393216", "393216", BALLOON DIMM("131072") DIMM("131072"));
    is_refused(full, 512, "all 2 slots for DIMMs are taken");
    g_autoptr(DomainMemory) plain = memory_of("", "131072", "131072", BALLOON);
    is_refused(plain, 256,
               "it has 128 MiB at most, and neither free slots for DIMMs (maxMemory) nor a "
               "virtio-mem with so much room");
    g_autoptr(DomainMemory) memory = memory_of(SLOTS, "131072", "131072", BALLOON);
    g_auto(MemoryChange) change = {0};
    g_autofree char *why = NULL;
    CU_ASSERT_FALSE(domain_memory_change(memory, 256 * MIB, NAN, &change, &why));
    CU_ASSERT_STRING_EQUAL(why, "in what blocks its guest takes memory in is not known");
}

static void a_balloon_gives_back_before_anything_is_plugged(void)
{
    g_autoptr(DomainMemory) memory = memory_of(SLOTS, "262144", "131072", BALLOON);
    changes(memory, 192, MEMORY_BY_BALLOON, 192 * MIB, 0);
    changes(memory, 256, MEMORY_BY_BALLOON, 256 * MIB, 0);
    changes(memory, 64, MEMORY_BY_BALLOON, 64 * MIB, 0);
    g_autoptr(DomainMemory) none = memory_of("", "262144", "131072", "<memballoon model='none'/>");
    is_refused(none, 64, "it has no balloon, no virtio-mem and no DIMMs of that size");
}

static void a_virtio_mem_is_requested_in_its_own_blocks(void)
{
    g_autoptr(DomainMemory) memory = memory_of(SLOTS, "655360", "262144", BALLOON VIRTIO);
    changes(memory, 258, MEMORY_BY_VIRTIO_MEM, 130 * MIB, 1);
    changes(memory, 128, MEMORY_BY_VIRTIO_MEM, 0, 1);
    changes(memory, 640, MEMORY_BY_VIRTIO_MEM, 512 * MIB, 1);
    /* What it cannot give is the balloon's to take. */
    changes(memory, 96, MEMORY_BY_BALLOON, 96 * MIB, 0);
    is_refused(memory, 257,
               "its guest takes memory in by blocks of 128 MiB, and 1 MiB are no whole number of them");
    const MemoryDevice *device = &g_array_index(memory->devices, MemoryDevice, 0);
    g_autofree char *xml = memory_device_requesting(device, 4096);
    CU_ASSERT_PTR_NOT_NULL(strstr(xml, "<requested unit=\"KiB\">4096</requested>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(xml, "<alias name=\"ua-&amp;\"/>"));
}

static void a_virtio_mem_on_its_way_is_left_alone(void)
{
    g_autoptr(DomainMemory) memory = memory_of(SLOTS, "655360", "262144", BALLOON ON_ITS_WAY);
    is_refused(memory, 128,
               "its virtio-mem was asked for 256 MiB, and its guest has come to 128 MiB of them");
    is_refused(memory, 512,
               "its virtio-mem was asked for 256 MiB, and its guest has come to 128 MiB of them");
}

static gboolean is_same(DomainMemory *running, DomainMemory *saved)
{
    gboolean same = domain_memory_is_same(running, saved);
    domain_memory_free(running);
    domain_memory_free(saved);
    return same;
}

static void what_is_not_saved_is_found(void)
{
    CU_ASSERT_TRUE(
        is_same(memory_of("", "262144", "131072", BALLOON), memory_of("", "262144", "131072", BALLOON)));
    CU_ASSERT_FALSE(
        is_same(memory_of("", "262144", "131072", BALLOON), memory_of("", "262144", "262144", BALLOON)));
    CU_ASSERT_TRUE(
        is_same(memory_of(SLOTS, "655360", "262144", VIRTIO), memory_of(SLOTS, "655360", "655360", VIRTIO)));
    CU_ASSERT_FALSE(is_same(memory_of(SLOTS, "655360", "262144", VIRTIO),
                            memory_of(SLOTS, "655360", "262144", ON_ITS_WAY)));
    CU_ASSERT_FALSE(is_same(memory_of(SLOTS, "393216", "393216", DIMM("131072")),
                            memory_of(SLOTS, "262144", "262144", "")));
}

static void dimms_are_unplugged_whole(void)
{
    g_autoptr(DomainMemory) memory =
        memory_of(SLOTS, "524288", "524288", BALLOON DIMM("262144") DIMM("131072"));
    changes(memory, 384, MEMORY_BY_DIMM, 0, 1);
    changes(memory, 128, MEMORY_BY_DIMM, 0, 2);
    changes(memory, 448, MEMORY_BY_BALLOON, 448 * MIB, 0); /* none is of that size */
}

static void what_is_no_domain_is_an_error(void)
{
    static const char *const texts[] = {
        "", "<domain/>", "<domain><memory>x</memory></domain>",
        "<!DOCTYPE d [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><domain>&a;</domain>"};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(DomainMemory) memory = domain_memory_parse(texts[i], "web", &error);
        CU_ASSERT_PTR_NULL(memory);
        CU_ASSERT_STRING_EQUAL(error->message, "web: found a description without a size of its memory");
    }
}

void test_domainmemory_suite(void)
{
    CU_pSuite suite = CU_add_suite("a domain's memory", NULL, NULL);
    CU_ADD_TEST(suite, a_dimm_is_whole_blocks_of_the_guest);
    CU_ADD_TEST(suite, without_a_slot_or_a_block_nothing_is_plugged);
    CU_ADD_TEST(suite, a_balloon_gives_back_before_anything_is_plugged);
    CU_ADD_TEST(suite, a_virtio_mem_is_requested_in_its_own_blocks);
    CU_ADD_TEST(suite, a_virtio_mem_on_its_way_is_left_alone);
    CU_ADD_TEST(suite, what_is_not_saved_is_found);
    CU_ADD_TEST(suite, dimms_are_unplugged_whole);
    CU_ADD_TEST(suite, what_is_no_domain_is_an_error);
}
