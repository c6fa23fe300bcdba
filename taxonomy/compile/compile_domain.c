/* compile_domain.c: what values a leaf can have: the values of a choice, the bounds of a number or date in
 * steps, the limits of a text, how many elements a list has.
 *
 * The domain follows from the DIST at the kind alone; `given` only says how likely its values are. The domain
 * of `equals` follows from its terms, so that domains are visited as they are needed, and a ring of them is
 * P06.
 */
#include "taxonomy/compile/compile_parts.h"

typedef struct span_of {
    population *p;
    diags *d;
    uint8_t *state; /* node -> 0 not yet, 1 being visited, 2 done */
} span_of;

static bool visit(span_of *s, uint32_t i);

/* ---- choices ---------------------------------------------------------------------------------- */

typedef struct value_list {
    choice_value *value;
    uint32_t n, cap;
    strmap *seen;
} value_list;

/* What JSON would read as a number, so that the row can hold it as one: not 08, not +1, not .5 */
static bool is_json_number(str s) {
    size_t i = 0, from;
    if (i < s.n && s.p[i] == '-') i++;
    from = i;
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9') i++;
    if (i == from || (s.p[from] == '0' && i > from + 1)) return false;
    if (i < s.n && s.p[i] == '.') {
        from = ++i;
        while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9') i++;
        if (i == from) return false;
    }
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        i++;
        if (i < s.n && (s.p[i] == '+' || s.p[i] == '-')) i++;
        from = i;
        while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9') i++;
        if (i == from) return false;
    }
    return i == s.n;
}

bool choice_value_lint(const population *p, const node *n, const tree *at, str v, diags *d) {
    size_t where;
    if (!is_nothing(v) && !str_is(v, "else") && !str_find(v, STR(".."), &where) &&
        !str_find(v, STR("|"), &where))
        return true;
    return lint_at(p, d, DIAG_P03, at, v, "a value is not empty, not `else`, and has no `..` and no `|` in it",
                   "`" STR_FMT "`: `" STR_FMT "` cannot be a value", STR_ARG(n->path), STR_ARG(v));
}

static choice_value *value_add(arena *mem, value_list *l, str v) {
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 8;
        choice_value *more = arena_new_of(mem, choice_value, l->cap);
        for (uint32_t i = 0; i < l->n; i++) more[i] = l->value[i];
        l->value = more;
    }
    l->value[l->n] = (choice_value){.value = v};
    strmap_put(l->seen, v, (void *)(uintptr_t)(l->n + 1));
    return &l->value[l->n++];
}

static bool value_once(const population *p, const node *n, const tree *at, str v, value_list *l, diags *d) {
    if (!choice_value_lint(p, n, at, v, d)) return false;
    if (strmap_get(l->seen, v))
        return lint_at(p, d, DIAG_P03, at, v, "weights say that it is commoner: {a: 2, b: 1}",
                       "`" STR_FMT "` lists the value `" STR_FMT "` twice", STR_ARG(n->path), STR_ARG(v));
    value_add(p->mem, l, v);
    return true;
}

uint32_t choice_column(const population *p, const csv *c, const node *n, const tree *by) {
    static const char *const words[] = {"weight", "count", "share", "label", NULL};
    uint32_t col = csv_column(c, n);
    for (uint32_t k = 0; col == NO_NODE && k < c->columns; k++) {
        bool parent = key_in(c->header[k], words);
        for (uint32_t i = 0; by && by->kind == TREE_LIST && i < by->n; i++) {
            const node *b = node_find(p, by->item[i]->text);
            parent = parent || (b && csv_column(c, b) == k);
        }
        if (!parent) col = k;
    }
    return col;
}

/* A value that several rows give is one value: rows differ by parents. The last label that is not empty counts.
 */
