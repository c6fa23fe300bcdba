/* echo.c: objects when two of the fields say much the same in the same words: of the rows of four words in the
 * shorter one, more than `at_most` stand in the other too. The later of two is to change.
 *
 * The other half of the kind compares openings with those of the personas before: what is accepted is known in
 * one place only, so it is decided there, with duplicates (stages/gate_echo.c). This file says what an opening
 * is: the first 12 words of a text; a character of a script without spaces counts for half a word.
 */
#include "validators/rule_parts.h"

#define ROW           4u /* words */
#define ROWS_LEAST    8u /* of the shorter text: less says nothing */
#define OPENING_HALFS 24u

typedef struct echo {
    uint32_t at_most; /* in millionths */
} echo;

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    echo *x = r->data = arena_new_of(p->mem, echo, 1);
    const tree *t = rule_key(p, r, body, "at_most", d);
    dec v;
    uint32_t texts = 0;
    if (!t || !rule_reads_text(p, r, body, d)) return false;
    if (t->kind != TREE_SCALAR || !dec_parse(t->text, &v) || v.places > 6)
        return diag_at(p, d, DIAG_P03, t, t->kind == TREE_SCALAR ? t->text : STR(""), "at_most: 0.4",
                       "`at_most` is a share");
    for (uint8_t i = v.places; i < 6; i++) v.m *= 10;
    if (v.m < 0 || v.m >= 1000000)
        return diag_at(p, d, DIAG_P07, t, t->text, "at_most: 0.4", "`at_most` is a share from 0 to below 1");
    x->at_most = (uint32_t)v.m;
    for (uint32_t i = 0; i < r->of.n; i++) {
        const node *n = leaf_node(p, r->of.leaf[i]);
        if (leaf_is_text(n)) texts += n->is_list || n->within != NO_LEAF ? 2u : 1u;
    }
    if (texts < 2 && !r->hard)
        diag_at(p, d, DIAG_W00, tree_get(body, "of"), r->id, "name a second field, or leave `hard: false` out",
                "the rule `" STR_FMT "` cannot object: openings are compared by hard rules only",
                STR_ARG(r->id));
    return true;
}

/* ---- two fields -------------------------------------------------------------------------------------------
 */

/* How many bits are set: few. */
static inline uint32_t ones(uint64_t w) {
    uint32_t n = 0;
    for (; w; w &= w - 1) n++;
    return n;
}

/* The rows of a text: how many, and a bit for each by the highest bits of its hash. Different rows may share a
 * bit: of those that two texts have in common at most `n - set` do. */
typedef struct rows {
    uint64_t bit[64];
    uint32_t n, set;
    uint64_t *slot; /* the different ones: an open hash table, 0 is free; NULL: not yet asked for */
    uint32_t mask, different;
} rows;

static inline uint64_t row_hash(const uint64_t *word) {
    uint64_t h = word[0];
    for (uint32_t k = 1; k < ROW; k++) h = h * 0x9E3779B97F4A7C15u + word[k];
    return h ? h : 1;
}

static void rows_mark(rows *r, const reading *t) {
    const uint64_t *word = t->hash;
    uint64_t bit[COUNT_OF(r->bit)] = {0};
    *r = (rows){.n = t->words < ROW ? 0 : t->words - ROW + 1};
    for (uint32_t i = 0, n = r->n; i < n; i++) {
        uint64_t h = row_hash(word + i);
        bit[h >> 58] |= 1ull << (h >> 52 & 63);
    }
    for (size_t i = 0; i < COUNT_OF(bit); i++) r->set += ones(r->bit[i] = bit[i]);
}

/* At least as many as the different rows that both have. */
static uint32_t shared_at_most(const rows *a, const rows *b) {
    uint32_t n = a->n - a->set < b->n - b->set ? a->n - a->set : b->n - b->set;
    for (size_t i = 0; i < COUNT_OF(a->bit); i++) n += ones(a->bit[i] & b->bit[i]);
    return n;
}

/* Where the row is, or would be. */
static uint64_t *row_slot(const rows *r, uint64_t h) {
    uint32_t i = (uint32_t)(h >> 32) & r->mask;
    while (r->slot[i] && r->slot[i] != h) i = (i + 1) & r->mask;
    return &r->slot[i];
}

static void rows_distinguish(rows *r, const reading *t, arena *mem) {
    if (r->slot) return;
    for (r->mask = 15; r->mask < r->n * 2;) r->mask = r->mask * 2 + 1;
    r->slot = arena_new_of(mem, uint64_t, r->mask + 1);
    for (uint32_t i = 0; i < r->n; i++) {
        uint64_t h = row_hash(t->hash + i), *at = row_slot(r, h);
        r->different += !*at;
        *at = h;
    }
}

static uint32_t shared_rows(const rows *a, const rows *b) {
    uint32_t n = 0;
    for (uint32_t i = 0; i <= a->mask; i++) n += a->slot[i] && *row_slot(b, a->slot[i]);
    return n;
}

