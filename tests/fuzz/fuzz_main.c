/* fuzz_main.c: replays files through a fuzz target, where there is no libFuzzer: a corpus as a test.
 * Arguments are files and folders (walked down, in the order of their names). Exits with 1 if there was no
 * file. */
#include "pipeline/base/base.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t replayed;

static bool replay(const char *path, err *e) {
    buf content = {0};
    bool good = file_read(path, (size_t)1 << 30, &content, e);
    if (good) {
        LLVMFuzzerTestOneInput((const uint8_t *)content.p, content.n);
        replayed++;
    }
    buf_free(&content);
    return good;
}

static bool walk(const char *path, err *e) {
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) return replay(path, e);
    struct dirent **entries;
    int n = scandir(path, &entries, NULL, alphasort);
    bool good = n >= 0;
    arena *a = arena_new(0);
    for (int i = 0; i < n; i++) {
        if (good && entries[i]->d_name[0] != '.') good = walk(path_join(a, path, entries[i]->d_name), e);
        free(entries[i]);
    }
    if (n >= 0) free(entries);
    arena_free(a);
    return good;
}

int main(int argc, char **argv) {
    err e = {.text = "cannot list a folder"};
    for (int i = 1; i < argc; i++) {
        if (walk(argv[i], &e)) continue;
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    printf("%zu inputs replayed\n", replayed);
    return replayed == 0;
}
