/* crash_point.c: named places where a test may kill the process.
 *
 * POP_CRASH_AT is read once: "name" dies there the first time, "name:N" the Nth time, counted over all threads.
 * The last colon divides if a number follows it; names may hold colons themselves.
 */
#include "pipeline/base/base.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_KILLED = 137 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static str wanted;
static atomic_llong left;

static void read_wish(void) {
    const char *env = getenv("POP_CRASH_AT");
    if (!env) return;
    /* copied: the environment may be changed later */
    char *copy = strdup(env);
    if (!copy) abort();
    wanted = str_of(copy);
    int64_t times = 1;
    const char *colon = strrchr(copy, ':');
    size_t name = colon ? (size_t)(colon - copy) : 0;
    if (colon && str_i64(str_part(wanted, name + 1, wanted.n), &times)) wanted.n = name;
    atomic_store(&left, times);
}

void crash_point(const char *name) {
    pthread_once(&once, read_wish);
    if (wanted.n == 0 || !str_is(wanted, name)) return;
    if (atomic_fetch_sub(&left, 1) <= 1) _exit(STATUS_KILLED);
}
