/* file.c: whole files in and out, and the one place where a file is published.
 *
 * Publishing: DIR/name.tmp is written and fsynced before rename() makes it DIR/name, and DIR is fsynced behind
 * that. So after a crash at any point DIR/name is the old file or the new one, whole, and once file_publish has
 * returned true it is the new one. A left-over .tmp is overwritten by the next publication of that name. Crash
 * points: publish:after_write (the .tmp is durable), publish:after_rename (DIR not yet fsynced).
 */
#include "pipeline/base/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_again(const char *path, int flags) {
    int fd;
    do fd = open(path, flags | O_CLOEXEC, 0666);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static bool read_all(int fd, const char *path, size_t limit, buf *out, err *e) {
    size_t got = 0;
    for (;;) {
        buf_reserve(out, 1 << 16);
        ssize_t n = read(fd, out->p + out->n, out->cap - out->n);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return err_errno(e, errno, "cannot read", path);
        if (n == 0) return true;
        got += (size_t)n;
        if (got > limit)
            return err_set(e, ERR_FORMAT, NULL, "%s is larger than the limit of %zu bytes", path, limit);
        out->n += (size_t)n;
    }
}

bool file_read(const char *path, size_t limit, buf *out, err *e) {
    int fd = open_again(path, O_RDONLY);
    if (fd < 0) return err_errno(e, errno, "cannot open", path);
    size_t before = out->n;
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size <= limit)
        buf_reserve(out, (size_t)st.st_size + (1 << 16));
    bool good = read_all(fd, path, limit, out, e);
    if (!good) out->n = before;
    close(fd);
    return good;
}

bool file_write_all(int fd, const void *p, size_t n, const char *path, err *e) {
    const char *at = p;
    while (n) {
        ssize_t done = write(fd, at, n);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return err_errno(e, errno, "cannot write", path);
        at += done;
        n -= (size_t)done;
    }
    return true;
}

/* Not tried again on failure: the kernel may have dropped the dirty pages, a second fsync would lie. */
static bool sync_fd(int fd, const char *path, err *e) {
    return fsync(fd) == 0 || err_errno(e, errno, "cannot sync", path);
}

bool file_sync_dir(const char *dir, err *e) {
    const char *path = *dir ? dir : ".";
    int fd = open_again(path, O_RDONLY | O_DIRECTORY);
    if (fd < 0) return err_errno(e, errno, "cannot open", path);
    bool good = sync_fd(fd, path, e);
    close(fd);
    return good;
}

bool file_publish_fd(int fd, const char *dir, const char *tmp, const char *name, err *e) {
    arena *a = arena_new(0);
    const char *from = path_join(a, dir, tmp), *to = path_join(a, dir, name);
    bool good = sync_fd(fd, from, e);
    if (good) {
        crash_point("publish:after_write");
        good = rename(from, to) == 0 || err_errno(e, errno, "cannot rename to", to);
    }
    if (good) {
        crash_point("publish:after_rename");
        good = file_sync_dir(dir, e);
    }
    arena_free(a);
    return good;
}

bool file_publish(const char *dir, const char *name, str content, err *e) {
    arena *a = arena_new(0);
    const char *tmp = str_printf(a, "%s.tmp", name).p, *path = path_join(a, dir, tmp);
    int fd = open_again(path, O_WRONLY | O_CREAT | O_TRUNC);
    bool good = fd >= 0 || err_errno(e, errno, "cannot create", path);
    if (good) {
        good = file_write_all(fd, content.p, content.n, path, e) && file_publish_fd(fd, dir, tmp, name, e);
        close(fd);
        /* on a full disk the half-written file would keep the space that a checkpoint needs */
        if (!good) unlink(path);
    }
    arena_free(a);
    return good;
}

static bool make_one(const char *path, err *e) {
    if (mkdir(path, 0777) == 0) return true;
    int why = errno;
    struct stat st;
    if (stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode)) return true;
        why = ENOTDIR;
    }
    return err_errno(e, why, "cannot make directory", path);
}

bool file_make_dir(const char *path, err *e) {
    arena *a = arena_new(0);
    char *part = str_z(a, str_of(path));
    bool good = true;
    for (size_t i = 1; good && *part && part[i]; i++) {
        if (part[i] != '/' || part[i - 1] == '/') continue;
        part[i] = 0;
        good = make_one(part, e);
        part[i] = '/';
    }
    good = good && make_one(part, e);
    arena_free(a);
    return good;
}

bool file_dir_holds(const char *path) {
    DIR *d = opendir(path);
    bool found = false;
    struct stat st;
    for (struct dirent *x; d && !found && (x = readdir(d));)
        found = fstatat(dirfd(d), x->d_name, &st, 0) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
    if (d) closedir(d);
    return found;
}

bool file_dir_vacant(const char *path) {
    DIR *h = opendir(path);
    if (!h) return errno == ENOENT;
    bool vacant = true;
    for (struct dirent *at; vacant && (at = readdir(h));)
        vacant = !strcmp(at->d_name, ".") || !strcmp(at->d_name, "..");
    closedir(h);
    return vacant;
}

char *path_join(arena *a, const char *dir, const char *name) {
    size_t n = strlen(dir);
    const char *slash = n == 0 || dir[n - 1] == '/' ? "" : "/";
    return str_z(a, str_printf(a, "%s%s%s", dir, slash, name));
}

bool file_replace(const char *dir, const char *name, str content, err *e) {
    arena *a = arena_new(0);
    const char *tmp = path_join(a, dir, str_printf(a, "%s.tmp", name).p), *path = path_join(a, dir, name);
    int fd = open_again(tmp, O_WRONLY | O_CREAT | O_TRUNC);
    bool good = fd >= 0 || err_errno(e, errno, "cannot create", tmp);
    if (good) {
        good = file_write_all(fd, content.p, content.n, tmp, e);
        close(fd);
        if (good) good = rename(tmp, path) == 0 || err_errno(e, errno, "cannot rename to", path);
        if (!good) unlink(tmp);
    }
    arena_free(a);
    return good;
}

bool file_set_aside(const char *dir, const char *name, const char *suffix, err *e) {
    arena *a = arena_new(0);
    const char *from = path_join(a, dir, name), *to = NULL;
    for (unsigned k = 0; !to || access(to, F_OK) == 0; k++)
        to = path_join(a, dir,
                       k ? str_printf(a, "%s.%u%s", name, k, suffix).p : str_printf(a, "%s%s", name, suffix).p);
    bool good = rename(from, to) == 0 || err_errno(e, errno, "cannot rename", from);
    arena_free(a);
    return good && file_sync_dir(dir, e);
}
