/* SPDX-License-Identifier: MIT */
#include "collect/interrupt.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct Interrupt {
    int fd;
    sigset_t mask_before;
    InterruptCame *came; /* NULL: each one ends what is under way */
    gpointer data;
};

Interrupt *interrupt_new(void)
{
    Interrupt *interrupt = g_new0(Interrupt, 1);
    sigset_t caught;
    sigemptyset(&caught);
    sigaddset(&caught, SIGINT);
    sigaddset(&caught, SIGTERM);
    sigaddset(&caught, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &caught, &interrupt->mask_before);
    interrupt->fd = signalfd(-1, &caught, SFD_NONBLOCK | SFD_CLOEXEC);
    return interrupt;
}

void interrupt_free(Interrupt *interrupt)
{
    if (!interrupt)
        return;
    if (interrupt->fd >= 0)
        close(interrupt->fd);
    pthread_sigmask(SIG_SETMASK, &interrupt->mask_before, NULL);
    g_free(interrupt);
}

int interrupt_fd(const Interrupt *interrupt)
{
    return interrupt->fd;
}

const char *interrupt_next(Interrupt *interrupt)
{
    struct signalfd_siginfo came;
    if (read(interrupt->fd, &came, sizeof came) != (ssize_t)sizeof came)
        return NULL;
    return came.ssi_signo == SIGINT ? "SIGINT" : came.ssi_signo == SIGTERM ? "SIGTERM" : "SIGHUP";
}

void interrupt_tell(Interrupt *interrupt, InterruptCame *came, gpointer data)
{
    interrupt->came = came;
    interrupt->data = data;
}

const char *interrupt_ends(Interrupt *interrupt)
{
    const char *name;
    while ((name = interrupt_next(interrupt)))
        if (!interrupt->came || interrupt->came(name, interrupt->data))
            return name;
    return NULL;
}
