/* reply_store.c: durable replies waiting for the works that ask for them. The log is read only as far as it is
 * needed: works are made in about the order in which their replies were used, so few wait here at a time,
 * whatever the log's length. The first outcome of a key is final; a later line with the same key (a run before
 * a crash asked twice) is passed over because the first was taken or is kept.
 */
#include <stdlib.h>
#include <string.h>
#include "pipeline/pipeline.h"

_Static_assert(sizeof((stored_reply *)0)->model >= MODEL_NAME_SIZE, "a stored model's name is a whole one");

struct reply_store {
    reply_reader *source;
    u64map *kept; /* key -> pointer to a malloc'ed stored_reply */
    bool ended;
};

reply_store *reply_store_new(reply_reader *source) {
    reply_store *s = xcalloc(1, sizeof *s);
    s->source = source;
    s->ended = source == NULL;
    s->kept = u64map_new(1024);
    return s;
}

static stored_reply *stored_new(const reply_line *l) {
    stored_reply *k = xcalloc(1, sizeof *k);
    k->req = l->req;
    k->outcome = l->outcome;
    k->n = l->text.n;
    k->text = xmalloc(l->text.n + 1);
    memcpy(k->text, l->text.n ? l->text.p : "", l->text.n);
    k->text[l->text.n] = '\0';
    model_name_safe(l->model, k->model); /* as when it came: changes nothing that this engine wrote */
    return k;
}

static bool take_kept(reply_store *s, uint64_t key, stored_reply *out) {
    uint64_t v;
    if (!u64map_del(s->kept, key, &v)) return false;
    stored_reply *k = (stored_reply *)(uintptr_t)v;
    *out = *k;
    free(k);
    return true;
}

int reply_store_take(reply_store *s, uint64_t key, uint64_t from, stored_reply *out, err *e) {
    if (take_kept(s, key, out)) return 1;
    while (!s->ended) {
        reply_line line;
        int k = reply_reader_next(s->source, &line, e);
        if (k < 0) return -1;
        if (k == 0) {
            s->ended = true;
            break;
        }
        if (line.pos < from) continue;
        uint64_t at = reply_key(line.slot, line.attempt, line.step, line.round);
        uint64_t there;
        if (u64map_get(s->kept, at, &there)) continue;
        u64map_put(s->kept, at, (uint64_t)(uintptr_t)stored_new(&line));
        if (at == key) break;
    }
    return take_kept(s, key, out) ? 1 : 0;
}

size_t reply_store_size(const reply_store *s) {
    return u64map_size(s->kept);
}

void reply_store_free(reply_store *s) {
    if (!s) return;
    stored_reply k;
    /* what no work asked for: replies behind the point where the run stopped */
    for (uint64_t key; u64map_first(s->kept, &key);) {
        if (take_kept(s, key, &k)) free(k.text);
    }
    u64map_free(s->kept);
    reply_reader_close(s->source);
    free(s);
}
