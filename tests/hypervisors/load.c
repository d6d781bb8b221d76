// SPDX-License-Identifier: MIT
// The one program of the lab's guests: uses CPU and memory as it is told, and counts aloud.
//
// It is told by words, on the kernel's command line (with "lab." before each) and later on the serial
// console:
//   busy=PERCENT     of one vCPU, kept busy; above 100 several are
//   use=MIB          memory held, none of it zero; short of memory it holds what there is
//   dirty=MIB        of it, written anew each second
//   poweroff         shuts the guest down; so does the power button
// What it was told on the console it repeats, after "told". Each second it says one line; boot is another
// after each boot:
//   count=12 boot=3f0c... busy=50 use=64 dirty=0 total_kib=107340 available_kib=40212 cpus=1
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

enum {
    MIB = 1 << 20,
    PAGE = 4096,
    MOST_MIB = 1 << 16,
    MOST_CPUS = 64,
    SLICES = 10,     // of a second, in each of which a share of the work is done
    LEFT_MIB = 10,   // which the guest needs to live
    INPUTS = 4,      // devices, of which one is the power button
    LINE_MOST = 4096 // of the kernel's command line
};

static const int64_t NS = 1000000000;

static atomic_long busy_pct;
static long use_mib, dirty_mib; // as told
static long used_mib;           // as held
static uint64_t *memory;        // room for MOST_MIB, of which the first used_mib are held
static size_t next_page;        // to be written anew
static uint64_t noise = 88172645463325252;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS + now.tv_nsec;
}

static void sleep_ns(int64_t ns)
{
    if (ns > 0)
        nanosleep(&(struct timespec){.tv_sec = ns / NS, .tv_nsec = ns % NS}, NULL);
}

static void say(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0)
        abort();
}

// One of several that keep a vCPU busy: the first for the first 100 percent, and so on.
static void *keep_busy(void *which)
{
    long before_me = (long)(intptr_t)which * 100;
    for (;;) {
        long pct = atomic_load(&busy_pct) - before_me;
        pct = pct < 0 ? 0 : pct > 100 ? 100 : pct;
        int64_t start = now_ns(), slice = NS / SLICES;
        while (now_ns() < start + slice * pct / 100) {
        }
        sleep_ns(start + slice - now_ns());
    }
    return NULL;
}

static void set_busy(long pct)
{
    static long threads;
    for (; threads < MOST_CPUS && threads * 100 < pct; threads++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, keep_busy, (void *)(intptr_t)threads) != 0)
            break;
    }
    atomic_store(&busy_pct, pct);
}

// The first line of a file, "" without.
static void read_line(const char *path, char *line, size_t size)
{
    ssize_t length = -1;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        length = read(file, line, size - 1);
        close(file);
    }
    line[length < 0 ? 0 : length] = '\0';
    line[strcspn(line, "\n")] = '\0';
}

// The number after the name in a file of "name number" lines, 0 without.
static long number_in(const char *path, const char *name)
{
    char line[256];
    long number = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0)
            number = strtol(line + strlen(name), NULL, 10);
    }
    fclose(file);
    return number;
}

static void write_page(size_t page)
{
    uint64_t *word = memory + page * (PAGE / sizeof *word);
    for (size_t i = 0; i < PAGE / sizeof *word; i++) {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        word[i] = noise;
    }
}

static void hold_memory(void)
{
    const size_t pages = MIB / PAGE;
    while (used_mib < use_mib && used_mib < MOST_MIB &&
           number_in("/proc/meminfo", "MemAvailable:") > LEFT_MIB * 1024L) {
        for (size_t i = 0; i < pages; i++)
            write_page((size_t)used_mib * pages + i);
        used_mib++;
    }
    if (used_mib > use_mib) {
        madvise((char *)memory + use_mib * MIB, (size_t)(used_mib - use_mib) * MIB, MADV_DONTNEED);
        used_mib = use_mib;
    }
}

static void dirty_memory(void)
{
    size_t pages = (size_t)used_mib * (MIB / PAGE);
    for (size_t i = 0; pages > 0 && i < (size_t)dirty_mib * (MIB / PAGE) / SLICES; i++)
        write_page(next_page++ % pages);
}

