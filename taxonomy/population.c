/* population.c: a population's life: load (compose, then the parts of compiling in their order) and free.
 *
 * Whatever is wrong is collected; a part that cannot say anything sensible about what an earlier one refused is
 * silent about it. A population that any error was said of is not handed out.
 */
#include "taxonomy/choose.h"
#include "taxonomy/compile/compile_parts.h"

static bool own_name(str s) {
    if (!s.n || s.n > 63 || s.p[0] < 'a' || s.p[0] > 'z') return false;
    for (size_t i = 1; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
    }
    return true;
}

/* "en", "zh-Hant", "en-GB" */
static bool is_locale(str s) {
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(i >= 2 && (c == '-' || (c >= '0' && c <= '9')))) return false;
    }
    return s.n >= 2 && s.n <= 35 && s.p[s.n - 1] != '-';
}

static const tree *scalar_of(population *p, const char *key, bool needed, diags *d) {
    const tree *top = p->composed->top, *t = tree_get(top, key);
    if (t && t->kind == TREE_SCALAR && !t->nothing) return t;
    if (t && !t->nothing)
        lint_at(p, d, DIAG_P03, t, str_of(key), "text with a comma or a colon needs quotes",
                "`%s` is one piece of text", key);
    else if (needed)
        lint_at(p, d, DIAG_P02, top, str_of(key), "a file begins with `populace: 1` and `name: NAME`",
                "the key `%s` is missing", key);
    return NULL;
}

static void top_read(population *p, diags *d) {
    const tree *t;
    tree_only(p, d, p->composed->top, "a population", place_top_keys);
    p->locale = STR("en");
    if ((t = scalar_of(p, "populace", true, d)) && !str_is(t->text, "1"))
        lint_at(p, d, DIAG_P03, t, t->text, "populace: 1",
                "this is version `" STR_FMT "` of the format, only 1 can be read", STR_ARG(t->text));
    if ((t = scalar_of(p, "name", true, d))) {
        p->name = t->text;
        if (!own_name(t->text))
            lint_at(p, d, DIAG_P03, t, t->text, "small letters, digits and -, at most 63",
                    "`" STR_FMT "` cannot name a population", STR_ARG(t->text));
    }
    if ((t = scalar_of(p, "locale", false, d))) {
        if (is_locale(t->text))
            p->locale = t->text;
        else
            lint_at(p, d, DIAG_P03, t, t->text, "en, zh, en-GB", "`" STR_FMT "` is no locale",
                    STR_ARG(t->text));
    }
    if ((t = scalar_of(p, "title", false, d))) p->title = t->text;
}

static population *refused(population *p) {
    population_free(p);
    return NULL;
}

population *population_load(const char *path, const char *const *sets, size_t nsets, diags *d) {
    size_t before = d->errors;
    arena *mem = arena_new(1 << 16);
    population *p = arena_new_of(mem, population, 1);
    p->mem = mem;
    p->compiled = arena_new_of(mem, compiled, 1);
    p->composed = compose(path, sets, nsets, mem, d);
    if (!p->composed) return refused(p);
    if (p->composed->top->kind != TREE_MAP) {
        lint_at(p, d, DIAG_P03, p->composed->top, STR(""), "KEY: VALUE lines",
                "a population file is a mapping");
        return refused(p);
    }
    top_read(p, d);
    lexicons_compile(p, d);
    compile_nodes(p, d);
    compile_draws(p, d);
    compile_tables(p, d);
    compile_groups(p, d);
    compile_links(p, d);
    compile_correlate(p, d);
    compile_choose(p, d);
    compile_facets(p, d);
    compile_others(p, d);
    if (d->errors == before) p->hash = compose_hash(p, d);
    return d->errors == before ? p : refused(p);
}

void population_free(population *p) {
    if (!p) return;
    compiled *c = p->compiled;
    for (uint32_t i = 0; i < c->chooses; i++) likeness_free(c->choose[i].like);
    strmap_free(c->paths);
    strmap_free(c->suffixes);
    for (uint32_t i = 0; c->values && i < p->nodes; i++) strmap_free(c->values[i]);
    arena_free(p->mem);
}
