// Loaded into a server under test (LD_PRELOAD). Its clock is off and its disk is slow, by as much
// as a file says that it shares with whoever tests it.

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// The same in loom-server/tests/loom/chaos/knobs.rs.
struct knobs {
    int64_t clock_offset_s;
    int64_t sync_delay_ms;
    // How often each of them was felt.
    int64_t clocks_read;
    int64_t syncs_delayed;
};

static struct knobs at_rest;
static struct knobs *knobs = &at_rest;

__attribute__((constructor)) static void open_knobs(void) {
    const char *path = getenv("LOOM_CHAOS_KNOBS");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *mapped = mmap(NULL, sizeof *knobs, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED)
        knobs = mapped;
    close(fd);
}

static int64_t turned_to(int64_t *knob) { return __atomic_load_n(knob, __ATOMIC_RELAXED); }

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = syscall(SYS_clock_gettime, clock, now);
    int64_t offset_s = turned_to(&knobs->clock_offset_s);
    if (result == 0 && offset_s != 0 && clock == CLOCK_REALTIME) {
        now->tv_sec += offset_s;
        __atomic_fetch_add(&knobs->clocks_read, 1, __ATOMIC_RELAXED);
    }
    return result;
}

static void wait_for_the_disk(void) {
    int64_t delay_ms = turned_to(&knobs->sync_delay_ms);
    if (delay_ms > 0) {
        struct timespec delay = {delay_ms / 1000, delay_ms % 1000 * 1000000};
        nanosleep(&delay, NULL);
        __atomic_fetch_add(&knobs->syncs_delayed, 1, __ATOMIC_RELAXED);
    }
}

int fsync(int fd) {
    wait_for_the_disk();
    return syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
    wait_for_the_disk();
    return syscall(SYS_fdatasync, fd);
}
