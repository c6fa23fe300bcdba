/* tree.c: the nodes of a composed tree: made, found, measured. A tree is built once and then only read, so
 * subtrees may be shared (aliases, laying over).
 *
 * Nothing has one text: whether it was written `~`, `null` or as the empty scalar, its text is "~".
 */
#include "taxonomy/compose/compose_parts.h"

#include <string.h>

const tree *tree_get_str(const tree *map, str key) {
    if (!map || map->kind != TREE_MAP) return NULL;
    for (uint32_t i = 0; i < map->n; i++)
        if (str_eq(map->member[i].key, key)) return map->member[i].value;
    return NULL;
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

/* Room is there up to the next power of two: full when n is one. */
static void *grown(arena *mem, void *old, uint32_t n, size_t size) {
    if (n & (n - 1)) return old;
    void *p = arena_alloc(mem, size * (n ? n * 2 : 1));
    if (n) memcpy(p, old, size * n);
    return p;
}

void tree_append(arena *mem, tree *map, tree_member m) {
    map->member = grown(mem, map->member, map->n, sizeof *map->member);
    map->member[map->n++] = m;
}

void tree_append_item(arena *mem, tree *list, tree *item) {
    list->item = grown(mem, list->item, list->n, sizeof(tree *));
    list->item[list->n++] = item;
}

void tree_put(arena *mem, tree *map, str key, tree *below) {
    for (uint32_t i = 0; i < map->n; i++) {
        tree_member *m = &map->member[i];
        if (!str_eq(m->key, key)) continue;
        *m = (tree_member){m->key, below->line, below->column, below};
        return;
    }
    tree_append(mem, map, (tree_member){str_dup(mem, key), below->line, below->column, below});
}

enum { LINEAR_KEYS = 32 };

static const tree_member *pairs_find(pairs *in, str key) {
    tree *map = in->map;
    if (!in->known && map->n >= LINEAR_KEYS) {
        in->known = strmap_new(LINEAR_KEYS * 4);
        for (uint32_t i = 0; i < map->n; i++)
            strmap_put(in->known, map->member[i].key, (void *)(uintptr_t)(i + 1));
    }
    if (in->known) {
        uintptr_t i = (uintptr_t)strmap_get(in->known, key);
        return i ? &map->member[i - 1] : NULL;
    }
    for (uint32_t i = 0; i < map->n; i++)
        if (str_eq(map->member[i].key, key)) return &map->member[i];
    return NULL;
}

void pairs_put(const reading *r, pairs *in, const tree *key, tree *below) {
    const tree_member *older = pairs_find(in, key->text);
    if (str_is(key->text, "<<")) {
        diag_at(r->p, r->d, DIAG_P02, key, key->text, "use `type` or `include`", "no merge keys");
    } else if (older) {
        diag_at(r->p, r->d, DIAG_P02, key, key->text, "take one of them out",
                "key `" STR_FMT "` twice; first in line %u, column %u", STR_ARG(key->text),
                (unsigned)older->line, (unsigned)older->column);
    } else {
        tree_append(r->p->mem, in->map, (tree_member){key->text, key->line, key->column, below});
        if (in->known) strmap_put(in->known, key->text, (void *)(uintptr_t)in->map->n);
    }
}

void pairs_free(pairs *in) {
    strmap_free(in->known);
    in->known = NULL;
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
