/* call_heap.c: binary heaps of calls: by position for those that may start, by time for those that wait for
 * another try. */
#include "pipeline/model/transfer.h"

bool call_before_by_pos(const call *a, const call *b) {
    return a->pos < b->pos;
}

bool call_before_by_time(const call *a, const call *b) {
    return a->in.not_before_ns < b->in.not_before_ns;
}

void call_heap_push(call_heap *h, call *k) {
    if (h->n == h->cap) {
        h->cap = h->cap ? h->cap * 2 : 256;
        h->item = xrealloc(h->item, h->cap * sizeof *h->item);
    }
    size_t i = h->n++;
    for (; i > 0 && h->before(k, h->item[(i - 1) / 2]); i = (i - 1) / 2) h->item[i] = h->item[(i - 1) / 2];
    h->item[i] = k;
}

call *call_heap_pop(call_heap *h) {
    call *top = h->item[0], *k = h->item[--h->n];
    size_t i = 0;
    for (;;) {
        size_t c = 2 * i + 1;
        if (c >= h->n) break;
        if (c + 1 < h->n && h->before(h->item[c + 1], h->item[c])) c++;
        if (!h->before(h->item[c], k)) break;
        h->item[i] = h->item[c];
        i = c;
    }
    h->item[i] = k;
    return top;
}
