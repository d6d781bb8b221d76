/* SPDX-License-Identifier: MIT */
#include "collect/secret.h"

#include <curl/curl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

/* The limit alone would not do: the kernel gives a core to a program that core_pattern names whatever the
 * limit. LeakSanitizer looks into its own process by ptrace, which the second call forbids to all but root.
 */
void secret_guard(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifndef SANITIZED
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

void secret_free(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    g_free(secret);
}

char *secret_of_environment(const char *name)
{
    char *value = getenv(name);
    if (!value || !*value)
        return NULL;
    char *secret = g_strdup(value);
    explicit_bzero(value, strlen(value));
    unsetenv(name);
    return secret;
}

/* ---- libcurl ---- */

static void *wiping_malloc(size_t size)
{
    return malloc(size);
}

static void wiping_free(void *memory)
{
    if (memory)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

/* What realloc itself moves stays behind where it was. */
static void *wiping_realloc(void *memory, size_t size)
{
    size_t present = memory ? malloc_usable_size(memory) : 0;
    if (memory && size > 0 && size <= present)
        return memory;
    void *moved = malloc(MAX(size, 1));
    if (!moved)
        return NULL;
    if (memory)
        memcpy(moved, memory, MIN(present, size));
    wiping_free(memory);
    return moved;
}

static void *wiping_calloc(size_t n, size_t size)
{
    return calloc(n, size);
}

static char *wiping_strdup(const char *text)
{
    return strdup(text);
}

gboolean secret_start_curl(void)
{
    return curl_global_init_mem(CURL_GLOBAL_DEFAULT, wiping_malloc, wiping_free, wiping_realloc,
                                wiping_strdup, wiping_calloc) == CURLE_OK;
}
