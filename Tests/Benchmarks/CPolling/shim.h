// A call that glibc declares only under _GNU_SOURCE, which the Swift importer does not define.
#ifndef CPOLLING_SHIM_H
#define CPOLLING_SHIM_H
#include <poll.h>
#include <signal.h>
#include <time.h>
#ifdef __linux__
extern int ppoll(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
#endif
#endif
