/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer's entry: FUZZ_FORMAT names what is fuzzed (hosts.csv … journal.csv); its good file becomes
 * FUZZ_CORPUS/good.
 */
#include "tests/fuzz/specimens.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* libFuzzer calls the entry with nothing but bytes. */
static Specimens *specimens;
static guint format;

static void clean(void)
{
    specimens_free(specimens);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    const char *wanted = g_getenv("FUZZ_FORMAT"), *corpus = g_getenv("FUZZ_CORPUS");
    while (format < specimens_count() && g_strcmp0(specimen_name(format), wanted) != 0)
        format++;
    if (format == specimens_count() || !corpus) {
        for (guint i = 0; i < specimens_count(); i++)
            g_print("%s\n", specimen_name(i));
        exit(wanted ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    specimens = specimens_new();
    atexit(clean);
    gsize length;
    const char *bytes = specimen_bytes(specimens, format, &length);
    g_autofree char *good = g_build_filename(corpus, "good", NULL);
    return g_file_set_contents(good, bytes, (gssize)length, NULL) ? 0 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    if (!specimen_try(specimens, format, (const char *)bytes, length, &error) && !(error && *error->message))
        g_error("refused without a word");
    return 0;
}