static bool values_of_csv(population *p, const node *n, const tree *t, const tree *by, value_list *l,
                          diags *d) {
    const csv *c = compose_csv(p, t, d);
    if (!c) return false;
    uint32_t col = choice_column(p, c, n, by), label = csv_word(c, "label");
    if (col == NO_NODE)
        return csv_lint(p, c, UINT32_MAX, 0, d, DIAG_P03,
                        "head a column with the attribute's name, or rename one with `columns`",
                        "no column of values");
    bool fine = true;
    for (uint32_t r = 0; r < c->rows; r++) {
        str v = c->row[r][col];
        uint32_t known = (uint32_t)(uintptr_t)strmap_get(l->seen, v);
        if (!known) {
            tree at = csv_place(c, r, col);
            if (!choice_value_lint(p, n, &at, v, d)) {
                fine = false;
                continue;
            }
            value_add(p->mem, l, v);
            known = l->n;
        }
        if (label != NO_NODE && c->row[r][label].n) l->value[known - 1].label = c->row[r][label];
    }
    return fine;
}

/* The column of the section's `row` that `{column: H}` names. */
static bool values_of_row(span_of *s, uint32_t i, const tree *t, value_list *l) {
    population *p = s->p;
    const csv *c;
    uint32_t col = row_column(p, i, t, s->d, &c);
    if (col == NO_NODE) return false;
    for (uint32_t r = 0; r < c->rows; r++)
        if (!strmap_get(l->seen, c->row[r][col]) && choice_value_lint(p, &p->node[i], t, c->row[r][col], s->d))
            value_add(p->mem, l, c->row[r][col]);
    return l->n > 0;
}

static bool values_of_tree(population *p, const node *n, const tree *t, value_list *l, diags *d) {
    bool fine = true;
    if (t->kind == TREE_SCALAR) return value_once(p, n, t, t->text, l, d);
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->kind == TREE_MAP) {
            tree at = member_place(t, &t->member[i]);
            fine = value_once(p, n, &at, at.text, l, d) && fine;
        } else if (t->item[i]->kind == TREE_SCALAR) {
            fine = value_once(p, n, t->item[i], t->item[i]->text, l, d) && fine;
        } else {
            fine = lint_at(p, d, DIAG_P03, t->item[i], STR(""), "text with a comma or a colon needs quotes",
                           "`" STR_FMT "`: a value is one piece of text", STR_ARG(n->path));
        }
    }
    if (!t->n)
        fine = lint_at(p, d, DIAG_P07, t, n->path, "[a, b], or {a: 60, b: 40}", "`" STR_FMT "` has no values",
                       STR_ARG(n->path));
    return fine;
}

/* Numbers in rows, if all of them can be. */
static void values_settle(node *n, value_list *l) {
    bool numbers = l->n > 0;
    for (uint32_t v = 0; v < l->n; v++) numbers = numbers && is_json_number(l->value[v].value);
    for (uint32_t v = 0; v < l->n; v++) l->value[v].number = numbers;
    strmap_free(l->seen);
    n->value = l->value;
    n->values = l->n;
}

static bool choice_domain(span_of *s, uint32_t i, const tree *t) {
    population *p = s->p;
    node *n = &p->node[i];
    value_list l = {.seen = strmap_new(64)};
    bool fine;
    if (is_column(t))
        fine = values_of_row(s, i, t, &l);
    else if (tree_is_csv(t))
        fine = values_of_csv(p, n, t, tree_get(p->compiled->source[i], "by"), &l, s->d);
    else
        fine = values_of_tree(p, n, t, &l, s->d);
    values_settle(n, &l);
    return fine && l.n;
}

static void flag_domain(population *p, node *n) {
    n->value = arena_new_of(p->mem, choice_value, 2);
    n->value[0].value = STR("false");
    n->value[1].value = STR("true");
    n->values = 2;
}

/* ---- numbers and dates ------------------------------------------------------------------------ */

static void widen(int64_t lo, int64_t hi, int64_t *least, int64_t *most) {
    if (lo < *least) *least = lo;
    if (hi > *most) *most = hi;
}

