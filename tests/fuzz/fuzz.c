/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer's entry: FUZZ_FORMAT names what is fuzzed (hosts.csv … journal.csv); its good file becomes
 * FUZZ_CORPUS/good.
 */
#include "tests/fuzz/corpus.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* libFuzzer calls the entry with nothing but bytes. */
static Corpus *seeds;
static guint format;

static void clean(void)
{
    corpus_free(seeds);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    const char *wanted = g_getenv("FUZZ_FORMAT"), *directory = g_getenv("FUZZ_CORPUS");
    while (format < corpus_count() && g_strcmp0(corpus_name(format), wanted) != 0)
        format++;
    if (format == corpus_count() || !directory) {
        for (guint i = 0; i < corpus_count(); i++)
            g_print("%s\n", corpus_name(i));
        exit(wanted ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    seeds = corpus_new();
    atexit(clean);
    gsize length;
    const char *bytes = corpus_bytes(seeds, format, &length);
    g_autofree char *good = g_build_filename(directory, "good", NULL);
    return g_file_set_contents(good, bytes, (gssize)length, NULL) ? 0 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    if (!corpus_try(seeds, format, (const char *)bytes, length, &error) && !(error && *error->message))
        g_error("refused without a word");
    return 0;
}
