/* shim.c: a disk that fails, for tests: preloaded with LD_PRELOAD, it lets one kind of call fail on files of
 * one name.
 *
 * FAULT=op:name:nth. op is sync (fsync and fdatasync fail with EIO), write (the nth write is half done, all
 * later ones fail with ENOSPC: what a disk does that fills up), rename or link (EIO). name: a part of the path;
 * nth counts from 1 the calls that match. sync, rename and link fail once. FAULT_LOG, a file: gets a line when
 * it strikes, so that a test knows that it did.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_int calls;

static bool is_wanted(const char *op, const char *path) {
    const char *f = getenv("FAULT");
    size_t n = strlen(op);
    if (!f || strncmp(f, op, n) != 0 || f[n] != ':') return false;
    const char *name = f + n + 1, *colon = strrchr(f, ':');
    char part[256];
    size_t k = (size_t)(colon - name);
    if (colon < name || k >= sizeof part) return false;
    memcpy(part, name, k);
    part[k] = '\0';
    return strstr(path, part) != NULL;
}

/* 0: before the nth; 1: the nth; 2: behind it. */
static int turn(void) {
    int nth = (int)strtol(strrchr(getenv("FAULT"), ':') + 1, NULL, 10), at = atomic_fetch_add(&calls, 1) + 1;
    return at < nth ? 0 : at == nth ? 1 : 2;
}

static void note(const char *op, const char *path) {
    const char *log = getenv("FAULT_LOG");
    int fd = log ? open(log, O_WRONLY | O_CREAT | O_APPEND, 0666) : -1;
    if (fd < 0) return;
    dprintf(fd, "%s %s\n", op, path);
    close(fd);
}

static bool fails_once(const char *op, const char *path) {
    if (!is_wanted(op, path) || turn() != 1) return false;
    note(op, path);
    errno = EIO;
    return true;
}

static const char *path_of(int fd, char path[PATH_MAX]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    path[n > 0 ? n : 0] = '\0';
    return path;
}

/* How many bytes may be written: n, or fewer, or -1. */
static ssize_t allowed(int fd, size_t n) {
    char path[PATH_MAX];
    if (!getenv("FAULT") || !is_wanted("write", path_of(fd, path))) return (ssize_t)n;
    int t = turn();
    if (t == 0) return (ssize_t)n;
    if (t == 1 && n > 1) {
        note("write", path);
        return (ssize_t)(n / 2);
    }
    errno = ENOSPC;
    return -1;
}

#define NEXT(name, type) ((type)dlsym(RTLD_NEXT, name))

ssize_t write(int fd, const void *p, size_t n) {
    static ssize_t (*next)(int, const void *, size_t);
    if (!next) next = NEXT("write", ssize_t(*)(int, const void *, size_t));
    ssize_t k = allowed(fd, n);
    return k < 0 ? -1 : next(fd, p, (size_t)k);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at) {
    static ssize_t (*next)(int, const void *, size_t, off64_t);
    if (!next) next = NEXT("pwrite64", ssize_t(*)(int, const void *, size_t, off64_t));
    ssize_t k = allowed(fd, n);
    return k < 0 ? -1 : next(fd, p, (size_t)k, at);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at) {
    return pwrite64(fd, p, n, at);
}

int fsync(int fd) {
    static int (*next)(int);
    char path[PATH_MAX];
    if (!next) next = NEXT("fsync", int (*)(int));
    return fails_once("sync", path_of(fd, path)) ? -1 : next(fd);
}

int fdatasync(int fd) {
    static int (*next)(int);
    char path[PATH_MAX];
    if (!next) next = NEXT("fdatasync", int (*)(int));
    return fails_once("sync", path_of(fd, path)) ? -1 : next(fd);
}

int rename(const char *from, const char *to) {
    static int (*next)(const char *, const char *);
    if (!next) next = NEXT("rename", int (*)(const char *, const char *));
    return fails_once("rename", to) ? -1 : next(from, to);
}

int link(const char *from, const char *to) {
    static int (*next)(const char *, const char *);
    if (!next) next = NEXT("link", int (*)(const char *, const char *));
    return fails_once("link", to) ? -1 : next(from, to);
}