/* The least and the largest value of a KEY; open ends say nothing, so they are refused here. */
static bool span_key(span_of *s, const node *n, const tree *at, str key, int64_t *lo, int64_t *hi) {
    str rest = key, part;
    bool more, fine = true;
    *lo = INT64_MAX;
    *hi = INT64_MIN;
    do {
        str right = STR("");
        int64_t a, b;
        size_t dots;
        more = str_cut(rest, '|', &part, &right);
        part = str_trim(part);
        if (!str_find(part, STR(".."), &dots)) {
            fine = value_parse(s->p, n, at, part, true, s->d, &a) && fine;
            b = a;
        } else if (dots == 0 || dots + 2 == part.n) {
            return lint_at(s->p, s->d, DIAG_P07, at, key, "state both ends here",
                           "`" STR_FMT "`: an open range gives no domain", STR_ARG(n->path));
        } else {
            fine = range_end(s->p, n, at, str_trim(str_part(part, 0, dots)), false, s->d, &a) &&
                   range_end(s->p, n, at, str_trim(str_part(part, dots + 2, part.n)), true, s->d, &b) && fine;
        }
        if (!fine) return false;
        if (a > b)
            return lint_at(s->p, s->d, DIAG_P07, at, key, HINT_EMPTY_RANGE,
                           "`" STR_FMT "`: the range `" STR_FMT "` is empty", STR_ARG(n->path), STR_ARG(part));
        widen(a, b, lo, hi);
        rest = right;
    } while (more);
    return true;
}

static int64_t rounded(double x) {
    const double most = 1e18;
    x = x > most ? most : x < -most ? -most : x;
    return x >= 0 ? (int64_t)(x + 0.5) : -(int64_t)(0.5 - x);
}

/* One term of `equals`: adds what it can contribute. */
static bool span_term(span_of *s, const tree *at, str ref, double by, double *lo, double *hi) {
    uint32_t i = ref_find(s->p, at, ref, s->d);
    if (i == NO_NODE) return false;
    const node *m = &s->p->node[i];
    if (!visit(s, i) || !linear_term_fits(s->p, at, m, s->d)) return false;
    double unit = m->kind == K_NUMBER ? dec_double(m->step) : 1.0;
    double a = by * (double)leaf_lo(m) * unit, b = by * (double)leaf_hi(m) * unit;
    *lo += a < b ? a : b;
    *hi += a < b ? b : a;
    return true;
}

/* Interval arithmetic: each term gives what it can at least and at most. */
static bool span_equals(span_of *s, const node *n, const tree *e, int64_t *lo, int64_t *hi) {
    if (e->kind == TREE_SCALAR && n->kind == K_NUMBER) return span_key(s, n, e, e->text, lo, hi);
    if (e->kind == TREE_SCALAR) {
        double days;
        if (!lint_number(s->p, s->d, e, "a sum", &days)) return false;
        *lo = *hi = rounded(days);
        return true;
    }
    if (!lint_map(s->p, s->d, e, "`equals`")) return false;
    double least = 0, most = 0, unit = n->kind == K_NUMBER ? dec_double(n->step) : 1.0;
    for (uint32_t i = 0; i < e->n; i++) {
        double by;
        tree at = member_place(e, &e->member[i]);
        if (!lint_number(s->p, s->d, e->member[i].value, "a factor", &by)) return false;
        if (str_is(e->member[i].key, "const")) {
            least += by;
            most += by;
        } else if (!span_term(s, &at, e->member[i].key, by, &least, &most)) {
            return false;
        }
    }
    *lo = rounded(least / unit);
    *hi = rounded(most / unit);
    return true;
}

static bool span_row(span_of *s, uint32_t i, const node *n, const tree *t, int64_t *lo, int64_t *hi) {
    value_list l = {.seen = strmap_new(64)};
    bool fine = i != NO_NODE && values_of_row(s, i, t, &l);
    strmap_free(l.seen);
    *lo = INT64_MAX;
    *hi = INT64_MIN;
    for (uint32_t v = 0; fine && v < l.n; v++) {
        int64_t x;
        fine = value_parse(s->p, n, t, l.value[v].value, false, s->d, &x);
        if (fine) widen(x, x, lo, hi);
    }
    return fine;
}

