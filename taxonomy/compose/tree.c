/* tree.c: the nodes of a composed tree: made, found, measured. A tree is built once and then only read, so
 * subtrees may be shared (aliases, laying over).
 *
 * Nothing has one text: whether it was written `~`, `null` or as the empty scalar, its text is "~".
 */
#include "taxonomy/compose/compose_parts.h"

#include <string.h>

/* ---- the index of a long mapping: open addressing, index of the member + 1; 0: free. It is made anew where
 * the members are given more room, so its size follows from their number. */

enum { LINEAR_KEYS = 32 };

static uint32_t index_mask(uint32_t n) {
    uint32_t size = LINEAR_KEYS;
    while (size < n) size *= 2;
    return size * 2 - 1;
}

static void index_put(tree *map, uint32_t mask, uint32_t member) {
    uint32_t i = (uint32_t)hash_64(map->member[member].key, 0) & mask;
    while (map->index[i]) i = (i + 1) & mask;
    map->index[i] = member + 1;
}

/* The member behind the last one is there now. */
static void index_grow(arena *mem, tree *map) {
    uint32_t n = map->n, mask = index_mask(n + 1);
    if (n < LINEAR_KEYS) return;
    if (n & (n - 1)) {
        index_put(map, mask, n);
        return;
    }
    map->index = arena_new_of(mem, uint32_t, (size_t)mask + 1);
    for (uint32_t i = 0; i <= n; i++) index_put(map, mask, i);
}

static tree_member *member_find(const tree *map, str key) {
    if (map->index) {
        uint32_t mask = index_mask(map->n), i = (uint32_t)hash_64(key, 0) & mask;
        for (; map->index[i]; i = (i + 1) & mask)
            if (str_eq(map->member[map->index[i] - 1].key, key)) return &map->member[map->index[i] - 1];
        return NULL;
    }
    for (uint32_t i = 0; i < map->n; i++)
        if (str_eq(map->member[i].key, key)) return &map->member[i];
    return NULL;
}

const tree *tree_get_str(const tree *map, str key) {
    const tree_member *m = map && map->kind == TREE_MAP ? member_find(map, key) : NULL;
    return m ? m->value : NULL;
}

const tree *tree_get(const tree *map, const char *key) {
    return tree_get_str(map, str_of(key));
}

static size_t digits(str s, size_t at) {
    while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9') at++;
    return at;
}

bool tree_is_number(str s) {
    size_t i = s.n && s.p[0] == '-', from = i;
    i = digits(s, i);
    if (i == from || (s.p[from] == '0' && i > from + 1)) return false;
    if (i < s.n && s.p[i] == '.') {
        from = i + 1;
        i = digits(s, from);
        if (i == from) return false;
    }
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        i++;
        if (i < s.n && (s.p[i] == '+' || s.p[i] == '-')) i++;
        from = i;
        i = digits(s, from);
        if (i == from) return false;
    }
    return s.n && i == s.n;
}

static tree *tree_new(arena *mem, tree_kind form, const tree *at) {
    tree *t = arena_new_of(mem, tree, 1);
    t->kind = form;
    if (at) {
        t->file = at->file;
        t->folder = at->folder;
        t->line = at->line;
        t->column = at->column;
    }
    return t;
}

tree *tree_new_scalar(arena *mem, str text, const tree *at) {
    tree *t = tree_new(mem, TREE_SCALAR, at);
    t->nothing = !text.n || str_is(text, "~") || str_is(text, "null");
    t->text = t->nothing ? STR("~") : str_dup(mem, text_nfc(mem, text));
    t->number = tree_is_number(t->text);
    return t;
}

tree *tree_new_map(arena *mem, const tree *at) {
    return tree_new(mem, TREE_MAP, at);
}

void *list_grown(arena *mem, void *old, uint32_t n, size_t size) {
    if (n & (n - 1)) return old;
    void *p = arena_alloc(mem, size * (n ? n * 2 : 1));
    if (n) memcpy(p, old, size * n);
    return p;
}

void tree_append(arena *mem, tree *map, tree_member m) {
    map->member = list_grown(mem, map->member, map->n, sizeof *map->member);
    map->member[map->n] = m;
    index_grow(mem, map);
    map->n++;
}

void tree_append_item(arena *mem, tree *list, tree *item) {
    list->item = list_grown(mem, list->item, list->n, sizeof(tree *));
    list->item[list->n++] = item;
}

void tree_put(arena *mem, tree *map, str key, tree *below) {
    tree_member *m = member_find(map, key);
    if (m)
        *m = (tree_member){m->key, below->line, below->column, below};
    else
        tree_append(mem, map, (tree_member){str_dup(mem, key), below->line, below->column, below});
}

void tree_pair(const reading *r, tree *map, const tree *key, tree *below) {
    const tree_member *older = member_find(map, key->text);
    if (str_is(key->text, "<<"))
        diag_at(r->p, r->d, DIAG_P02, key, key->text, "use `type` or `include`", "no merge keys");
    else if (older)
        diag_at(r->p, r->d, DIAG_P02, key, key->text, "take one of them out",
                "key `" STR_FMT "` twice; first in line %u, column %u", STR_ARG(key->text),
                (unsigned)older->line, (unsigned)older->column);
    else
        tree_append(r->p->mem, map, (tree_member){key->text, key->line, key->column, below});
}

uint32_t tree_depth(const tree *t) {
    if (t->kind == TREE_SCALAR) return 0;
    uint32_t most = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        uint32_t n = tree_depth(t->kind == TREE_LIST ? t->item[i] : t->member[i].value);
        if (n > most) most = n;
    }
    return most + 1;
}

bool tree_text_fits(const reading *r, str text, const tree *at) {
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if ((c >= 0x20 && c != 0x7F) || c == '\t' || c == '\n' || c == '\r') continue;
        return diag_at(r->p, r->d, DIAG_P01, at, text, "take it out", "control character U+%04X", (unsigned)c);
    }
    return true;
}

void text_place(str text, size_t at, uint32_t *line, uint32_t *col) {
    uint32_t lines = 1, columns = 1;
    for (size_t i = 0; i < at && i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == '\n') {
            lines++;
            columns = 1;
        } else if ((c & 0xC0) != 0x80) {
            columns++;
        }
    }
    *line = lines;
    *col = columns;
}

bool text_open(str *text, uint32_t *line, uint32_t *col) {
    if (str_starts(*text, "\xEF\xBB\xBF")) *text = str_part(*text, 3, text->n);
    if (text_valid(*text)) return true;
    size_t lo = 0, hi = 0;
    uint32_t at = 1;
    for (; lo < text->n; lo = hi, at++) {
        const char *end = memchr(text->p + lo, '\n', text->n - lo);
        hi = end ? (size_t)(end - text->p) + 1 : text->n;
        if (!text_valid(str_part(*text, lo, hi))) break;
    }
    /* a sequence is at most four bytes long: the longest valid beginning is found in whole code points */
    size_t i = lo;
    *col = 1;
    while (i < hi) {
        size_t n = 1;
        while (n < 4 && i + n < hi && ((unsigned char)text->p[i + n] & 0xC0) == 0x80) n++;
        if (!text_valid(str_part(*text, i, i + n))) break;
        i += n;
        ++*col;
    }
    *line = at;
    return false;
}
