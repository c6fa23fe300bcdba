/* population_hash.c: the hash that tells populations apart (FORMAT §12): of the composed tree as compact JSON,
 * every scalar a string, nothing null, documentation left out, and what is in another file replaced by the hash
 * of its bytes. So neither comments nor YAML or JSON nor the place of a file show in it, and one byte of a
 * prompt does. A prompt that stands in the population file is replaced likewise: moving it to a file changes
 * nothing.
 */
#include "taxonomy/compose/compose_parts.h"

typedef struct hashing {
    const population *p;
    diags *d;
    buf out;
} hashing;

static void put_scalar(hashing *h, const tree *t, place at) {
    str bytes;
    if (t->nothing) {
        buf_z(&h->out, "null");
    } else if (place_ref(at, t) == REF_NONE) {
        buf_json(&h->out, t->text);
    } else if (place_bytes(h->p, at, t, h->d, &bytes)) {
        char hex[33];
        hash_hex(hash_128(bytes), hex);
        buf_json(&h->out, str_of(hex));
    }
}

static void put_tree(hashing *h, const tree *t, place at) {
    if (t->kind == TREE_SCALAR) {
        put_scalar(h, t, at);
        return;
    }
    bool is_map = t->kind == TREE_MAP, first = true;
    buf_char(&h->out, is_map ? '{' : '[');
    for (uint32_t i = 0; i < t->n; i++) {
        const tree_member *m = is_map ? &t->member[i] : NULL;
        if (m && place_drops(at, m->key, m->value)) continue;
        if (!first) buf_char(&h->out, ',');
        first = false;
        if (m) {
            buf_json(&h->out, m->key);
            buf_char(&h->out, ':');
        }
        /* an item of a list is no reference: a choice may have a value that ends in .csv, a lexicon's item is a
         * term */
        put_tree(h, m ? m->value : t->item[i], m ? place_below(at, t, m->key) : PLACE_PLAIN);
    }
    buf_char(&h->out, is_map ? '}' : ']');
}

void tree_canonical(const population *p, const tree *t, place at, diags *d, buf *out) {
    hashing h = {.p = p, .d = d, .out = *out};
    put_tree(&h, t, at);
    *out = h.out;
}

hash128 compose_hash(const population *p, diags *d) {
    buf b = {0};
    tree_canonical(p, p->composed->top, PLACE_TOP, d, &b);
    hash128 made = hash_128(buf_view(&b));
    buf_free(&b);
    return made;
}