const char *dist_hint(const node *n) {
    return n->kind == K_DATE ? "2024-01-01..2025-06-30, {2024-01-01..2024-06-30: 30, 2025-01-01: 70}, {equals: "
                               "{DATE: 1, const: 30}}"
                             : "18..70, {0: 20, 1..3: 80}, {mean: 50, sd: 10, range: 20..80}";
}

/* i: the node, NO_NODE for a number that is no attribute. */
static bool span_dist(span_of *s, uint32_t i, const node *n, const tree *t, int64_t *lo, int64_t *hi) {
    if (t->kind == TREE_SCALAR && !t->nothing) return span_key(s, n, t, t->text, lo, hi);
    bool curve = n->kind == K_DATE && (tree_get(t, "mean") || tree_get(t, "median") || tree_get(t, "range"));
    if (t->kind != TREE_MAP || !t->n || curve)
        return lint_at(s->p, s->d, DIAG_P03, t, t->text, dist_hint(n),
                       "`" STR_FMT "`: this is no distribution of a %s", STR_ARG(n->path), kind_name(n->kind));
    if (is_column(t)) return span_row(s, i, n, t, lo, hi);
    if (tree_get(t, "range")) return span_dist(s, i, n, tree_get(t, "range"), lo, hi);
    if (tree_get(t, "mean") || tree_get(t, "median"))
        return lint_at(s->p, s->d, DIAG_P07, t, n->path, "add `range: LOW..HIGH`",
                       "`" STR_FMT "` has no domain: a normal needs `range` where the kind stands",
                       STR_ARG(n->path));
    if (tree_get(t, "equals")) return span_equals(s, n, tree_get(t, "equals"), lo, hi);
    *lo = INT64_MAX;
    *hi = INT64_MIN;
    bool fine = true;
    for (uint32_t k = 0; k < t->n; k++) {
        int64_t a, b;
        tree at = member_place(t, &t->member[k]);
        if (span_key(s, n, &at, at.text, &a, &b))
            widen(a, b, lo, hi);
        else
            fine = false;
    }
    return fine;
}

static bool number_step(span_of *s, node *n, const tree *t) {
    if (!t || t->nothing) return true;
    if (!lint_dec(s->p, s->d, t, "`step`", &n->step)) return false;
    if (n->step.m > 0) return true;
    n->step = (dec){1, 0};
    return lint_at(s->p, s->d, DIAG_P03, t, t->text, "0.5, 1 or 10: values are multiples of it",
                   "`" STR_FMT "`: `step` is above 0", STR_ARG(n->path));
}

static bool number_domain(span_of *s, uint32_t i, node *n, const tree *t) {
    if (tree_is_csv(t))
        return lint_at(s->p, s->d, DIAG_P03, t, t->text, "the domain stands here, LOW..HIGH; a CSV at `given`",
                       "`" STR_FMT "`: the values of a %s are no CSV", STR_ARG(n->path), kind_name(n->kind));
    if (!span_dist(s, i, n, t, &n->lo, &n->hi)) {
        n->lo = n->hi = 0;
        return false;
    }
    if (n->kind == K_DATE && (n->lo < DATE_MIN || n->hi > DATE_MAX)) {
        n->lo = n->hi = 0;
        return lint_at(s->p, s->d, DIAG_P07, t, n->path, "dates lie in the years 0001 to 9999",
                       "`" STR_FMT "`: its sum can lie outside the calendar", STR_ARG(n->path));
    }
    bool narrow = n->lo > -DOMAIN_MAX && n->hi < DOMAIN_MAX && n->hi - n->lo < DOMAIN_MAX;
    if (narrow && n->step.m < INT64_MAX / DOMAIN_MAX) return true; /* value * step.m stays in 64 bits */
    n->lo = n->hi = 0;
    return lint_at(s->p, s->d, DIAG_P07, t, n->path, "a larger `step`",
                   "`" STR_FMT "` has more than 2^31 values", STR_ARG(n->path));
}