static _Noreturn void power_off(void)
{
    say("power off\n");
    sync();
    reboot(RB_POWER_OFF);
    exit(0);
}

static void obey(char *words)
{
    char *rest = NULL;
    for (char *word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (strncmp(word, "busy=", 5) == 0)
            set_busy(strtol(word + 5, NULL, 10));
        else if (strncmp(word, "use=", 4) == 0)
            use_mib = strtol(word + 4, NULL, 10);
        else if (strncmp(word, "dirty=", 6) == 0)
            dirty_mib = strtol(word + 6, NULL, 10);
        else if (strcmp(word, "poweroff") == 0)
            power_off();
    }
}

static void obey_command_line(void)
{
    char line[LINE_MOST], *rest = NULL;
    read_line("/proc/cmdline", line, sizeof line);
    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (strncmp(word, "lab.", 4) == 0)
            obey(word + 4);
    }
}

// A vCPU that was plugged in runs nothing until it is switched on; in other guests udev does that.
static void use_new_cpus(void)
{
    char path[64];
    for (int cpu = 1; cpu < MOST_CPUS; cpu++) {
        (void)snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/online", cpu);
        int file = open(path, O_RDWR | O_CLOEXEC);
        char online = '1';
        if (file < 0)
            continue;
        if (read(file, &online, 1) == 1 && online == '0' && write(file, "1", 1) < 0)
            say("a vCPU cannot be switched on\n");
        close(file);
    }
}

static void count_aloud(long count, const char *boot)
{
    char line[256];
    (void)snprintf(line, sizeof line,
                   "count=%ld boot=%s busy=%ld use=%ld dirty=%ld total_kib=%ld available_kib=%ld cpus=%ld\n",
                   count, boot, atomic_load(&busy_pct), used_mib, dirty_mib,
                   number_in("/proc/meminfo", "MemTotal:"), number_in("/proc/meminfo", "MemAvailable:"),
                   sysconf(_SC_NPROCESSORS_ONLN));
    say(line);
}

// A byte from the console: words are obeyed once their line is whole.
static void hear(char byte)
{
    static char line[256];
    static size_t length;
    if (byte != '\n' && length < sizeof line - 1) {
        line[length++] = byte;
        return;
    }
    line[length] = '\0';
    length = 0;
    say("told ");
    say(line);
    say("\n");
    obey(line);
}

// Hears the console, which is the first, and the input devices until then.
static void listen_until(int64_t then, struct pollfd heard[INPUTS + 1])
{
    for (int64_t left = then - now_ns(); left > 0; left = then - now_ns()) {
        if (poll(heard, INPUTS + 1, (int)(left / (NS / 1000)) + 1) <= 0)
            continue;
        char byte;
        if (heard[0].revents & POLLIN && read(heard[0].fd, &byte, 1) == 1)
            hear(byte);
        struct input_event event;
        for (int i = 1; i <= INPUTS; i++) {
            if (heard[i].revents & POLLIN && read(heard[i].fd, &event, sizeof event) == sizeof event &&
                event.type == EV_KEY && event.code == KEY_POWER)
                power_off();
        }
    }
}

int main(void)
{
    char boot[64];
    read_line("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
    int zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
    memory = mmap(NULL, (size_t)MOST_MIB * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, zero, 0);
    close(zero);
    if (memory == MAP_FAILED)
        return 1;
    struct pollfd heard[INPUTS + 1] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    for (int i = 1; i <= INPUTS; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "/dev/input/event%d", i - 1);
        heard[i] =
            (struct pollfd){.fd = open(path, O_RDONLY | O_CLOEXEC), .events = POLLIN}; // -1 is never heard
    }
    obey_command_line();
    int64_t then = now_ns();
    for (long tick = 0;; tick++) {
        if (tick % SLICES == 0) {
            use_new_cpus();
            hold_memory();
            count_aloud(tick / SLICES, boot);
        }
        dirty_memory();
        then += NS / SLICES;
        if (then < now_ns()) // it could not keep up, or stood still: what was missed is not made up for
            then = now_ns();
        listen_until(then, heard);
    }
}
