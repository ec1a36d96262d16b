// What Swift's own C library modules do not show: epoll and eventfd, and two calls that glibc declares only under
// _GNU_SOURCE, which the Swift importer does not define. Declarations only; no C code is compiled.
#ifndef CPLATFORM_SHIM_H
#define CPLATFORM_SHIM_H
#include <sys/types.h>
#include <sys/socket.h>
#include <pthread.h>
#ifdef __linux__
#include <sys/epoll.h>
#include <sys/eventfd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
extern int accept4(int, struct sockaddr *, socklen_t *, int);
extern void *memmem(const void *, size_t, const void *, size_t);
extern int pthread_setname_np(pthread_t, const char *);
static const unsigned int CPLATFORM_EPOLLET = 0x80000000u;
#endif
#endif