/* ---- texts and lists -------------------------------------------------------------------------- */

/* RANGE of a text's measure, or one number. */
static bool limit_read(population *p, const tree *t, diags *d, range_u32 *out) {
    size_t dots;
    int64_t lo = 0, hi = UINT32_MAX;
    str s = t->kind == TREE_SCALAR ? str_trim(t->text) : STR("");
    bool range = str_find(s, STR(".."), &dots);
    str a = range ? str_trim(str_part(s, 0, dots)) : s, b = range ? str_trim(str_part(s, dots + 2, s.n)) : s;
    if ((a.n && !str_i64(a, &lo)) || (b.n && !str_i64(b, &hi)) || (!a.n && !b.n))
        return lint_at(p, d, DIAG_P03, t, t->text, "30..60, 120.. or 5", "a limit is a range of whole numbers");
    if (hi == 0) return lint_at(p, d, DIAG_P07, t, t->text, "30..60, ..200 or 5", "no text is so short");
    if (lo < 0 || hi > UINT32_MAX || lo > hi)
        return lint_at(p, d, DIAG_P07, t, t->text, "the lower end comes first, and is 0 or more",
                       "the range `" STR_FMT "` is empty", STR_ARG(s));
    *out = (range_u32){(uint32_t)lo, (uint32_t)hi};
    return true;
}

/* Each word takes a character at least. */
static bool text_possible(const population *p, const node *n, const tree *t, diags *d) {
    const text_limits *l = &n->limits;
    const tree *words = tree_get(t, "words"), *chars = tree_get(t, "chars");
    if (l->has_words && l->has_chars && l->words.lo > l->chars.hi)
        return lint_at(p, d, DIAG_P07, chars, chars->text, "fewer words, or more characters",
                       "`" STR_FMT "`: " STR_FMT " words do not go into so few characters", STR_ARG(n->path),
                       STR_ARG(words->text));
    return true;
}

static bool text_domain(population *p, node *n, const tree *t, diags *d) {
    static const char *const keys[] = {"words", "chars", "sentences", "paragraphs", "lines", NULL};
    text_limits *l = &n->limits;
    range_u32 *range[] = {&l->words, &l->chars, &l->sentences, &l->paragraphs, &l->lines};
    bool *has[] = {&l->has_words, &l->has_chars, &l->has_sentences, &l->has_paragraphs, &l->has_lines};
    if (t->kind != TREE_MAP)
        return lint_at(p, d, DIAG_P03, t, t->text, "text: {words: 30..60}, or text: {}",
                       "`text` has limits in a mapping");
    bool fine = lint_keys(p, d, t, "`text`", keys, false);
    for (size_t k = 0; k < COUNT_OF(range); k++) {
        const tree *x = tree_get(t, keys[k]);
        if (!x) continue;
        *has[k] = limit_read(p, x, d, range[k]);
        fine = fine && *has[k];
    }
    return fine && text_possible(p, n, t, d);
}

bool domain_count(population *p, const tree *t, const char *what, diags *d, node *out) {
    span_of s = {.p = p, .d = d};
    str name = str_of(what);
    *out = (node){
        .kind = K_NUMBER, .name = name, .path = name, .step = {1, 0}, .parent = NO_LEAF, .leaf = NO_LEAF};
    if (!number_domain(&s, NO_NODE, out, t)) return false;
    if (out->lo >= 0) return true;
    return lint_at(p, d, DIAG_P07, t, t->text, "2, 1..3, or {1: 70, 2: 30}", "`%s` is 0 or more", what);
}

