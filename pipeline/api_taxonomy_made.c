/* api_taxonomy_made.c: trees of attributes that are made of others: imported, merged. */
#include <stdio.h>
#include <string.h>
#include "pipeline/pipeline.h"
#include "pipeline/taxon_open.h"

static str name_of_part(arena *mem, str s) {
    buf b = {0};
    for (size_t i = 0; i < s.n && s.p[i] != '.' && b.n < 60; i++) {
        char c = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i];
        bool letter = c >= 'a' && c <= 'z';
        if (!letter && !b.n) continue;
        buf_char(&b, letter || (c >= '0' && c <= '9') ? c : '-');
    }
    str name = str_dup(mem, buf_view(&b));
    buf_free(&b);
    return name;
}

/* All built populations have the same file name: those are called by their folder. */
str taxon_file_name(arena *mem, const char *path) {
    const char *slash = strrchr(path, '/');
    str name = name_of_part(mem, str_of(slash ? slash + 1 : path));
    if (slash && str_is(name, "population")) {
        const char *from = slash;
        while (from > path && from[-1] != '/') from--;
        str folder = name_of_part(mem, (str){from, (size_t)(slash - from)});
        if (folder.n) name = folder;
    }
    return name.n ? name : STR("taxonomy");
}

static bool tree_out(const taxonomy *t, const char *file, const char *out, pop_sink data, err *e) {
    if (strcmp(out, "-") == 0) {
        buf b = {0};
        taxonomy_write(t, &b);
        sink_buf(data, &b);
        buf_free(&b);
        return true;
    }
    arena *mem = arena_new(0);
    bool ok = taxonomy_publish(t, taxon_file_name(mem, file), out, false, e);
    arena_free(mem);
    return ok;
}

static const char *leaves_word(uint32_t n) {
    return n == 1 ? "leaf" : "leaves";
}

static void made_say(const taxonomy *t, const char *out, const defects *d, pop_say say, void *arg) {
    if (!say) return;
    char line[1024];
    buf b = {0};
    defects_sum(d, &b);
    snprintf(line, sizeof line, "%u %s in %u %s%s" STR_FMT, t->root->leaves, leaves_word(t->root->leaves),
             t->root->children, t->root->children == 1 ? "category" : "categories", b.n ? "; " : "",
             STR_ARG(buf_view(&b)));
    say(arg, line);
    buf_free(&b);
    if (strcmp(out, "-") == 0) return;
    snprintf(line, sizeof line, "%.900s/population.yaml: edit it, then `populace check` it", out);
    say(arg, line);
}

/* ---- import --------------------------------------------------------------------------------------------- */

/* That leaves have no kind is why they are imported. */
static void bare_drop(defects *d) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->n; i++)
        if (d->row[i].kind != DEFECT_BARE) d->row[n++] = d->row[i];
    d->n = n;
    d->count[DEFECT_BARE] = 0;
}

/* What reads as something else than names: a population is refused, attributes are made names of all the same.
 */
static bool names_meant(const char *file, pop_say say, void *arg, err *e) {
    diags unsaid;
    diags_init(&unsaid);
    taxonomy *t = taxonomy_read(file, false, &unsaid);
    taxonomy_form form = t ? t->form : TAXONOMY_NAMES;
    taxonomy_free(t);
    diags_free(&unsaid);
    if (form == TAXONOMY_POPULATION)
        return err_set(e, ERR_USAGE, "`taxonomy merge` lays one over another; a population includes it",
                       "%s is a population, no tree of names", file);
    if (form == TAXONOMY_ATTRIBUTES && say) {
        char line[1024];
        snprintf(line, sizeof line,
                 "%.700s states kinds: it may be a file of attributes, which a population includes as it is",
                 file);
        say(arg, line);
    }
    return true;
}

int pop_taxonomy_import(const char *file, const pop_taxonomy_import_options *o, pop_sink data, pop_sink report,
                        pop_say say, void *arg, pop_error *pe) {
    err e = {0};
    diags found;
    defects d;
    diags_init(&found);
    defects_init(&d);
    bool ok = names_meant(file, say, arg, &e);
    taxonomy *t = ok ? taxonomy_read(file, true, &found) : NULL;
    ok = t || (ok && diags_err(&found, &e));
    if (ok) {
        if (o->fold) taxonomy_merge_same(t, &d);
        if (o->collapse) taxonomy_collapse(t, &d);
        if (o->fold && o->collapse) taxonomy_merge_same(t, &d); /* what became alike */
        taxonomy_prune(t, &d);
        taxonomy_lint(t, 0, &d);
        bare_drop(&d);
        ok = t->root->leaves || err_set(&e, ERR_POPULATION, "leaves are empty objects, or strings in lists",
                                        "%s has no leaf", file);
    }
    if (ok) {
        taxonomy_name(t);
        ok = tree_out(t, file, o->out, data, &e);
    }
    if (ok) {
        defects_put(&d, o->form, report);
        made_say(t, o->out, &d, say, arg);
    }
    taxonomy_free(t);
    defects_free(&d);
    diags_free(&found);
    return ok ? 0 : error_status(&e, pe);
}

/* ---- merge ---------------------------------------------------------------------------------------------- */

static bool both_read(const char *const file[2], taxonomy *t[2], err *e) {
    bool ok = true;
    for (int i = 0; i < 2; i++) {
        diags found;
        diags_init(&found);
        t[i] = ok ? taxonomy_read(file[i], false, &found) : NULL;
        ok = ok && (t[i] || diags_err(&found, e));
        diags_free(&found);
    }
    return ok;
}

int pop_taxonomy_merge(const char *const file[2], const pop_taxonomy_merge_options *o, pop_sink data,
                       pop_sink report, pop_say say, void *arg, pop_error *pe) {
    err e = {0};
    diags faults;
    defects d;
    taxonomy *t[2] = {NULL, NULL};
    diags_init(&faults);
    defects_init(&d);
    bool ok = o->alike >= 0 && o->alike <= 1;
    if (!ok) err_set(&e, ERR_USAGE, NULL, "--alike %g: a similarity is from 0 to 1", o->alike);
    ok = ok && both_read(file, t, &e);
    if (ok) {
        taxonomy_lay(t[0], t[1], (uint32_t)(o->alike * 1000 + 0.5), &d, &faults);
        taxonomy_prune(t[0], &d);
        ok = diags_err(&faults, &e) && tree_out(t[0], file[0], o->out, data, &e);
    }
    if (ok) {
        defects_put(&d, o->form, report);
        made_say(t[0], o->out, &d, say, arg);
    }
    if (!t[0] || !t[0]->with) taxonomy_free(t[1]);
    taxonomy_free(t[0]);
    defects_free(&d);
    diags_free(&faults);
    return ok ? 0 : error_status(&e, pe);
}
