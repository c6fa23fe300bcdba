/* base_crash_test.c: crash points, and what a crash leaves of a file that is published.
 * Each case runs in a child: the wish is read once, so the parent must pass no crash point itself. */
#include "pipeline/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

/* The exit status of a child with POP_CRASH_AT=at that passes the points, then publishes "new" as f. */
static int status_of(const char *at, const char *const *points, size_t n) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setenv("POP_CRASH_AT", at, 1);
        for (size_t i = 0; i < n; i++) crash_point(points[i]);
        _exit(n || file_publish(dir, "f", STR("new"), NULL) ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void points_count(void **state) {
    (void)state;
    static const char *const points[] = {"a", "b:x", "a", "a"};
    assert_int_equal(status_of("", points, 4), 0);
    assert_int_equal(status_of("a", points, 1), 137);
    assert_int_equal(status_of("a", points + 1, 1), 0);
    assert_int_equal(status_of("b:x", points, 4), 137);
    assert_int_equal(status_of("b", points, 4), 0);
    assert_int_equal(status_of("a:3", points, 3), 0);
    assert_int_equal(status_of("a:3", points, 4), 137);
    assert_int_equal(status_of("b:x:1", points, 2), 137);
    assert_int_equal(status_of("b:x:2", points, 4), 0);
}

static void put(const char *name, const char *text) {
    char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && file_write_all(fd, text, strlen(text), path, NULL));
    close(fd);
}

static bool holds(const char *name, const char *want) {
    char path[300];
    buf b = {0};
    snprintf(path, sizeof path, "%s/%s", dir, name);
    bool same = file_read(path, 100, &b, NULL) && str_is(buf_view(&b), want);
    buf_free(&b);
    return same;
}

static void a_crash_leaves_the_old_or_the_new(void **state) {
    (void)state;
    put("f", "old");
    assert_int_equal(status_of("publish:after_write", NULL, 0), 137);
    assert_true(holds("f", "old") && holds("f.tmp", "new"));
    assert_int_equal(status_of("publish:after_rename", NULL, 0), 137);
    assert_true(holds("f", "new") && !holds("f.tmp", "new"));
    put("f.tmp", "left over by a crash");
    put("f", "old");
    assert_int_equal(status_of("", NULL, 0), 0);
    assert_true(holds("f", "new") && !holds("f.tmp", "new"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_count),
        cmocka_unit_test(a_crash_leaves_the_old_or_the_new),
    };
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