bool domain_choice(population *p, const tree *t, diags *d, node *out) {
    value_list l = {.seen = strmap_new(64)};
    bool fine = !is_column(t);
    if (!fine)
        lint_at(p, d, DIAG_P03, t, STR("column"), "[a, b], or {a: 60, b: 40}",
                "`" STR_FMT "`: a column is of the `row` of a section", STR_ARG(out->path));
    else
        fine = tree_is_csv(t) ? values_of_csv(p, out, t, NULL, &l, d) : values_of_tree(p, out, t, &l, d);
    out->kind = K_CHOICE;
    values_settle(out, &l);
    for (uint32_t v = 0; v < out->values; v++)
        if (!out->value[v].label.n) out->value[v].label = text_spaced(p->mem, out->value[v].value);
    return fine && out->values;
}

/* ---- all -------------------------------------------------------------------------------------- */

static bool domain_of(span_of *s, uint32_t i) {
    population *p = s->p;
    node *n = &p->node[i];
    const tree *src = p->compiled->source[i], *t = tree_get(src, kind_name(n->kind));
    switch (n->kind) {
    case K_CHOICE: {
        const tree *ordered = tree_get(src, "ordered"); /* ranges of it may be asked for at once */
        n->ordered = ordered && str_is(ordered->text, "true");
        return choice_domain(s, i, t);
    }
    case K_FLAG: flag_domain(p, n); return true;
    case K_NUMBER: return number_step(s, n, tree_get(src, "step")) && number_domain(s, i, n, t);
    case K_DATE: return number_domain(s, i, n, t);
    case K_TEXT: return text_domain(p, n, t, s->d);
    default: return true;
    }
}

static bool visit(span_of *s, uint32_t i) {
    population *p = s->p;
    if (s->state && s->state[i] == 1)
        return lint_at(p, s->d, DIAG_P06, tree_get(p->compiled->source[i], kind_name(p->node[i].kind)),
                       p->node[i].path,
                       "one of the two must be drawn: a range, or {mean: ..., sd: n, range: RANGE}",
                       "`" STR_FMT "` equals what follows from it", STR_ARG(p->node[i].path));
    if (p->compiled->broken[i]) return false;
    if (!s->state || s->state[i] == 2 || p->node[i].kind == K_SECTION) return true;
    s->state[i] = 1;
    if (!domain_of(s, i)) p->compiled->broken[i] = true;
    s->state[i] = 2;
    return !p->compiled->broken[i];
}

static void list_domain(population *p, uint32_t i, diags *d) {
    node *n = &p->node[i], many;
    const tree *t = tree_get(p->compiled->source[i], "list");
    if (!t || t->nothing) return;
    n->count = (range_u32){1, 1};
    if (!domain_count(p, t, "list", d, &many)) return;
    if (many.hi > LIST_MAX) {
        lint_at(p, d, DIAG_P07, t, t->text, "2, 1..3, or {1: 70, 2: 30}", "`list`: at most %u can be",
                LIST_MAX);
        return;
    }
    n->count = (range_u32){(uint32_t)many.lo, (uint32_t)many.hi};
    if (n->kind == K_CHOICE && !p->compiled->broken[i] && many.lo > (int64_t)n->values)
        lint_at(p, d, DIAG_P07, t, t->text, "the elements of a list of a choice all differ",
                "`" STR_FMT "` has %u values, a list of %lld cannot be", STR_ARG(n->path), n->values,
                (long long)many.lo);
    else if (n->kind == K_CHOICE && !p->compiled->broken[i] && many.hi > (int64_t)n->values)
        lint_at(p, d, DIAG_W00, t, t->text, "the elements of a list of a choice all differ",
                "`" STR_FMT "` has %u values, its lists end there", STR_ARG(n->path), n->values);
}

bool domain_compile(population *p, diags *d) {
    size_t before = d->errors;
    span_of s = {.p = p, .d = d, .state = arena_new_of(p->mem, uint8_t, p->nodes + 1)};
    for (uint32_t i = 0; i < p->nodes; i++)
        if (p->node[i].kind != K_SECTION) visit(&s, i);
    for (uint32_t i = 0; i < p->nodes; i++)
        if (p->compiled->source[i]->kind == TREE_MAP) list_domain(p, i, d);
    return d->errors == before;
}
