/* SPDX-License-Identifier: MIT */
/*
 * For LD_PRELOAD: counts the allocations that one library makes through the functions it lets others set
 * (FAULT_LIBRARY: curl, xml or csv), and lets the FAULT_AT-th (from 1) fail; with FAULT_STAYS every later
 * one, too. FAULT_COUNT names a file that receives how many there were.
 */
#include <csv.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <libxml/xmlmemory.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_int calls;
static curl_malloc_callback curl_malloc;
static curl_realloc_callback curl_realloc;
static curl_strdup_callback curl_strdup;
static curl_calloc_callback curl_calloc;

static int is_library(const char *name)
{
    const char *library = getenv("FAULT_LIBRARY");
    return library && strcmp(library, name) == 0;
}

static int fails(void)
{
    const char *at = getenv("FAULT_AT");
    int call = atomic_fetch_add(&calls, 1) + 1, nth = at ? (int)strtol(at, NULL, 10) : 0;
    return nth > 0 && (call == nth || (call > nth && getenv("FAULT_STAYS") != NULL));
}

static void *failing_malloc(size_t size)
{
    return fails() ? NULL : malloc(size);
}

static void *failing_realloc(void *memory, size_t size)
{
    return fails() ? NULL : realloc(memory, size);
}

static char *failing_strdup(const char *text)
{
    return fails() ? NULL : strdup(text);
}

static void *curl_failing_malloc(size_t size)
{
    return fails() ? NULL : curl_malloc(size);
}

static void *curl_failing_realloc(void *memory, size_t size)
{
    return fails() ? NULL : curl_realloc(memory, size);
}

static char *curl_failing_strdup(const char *text)
{
    return fails() ? NULL : curl_strdup(text);
}

static void *curl_failing_calloc(size_t n, size_t size)
{
    return fails() ? NULL : curl_calloc(n, size);
}

/* In place of libcurl's, which the programs call with allocators of their own. */
CURLcode failing_curl_start(long flags, curl_malloc_callback m, curl_free_callback f, curl_realloc_callback r,
                            curl_strdup_callback s, curl_calloc_callback c) __asm__("curl_global_init_mem");
CURLcode failing_curl_start(long flags, curl_malloc_callback m, curl_free_callback f, curl_realloc_callback r,
                            curl_strdup_callback s, curl_calloc_callback c)
{
    CURLcode (*real)(long, curl_malloc_callback, curl_free_callback, curl_realloc_callback,
                     curl_strdup_callback, curl_calloc_callback);
    void *symbol = dlsym(RTLD_NEXT, "curl_global_init_mem");
    memcpy(&real, &symbol, sizeof real);
    if (!is_library("curl"))
        return real(flags, m, f, r, s, c);
    curl_malloc = m;
    curl_realloc = r;
    curl_strdup = s;
    curl_calloc = c;
    return real(flags, curl_failing_malloc, f, curl_failing_realloc, curl_failing_strdup,
                curl_failing_calloc);
}

int failing_csv_init(struct csv_parser *parser, unsigned char options) __asm__("csv_init");
int failing_csv_init(struct csv_parser *parser, unsigned char options)
{
    int (*real)(struct csv_parser *, unsigned char);
    void *symbol = dlsym(RTLD_NEXT, "csv_init");
    memcpy(&real, &symbol, sizeof real);
    int result = real(parser, options);
    if (result == 0 && is_library("csv"))
        csv_set_realloc_func(parser, failing_realloc);
    return result;
}

__attribute__((constructor)) static void set_up(void)
{
    if (is_library("xml"))
        xmlMemSetup(free, failing_malloc, failing_realloc, failing_strdup);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("FAULT_COUNT");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (fd >= 0 && dprintf(fd, "%d\n", atomic_load(&calls)) > 0)
        close(fd);
}
