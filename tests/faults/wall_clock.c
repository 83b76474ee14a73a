/* Loaded before the C library (LD_PRELOAD): the wall clock is off by as many nanoseconds as the file that
 * CAMPUS_EDGE_CLOCK names holds, from the moment that they are written into it. CLOCK_MONOTONIC is left alone.
 * libfaketime does the same at 80 us a look, and the daemon looks some 10,000 times a second. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *offset_ns;

__attribute__((constructor)) static void begin(void)
{
    const char *name = getenv("CAMPUS_EDGE_CLOCK");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped = file < 0 ? MAP_FAILED : mmap(NULL, 8, PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED)
        abort(); /* a clock that runs true would show nothing */
    offset_ns = mapped;
    close(file);
}

static int64_t now_ns(void)
{
    struct timespec true_time;
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &true_time);
    return true_time.tv_sec * 1000000000LL + true_time.tv_nsec + (offset_ns ? *offset_ns : 0);
}

int clock_gettime(clockid_t clock, struct timespec *found)
{
    if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
        return syscall(SYS_clock_gettime, clock, found);
    int64_t ns = now_ns();
    found->tv_sec = ns / 1000000000;
    found->tv_nsec = ns % 1000000000;
    return 0;
}

int gettimeofday(struct timeval *found, void *zone)
{
    int64_t ns = now_ns();
    (void)zone;
    found->tv_sec = ns / 1000000000;
    found->tv_usec = ns % 1000000000 / 1000;
    return 0;
}

time_t time(time_t *found)
{
    time_t seconds = now_ns() / 1000000000;
    if (found)
        *found = seconds;
    return seconds;
}
