/* dir_lock.c: one process writes a directory: flock on DIR/lock, which ends with the process. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>
#include "pipeline/pipeline.h"

bool dir_lock(const char *dir, int *fd, err *e) {
    char path[4200];
    snprintf(path, sizeof path, "%s/lock", dir);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*fd < 0) return err_errno(e, errno, "cannot create", path);
    /* a command that only reads holds it for a moment when it clears up */
    for (int tries = 0; tries < 10; tries++) {
        if (flock(*fd, LOCK_EX | LOCK_NB) == 0) return true;
        if (errno != EWOULDBLOCK) break;
        usleep(20000);
    }
    if (errno == EWOULDBLOCK)
        return err_set(e, ERR_LOCKED,
                       "`populace status DIR` shows how it is going; wait for it, or stop it first",
                       "another process is working in %s", dir);
    return err_errno(e, errno, "cannot lock", path);
}
