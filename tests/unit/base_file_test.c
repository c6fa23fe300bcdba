/* base_file_test.c: reading, writing and publishing files. */
#include "pipeline/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[256];

static int make_dir(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/populace_test_XXXXXX", base && *base ? base : P_tmpdir);
    return mkdtemp(dir) ? 0 : 1;
}

static int drop_one(const char *path, const struct stat *st, int kind, struct FTW *walk) {
    (void)st, (void)kind, (void)walk;
    return remove(path);
}

static int drop_dir(void **state) {
    (void)state;
    return nftw(dir, drop_one, 8, FTW_DEPTH | FTW_PHYS);
}

static bool file_holds(const char *name, const char *want) {
    arena *a = arena_new(0);
    buf b = {0};
    bool same = file_read(path_join(a, dir, name), 1 << 20, &b, NULL) && str_is(buf_view(&b), want);
    buf_free(&b);
    arena_free(a);
    return same;
}

static void publish_replaces_whole_files(void **state) {
    (void)state;
    err e;
    assert_true(file_publish(dir, "f", STR("first, longer"), &e));
    assert_true(file_holds("f", "first, longer"));
    assert_true(file_publish(dir, "f", STR("second"), &e));
    assert_true(file_holds("f", "second"));
    assert_true(file_publish(dir, "empty", STR(""), &e));
    assert_true(file_holds("empty", ""));
    assert_false(file_holds("f.tmp", "second"));
}

static void publish_says_what_failed(void **state) {
    (void)state;
    err e;
    arena *a = arena_new(0);
    assert_false(file_publish("/nowhere/at/all", "f", STR("x"), &e));
    assert_string_equal(e.text, "cannot create /nowhere/at/all/f.tmp: No such file or directory");
    assert_true(file_make_dir(path_join(a, dir, "taken/sub"), &e));
    assert_false(file_publish(dir, "taken", STR("x"), &e));
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.text, "taken"));
    assert_int_equal(access(path_join(a, dir, "taken.tmp"), F_OK), -1); /* not left behind */
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_false(file_publish_fd(ends[1], dir, "p.tmp", "p", &e)); /* a pipe cannot be synced */
    assert_non_null(strstr(e.text, "cannot sync"));
    assert_non_null(strstr(e.text, "p.tmp"));
    close(ends[0]);
    close(ends[1]);
    arena_free(a);
}

static void publish_fd_renames_what_is_open(void **state) {
    (void)state;
    err e;
    arena *a = arena_new(0);
    int fd = open(path_join(a, dir, "log.tmp"), O_WRONLY | O_CREAT, 0600);
    assert_true(file_write_all(fd, "abc", 3, "log.tmp", &e));
    assert_true(file_publish_fd(fd, dir, "log.tmp", "log", &e));
    assert_true(file_write_all(fd, "def", 3, "log", &e));
    close(fd);
    assert_true(file_holds("log", "abcdef"));
    arena_free(a);
}

static void full_disks_are_told_apart(void **state) {
    (void)state;
    err e;
    int fd = open("/dev/full", O_WRONLY);
    assert_true(fd >= 0);
    assert_false(file_write_all(fd, "x", 1, "log", &e));
    assert_int_equal(e.code, ERR_DISK_FULL);
    assert_string_equal(e.text, "cannot write log: No space left on device");
    close(fd);
}

static void read_appends_and_limits(void **state) {
    (void)state;
    err e;
    buf b = {0};
    arena *a = arena_new(0);
    assert_true(file_publish(dir, "ten", STR("0123456789"), &e));
    const char *path = path_join(a, dir, "ten");
    buf_z(&b, "head ");
    assert_true(file_read(path, 10, &b, &e));
    assert_true(str_is(buf_view(&b), "head 0123456789"));
    assert_false(file_read(path, 9, &b, &e));
    assert_int_equal(e.code, ERR_FORMAT);
    assert_non_null(strstr(e.text, "9 bytes"));
    assert_int_equal(b.n, 15);
    assert_false(file_read(path_join(a, dir, "none"), 10, &b, &e));
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.text, "none: No such file"));
    assert_false(file_read(dir, 10, &b, &e));
    assert_int_equal(b.n, 15);
    buf_free(&b);
    arena_free(a);
}

static void directories_are_made_with_parents(void **state) {
    (void)state;
    err e;
    arena *a = arena_new(0);
    struct stat st;
    const char *path = path_join(a, dir, "a//b/c/");
    assert_true(file_make_dir(path, &e) && file_make_dir(path, &e));
    assert_true(stat(path, &st) == 0 && S_ISDIR(st.st_mode));
    assert_true(file_publish(dir, "plain", STR(""), &e));
    assert_false(file_make_dir(path_join(a, dir, "plain"), &e));
    assert_false(file_make_dir(path_join(a, dir, "plain/x"), &e));
    assert_non_null(strstr(e.text, "plain: Not a directory"));
    assert_false(file_make_dir("", &e));
    assert_true(file_sync_dir("", &e));
    assert_false(file_sync_dir(path_join(a, dir, "plain"), &e));
    assert_string_equal(path_join(a, "", "n"), "n");
    assert_string_equal(path_join(a, "d", "n"), "d/n");
    assert_string_equal(path_join(a, "d/", "n"), "d/n");
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(publish_replaces_whole_files),    cmocka_unit_test(publish_says_what_failed),
        cmocka_unit_test(publish_fd_renames_what_is_open), cmocka_unit_test(full_disks_are_told_apart),
        cmocka_unit_test(read_appends_and_limits),         cmocka_unit_test(directories_are_made_with_parents),
    };
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