/* The longest piece of a text all whose rows are among those of another. */
static str longest_shared(const reading *t, const rows *other) {
    uint32_t best = 0, at = 0, run = 0;
    for (uint32_t i = 0; i + ROW <= t->words; i++) {
        run = *row_slot(other, row_hash(t->hash + i)) ? run + 1 : 0;
        if (run <= best) continue;
        best = run;
        at = i + 1 - run;
    }
    if (!best) return STR("");
    const span *last = &t->word[at + best + ROW - 2];
    return str_part(t->text, t->word[at].at, last->at + last->n);
}

typedef struct one_text {
    uint32_t leaf;
    const reading *t;
    rows all;
} one_text;

static bool over(const echo *x, uint64_t shared, uint32_t a, uint32_t b) {
    return shared * 1000000 > (uint64_t)x->at_most * (a < b ? a : b);
}

static void pair_check(const rule *r, check_ctx *c, one_text *a, one_text *b) {
    const echo *x = r->data;
    uint32_t most = shared_at_most(&a->all, &b->all);
    if (!over(x, most, a->all.set, b->all.set)) return; /* as nearly always */
    rows_distinguish(&a->all, a->t, c->mem);
    rows_distinguish(&b->all, b->t, c->mem);
    uint32_t least = a->all.different < b->all.different ? a->all.different : b->all.different;
    if (least < ROWS_LEAST) return;
    uint64_t shared = shared_rows(&a->all, &b->all);
    if (!over(x, shared, least, least)) return;
    const population *p = c->rec->pop;
    check_report(r, c, b->leaf,
                 message_of(c->mem, p, SAY_ECHO, leaf_node(p, a->leaf)->label,
                            message_number(c->mem, (int64_t)(shared * 100 / least)),
                            excerpt(c->mem, longest_shared(b->t, &a->all))),
                 message_plain(p, SAY_ECHO_HINT));
}

static void check(const rule *r, check_ctx *c) {
    uint32_t n = 0, most = 0;
    reading **text;
    for (uint32_t i = 0; i < r->of.n; i++) most += check_texts(c, r->of.leaf[i], &text);
    one_text *all = arena_room_of(c->mem, one_text, most + 1);
    for (uint32_t i = 0; i < r->of.n && most > 1; i++)
        for (uint32_t k = 0, texts = check_texts(c, r->of.leaf[i], &text); k < texts; k++, n++) {
            all[n].leaf = r->of.leaf[i];
            all[n].t = text[k];
            rows_mark(&all[n].all, text[k]);
        }
    for (uint32_t b = 1; b < n; b++)
        for (uint32_t a = 0; a < b; a++) pair_check(r, c, &all[a], &all[b]);
}

/* ---- openings ---------------------------------------------------------------------------------------------
 */

bool rules_echo_owned(const rules *s, uint16_t owner) {
    for (size_t i = 0; i < s->n; i++) {
        const rule *r = &s->row[i];
        if (r->kind != &rule_kind_echo || !r->hard) continue;
        for (uint32_t k = 0; k < r->of.n; k++)
            if (leaf_node(s->p, r->of.leaf[k])->owner == owner) return true;
    }
    return false;
}

static void opening_put(const rule *r, size_t number, str text, arena *mem, buf *out) {
    const echo *x = r->data;
    const reading *t = reading_new(text, mem);
    if (t->words < ROW) return;
    buf_printf(out, "%zu %u", number, x->at_most);
    for (uint32_t i = 0, halfs = 0; i < t->words && halfs < OPENING_HALFS; i++) {
        halfs += text_dense(text_next(t->fold[i], &(size_t){0})) ? 1 : 2;
        buf_char(out, ' ');
        buf_str(out, t->fold[i]);
    }
    buf_char(out, '\n');
}

static void openings_put(const rule *r, size_t number, const record *rec, arena *mem, buf *out) {
    for (uint32_t i = 0; i < r->of.n; i++) {
        const value *v = record_at(rec, r->of.leaf[i]);
        for (uint32_t k = 0; k < element_count(v); k++)
            if (element_at(v, k)->kind == V_TEXT) opening_put(r, number, element_at(v, k)->text, mem, out);
    }
}

str rules_openings(const rules *s, const record *rec, arena *mem) {
    buf b = {0};
    for (size_t i = 0; i < s->n; i++) {
        const rule *r = &s->row[i];
        if (r->kind != &rule_kind_echo || !r->hard) continue;
        if (r->within != NO_LEAF) { /* `when` may name what stands in the instances */
            record view = *rec;
            for (uint32_t k = 0; k < record_instances(rec, r->within); k++) {
                record_enter(&view, r->within, k);
                if (!r->when || pred_holds(r->when, &view)) openings_put(r, i, &view, mem, &b);
            }
        } else if (!r->when || pred_holds(r->when, rec)) {
            openings_put(r, i, rec, mem, &b);
        }
    }
    str s_out = str_dup(mem, buf_view(&b));
    buf_free(&b);
    return s_out;
}

static const char *const keys[] = {"at_most", NULL};
const rule_kind rule_kind_echo = {
    .name = "echo", .keys = keys, .needs_of = true, .compile = compile, .check = check};
