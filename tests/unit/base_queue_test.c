/* base_queue_test.c: the queue between two threads, and the clock. */
#include "pipeline/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>

typedef struct item {
    queue_node node;
    int value;
} item;

static void count_wake(void *arg) {
    ++*(int *)arg;
}

static void order_limits_and_wakes(void **state) {
    (void)state;
    int wakes = 0;
    item items[3] = {{{NULL, 10}, 0}, {{NULL, 10}, 1}, {{NULL, 85}, 2}};
    queue *q = queue_new(3, 100, count_wake, &wakes);
    assert_null(queue_take(q));
    queue_push(q, &items[0].node);
    queue_push(q, &items[1].node);
    assert_int_equal(wakes, 1);
    assert_false(queue_full(q));
    queue_push(q, &items[2].node);
    assert_true(queue_full(q));
    assert_int_equal(queue_size(q), 3);
    queue_node *n = queue_take(q);
    for (int i = 0; i < 3; i++, n = n->next) assert_ptr_equal(n, &items[i].node);
    assert_null(n);
    assert_int_equal(queue_size(q), 0);
    assert_false(queue_full(q));
    items[2].node.bytes = 100;
    queue_push(q, &items[2].node);
    assert_int_equal(wakes, 2);
    assert_true(queue_full(q)); /* by bytes */
    assert_ptr_equal(queue_take(q), &items[2].node);
    queue_free(q);
    queue_free(NULL);
}

static void wait_ends_by_time_and_by_close(void **state) {
    (void)state;
    item last = {{NULL, 1}, 0};
    queue *q = queue_new(0, 0, NULL, NULL);
    assert_null(queue_wait(q, 0));
    assert_null(queue_wait(q, 1));
    queue_push(q, &last.node);
    assert_false(queue_full(q)); /* without limits never */
    queue_close(q);
    assert_ptr_equal(queue_wait(q, -1), &last.node);
    assert_null(queue_wait(q, -1));
    queue_free(q);
}

enum { MANY = 20000 };

typedef struct consumer {
    queue *q;
    int seen;
    bool ordered;
} consumer;

static void *consume(void *arg) {
    consumer *c = arg;
    for (queue_node *n; (n = queue_wait(c->q, -1));)
        for (; n; n = n->next)
            if (((item *)n)->value != c->seen++) c->ordered = false;
    return NULL;
}

static void a_thread_gets_all_in_order(void **state) {
    (void)state;
    item *items = xcalloc(MANY, sizeof *items);
    consumer c = {queue_new(10, 0, NULL, NULL), 0, true};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, consume, &c), 0);
    for (int i = 0; i < MANY; i++) {
        items[i].value = i;
        queue_push(c.q, &items[i].node);
    }
    queue_close(c.q);
    pthread_join(thread, NULL);
    assert_true(c.ordered);
    assert_int_equal(c.seen, MANY);
    queue_free(c.q);
    free(items);
}

static void the_clock_goes_forward(void **state) {
    (void)state;
    uint64_t before = clock_ns();
    assert_true(before > 0);
    for (int i = 0; i < 1000; i++) {
        uint64_t now = clock_ns();
        assert_true(now >= before);
        before = now;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_limits_and_wakes),
        cmocka_unit_test(wait_ends_by_time_and_by_close),
        cmocka_unit_test(a_thread_gets_all_in_order),
        cmocka_unit_test(the_clock_goes_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
