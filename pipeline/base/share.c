/* share.c: where the files lie that are installed beside the command: built-in populations, the embedded
 * server's launcher and table of models. The executable tells: an installed one has ../share/populace, one in
 * a build folder has share/populace in it or above it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/base/base.h"

static char *share_try(arena *a, const char *root, const char *below, const char *rel) {
    char *path = path_join(a, path_join(a, root, below), rel);
    return access(path, R_OK) == 0 ? path : NULL;
}

char *share_path(arena *a, const char *rel) {
    const char *given = getenv("POPULACE_SHARE");
    if (given && *given) return share_try(a, given, ".", rel);
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n <= 0) return NULL;
    exe[n] = '\0';
    char *slash = strrchr(exe, '/');
    if (!slash) return NULL;
    *slash = '\0';
    static const char *const below[] = {"../share/populace",       "build/share/populace",
                                        "share/populace",          "../../share/populace",
                                        "../../../share/populace", "../../../../share/populace"};
    for (size_t i = 0; i < COUNT_OF(below); i++) {
        char *path = share_try(a, exe, below[i], rel);
        if (path) return path;
    }
    return NULL;
}
