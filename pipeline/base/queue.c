/* queue.c: the bounded queue of batches between two threads.
 *
 * A mutex and a condition: a node is a batch, so the lock is taken some hundred times a second and a lock-free
 * ring would buy nothing. `wake` runs after the lock is given back: it may take locks of its own.
 */
#include "pipeline/base/base.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t some;
    queue_node *first, **last;
    size_t nodes, bytes;
    size_t max_nodes, max_bytes; /* 0: no limit */
    bool closed;
    void (*wake)(void *);
    void *wake_arg;
};

queue *queue_new(size_t max_nodes, size_t max_bytes, void (*wake)(void *), void *wake_arg) {
    queue *q = xcalloc(1, sizeof *q);
    q->last = &q->first;
    q->max_nodes = max_nodes;
    q->max_bytes = max_bytes;
    q->wake = wake;
    q->wake_arg = wake_arg;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&q->some, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&q->lock, NULL);
    return q;
}

void queue_free(queue *q) {
    if (!q) return;
    if (q->first) abort();
    pthread_cond_destroy(&q->some);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

void queue_push(queue *q, queue_node *n) {
    pthread_mutex_lock(&q->lock);
    bool was_empty = q->first == NULL;
    n->next = NULL;
    *q->last = n;
    q->last = &n->next;
    q->nodes++;
    q->bytes += n->bytes;
    if (was_empty) pthread_cond_signal(&q->some);
    pthread_mutex_unlock(&q->lock);
    if (was_empty && q->wake) q->wake(q->wake_arg);
}

bool queue_full(queue *q) {
    pthread_mutex_lock(&q->lock);
    bool full = (q->max_nodes && q->nodes >= q->max_nodes) || (q->max_bytes && q->bytes >= q->max_bytes);
    pthread_mutex_unlock(&q->lock);
    return full;
}

static queue_node *take_locked(queue *q) {
    queue_node *all = q->first;
    q->first = NULL;
    q->last = &q->first;
    q->nodes = q->bytes = 0;
    return all;
}

queue_node *queue_take(queue *q) {
    pthread_mutex_lock(&q->lock);
    queue_node *all = take_locked(q);
    pthread_mutex_unlock(&q->lock);
    return all;
}

static struct timespec time_in(int ms) {
    uint64_t at = clock_ns() + (uint64_t)ms * 1000000u;
    return (struct timespec){(time_t)(at / 1000000000u), (long)(at % 1000000000u)};
}

queue_node *queue_wait(queue *q, int ms) {
    struct timespec until = time_in(ms < 0 ? 0 : ms);
    int r = 0;
    pthread_mutex_lock(&q->lock);
    while (!q->first && !q->closed && r != ETIMEDOUT) {
        if (ms < 0)
            pthread_cond_wait(&q->some, &q->lock);
        else
            r = pthread_cond_timedwait(&q->some, &q->lock, &until);
    }
    queue_node *all = take_locked(q);
    pthread_mutex_unlock(&q->lock);
    return all;
}

void queue_close(queue *q) {
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->some);
    pthread_mutex_unlock(&q->lock);
}

size_t queue_size(queue *q) {
    pthread_mutex_lock(&q->lock);
    size_t n = q->nodes;
    pthread_mutex_unlock(&q->lock);
    return n;
}
