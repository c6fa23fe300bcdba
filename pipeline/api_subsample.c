/* api_subsample.c: of records of others as many as a plan asks for, as they stand and in their order.
 *
 * First pass: the place of each record, 4 bytes each. Then how many of each place (plan_subset). Then which:
 * going through the records of a place in their order, each is taken with the chance (still wanted) / (still to
 * come), by random numbers keyed by (seed, place, how many came before): every subset of that size is as
 * likely, and none depends on the files' names or on how they are packed. Second pass: those that are taken are
 * written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/foreign.h"

enum { ZSTD_LEVEL = 3, WRITE_BYTES = 1 << 20 };
#define NO_PLACE UINT32_MAX

typedef struct subsample {
    const pop_subsample_options *o;
    design g;
    foreign f;
    err *e;
    arena *mem;
    uint32_t *place; /* of each record; in the second pass whether it is taken (1) or not (0) */
    uint64_t records, cap, at;
    u64map *lines; /* --unique: low half of a line's hash -> high half */
    uint64_t *take;
    subset_cut cut;
    /* what all files have in common */
    bool any;
    corpus_form form;
    buf head;
    /* writing */
    pop_sink rows;
    int fd;              /* -1: to rows */
    bool packed, closed; /* closed: rows takes no more */
    buf out, z;
    uint64_t written;
} subsample;

/* ---- first pass ---------------------------------------------------------------------------------------- */

static bool same_kind(subsample *s, const corpus_record *r) {
    str head = str_ends(r->head, "\r") ? str_part(r->head, 0, r->head.n - 1) : r->head;
    if (!s->any) {
        s->any = true;
        s->form = r->form;
        buf_str(&s->head, r->head);
        return true;
    }
    str first = buf_view(&s->head);
    if (str_ends(first, "\r")) first.n--;
    if (s->form == r->form && str_eq(head, first)) return true;
    return err_set(s->e, ERR_USAGE, "make them alike first, or sample each by itself",
                   "%s is of another form, or has another header, than %s", r->path, s->o->corpus.file[0]);
}

static bool seen_before(subsample *s, str bytes) {
    hash128 h = hash_128(bytes);
    uint64_t high;
    if (u64map_get(s->lines, h.lo, &high)) return high == h.hi;
    u64map_put(s->lines, h.lo, h.hi);
    return false;
}

static bool place_each(void *arg, const corpus_record *r) {
    subsample *s = arg;
    if (s->records == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 1 << 16;
        s->place = xrealloc(s->place, sizeof *s->place * s->cap);
    }
    if (!same_kind(s, r)) return false;
    uint32_t place = NO_PLACE;
    if (s->lines && seen_before(s, r->bytes)) {
        s->f.records++;
        foreign_lose(&s->f, LOST_DOUBLE, NO_LEAF, r, (str){0});
    } else {
        place = foreign_place(&s->f, r);
    }
    if (place != NO_PLACE && census_cell(s->f.census, s->g.plan, place) == UINT32_MAX) {
        foreign_lose(&s->f, LOST_NO_CELL, NO_LEAF, r, (str){0});
        place = NO_PLACE;
    }
    if (place != NO_PLACE) census_add(s->f.census, &s->f.r, place);
    s->place[s->records++] = place;
    return true;
}

static bool all_place(subsample *s) {
    if (s->o->unique) s->lines = u64map_new(1 << 16);
    bool ok = foreign_open(&s->f, s->g.pop, &s->o->corpus, s->e);
    for (size_t i = 0; ok && i < s->o->corpus.files; i++)
        ok = foreign_walk(s->o->corpus.file[i], true, place_each, s, s->e) && s->e->code == ERR_OK;
    if (s->lines) u64map_free(s->lines);
    return ok;
}

/* ---- how many, and which ------------------------------------------------------------------------------- */

static bool counts_find(subsample *s) {
    diags d;
    diags_init(&d);
    s->take = arena_new_of(s->mem, uint64_t, census_places(s->f.census) + 1);
    bool ok = plan_subset(s->g.plan, s->f.census, s->mem, s->take, &s->cut, &d);
    if (!ok && diags_err(&d, s->e)) err_set(s->e, ERR_PLAN, NULL, "no subset meets the plan");
    diags_free(&d);
    return ok;
}

static void records_choose(subsample *s) {
    uint32_t places = census_places(s->f.census);
    uint64_t *passed = arena_new_of(s->mem, uint64_t, places + 1),
             *taken = arena_new_of(s->mem, uint64_t, places + 1);
    for (uint64_t i = 0; i < s->records; i++) {
        uint32_t p = s->place[i];
        s->place[i] = 0;
        if (p == NO_PLACE) continue;
        uint64_t left = census_count(s->f.census, p) - passed[p];
        bool is_taken = rng_below(rng_u64(s->o->seed, p, passed[p], 4, 0), left) < s->take[p] - taken[p];
        passed[p]++;
        taken[p] += is_taken;
        s->place[i] = is_taken;
    }
}

/* ---- second pass --------------------------------------------------------------------------------------- */

static bool out_flush(subsample *s) {
    str data = buf_view(&s->out);
    if (s->packed) {
        buf_reset(&s->z);
        frame_pack(&s->z, data, ZSTD_LEVEL);
        data = buf_view(&s->z);
    }
    bool ok = s->fd >= 0 ? file_write_all(s->fd, data.p, data.n, s->o->path, s->e)
                         : !data.n || s->rows.write(s->rows.arg, data.p, data.n);
    s->closed = !ok && s->fd < 0;
    buf_reset(&s->out);
    return ok;
}

static bool changed(const subsample *s) {
    return err_set(s->e, ERR_IO, "try again once nobody writes to it",
                   "the corpus changed while it was read: there were %llu records before",
                   (unsigned long long)s->records);
}

static bool write_each(void *arg, const corpus_record *r) {
    subsample *s = arg;
    if (s->at == s->records) return changed(s);
    if (!s->place[s->at++]) return true;
    bool array = s->form == CORPUS_ARRAY;
    if (array) buf_z(&s->out, s->written ? ",\n" : "[\n");
    buf_str(&s->out, r->bytes);
    if (!array) buf_char(&s->out, '\n');
    s->written++;
    return s->out.n < WRITE_BYTES || out_flush(s);
}

static bool all_write(subsample *s) {
    if (s->form == CORPUS_CSV) {
        buf_str(&s->out, buf_view(&s->head));
        buf_char(&s->out, '\n');
    }
    bool ok = true;
    for (size_t i = 0; ok && !s->closed && i < s->o->corpus.files; i++)
        ok = foreign_walk(s->o->corpus.file[i], false, write_each, s, s->e) && s->e->code == ERR_OK;
    if (ok && s->closed)
        return true; /* a reader that has enough; what went wrong else the sink's owner knows */
    if (ok && (s->at != s->records || s->written != s->o->n)) return changed(s);
    if (ok && s->form == CORPUS_ARRAY) buf_z(&s->out, "\n]\n");
    return ok && (out_flush(s) || s->closed);
}

/* Beside its place first, so that there is a whole file or none. */
static bool file_write(subsample *s) {
    const char *path = s->o->path, *slash = strrchr(path, '/');
    char *dir = slash ? str_z(s->mem, (str){path, slash == path ? 1 : (size_t)(slash - path)})
                      : str_z(s->mem, STR("."));
    const char *name = slash ? slash + 1 : path;
    char *tmp = str_z(s->mem, str_printf(s->mem, "%s.tmp", name)), *tmp_path = path_join(s->mem, dir, tmp);
    s->packed = str_ends(str_of(path), ".zst");
    s->fd = open(tmp_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (s->fd < 0) return err_errno(s->e, errno, "writing", tmp_path);
    bool ok = all_write(s) && file_publish_fd(s->fd, dir, tmp, name, s->e);
    close(s->fd);
    if (!ok) unlink(tmp_path);
    return ok;
}

/* ---- report -------------------------------------------------------------------------------------------- */

static void table_json(const subsample *s, uint32_t t, bool chosen, buf *b) {
    const plan *pl = s->g.plan;
    uint32_t cells = plan_table_cells(pl, t);
    uint64_t *have = arena_new_of(s->mem, uint64_t, cells + 1),
             *got = arena_new_of(s->mem, uint64_t, cells + 1);
    buf text = {0};
    census_table(s->f.census, pl, t, have);
    for (uint32_t i = 0; chosen && i < census_places(s->f.census); i++) {
        uint32_t cell = census_cell(s->f.census, pl, i),
                 at = cell == UINT32_MAX ? cell : plan_table_cell(pl, t, cell);
        if (at != UINT32_MAX) got[at] += s->take[i];
    }
    buf_z(b, "{\"name\":");
    buf_json(b, plan_table_name(pl, t));
    buf_z(b, ",\"cells\":[");
    for (uint32_t c = 0; c < cells; c++) {
        buf_reset(&text);
        plan_table_cell_print(pl, t, c, &text);
        buf_z(b, c ? ",\n{\"cell\":" : "\n{\"cell\":");
        buf_json(b, buf_view(&text));
        buf_printf(b, ",\"asked\":%llu,\"there\":%llu,\"got\":%llu}",
                   (unsigned long long)plan_table_asked(pl, t, c), (unsigned long long)have[c],
                   (unsigned long long)got[c]);
    }
    buf_z(b, "]}");
    buf_free(&text);
}

static void cut_json(const subsample *s, buf *b) {
    const subset_cut *c = &s->cut;
    buf text = {0};
    buf_printf(b, ",\"cut\":{\"asked\":%llu,\"other\":%llu,\"there\":%llu,\"lacking\":%llu,\"cells\":[",
               (unsigned long long)c->asked, (unsigned long long)c->other, (unsigned long long)c->room,
               (unsigned long long)(c->asked - c->other - c->room));
    for (uint32_t i = 0; i < c->n; i++) {
        buf_reset(&text);
        plan_table_cell_print(s->g.plan, c->at[i].table, c->at[i].cell, &text);
        buf_z(b, i ? ",\n{\"table\":" : "\n{\"table\":");
        buf_json(b, plan_table_name(s->g.plan, c->at[i].table));
        buf_z(b, ",\"cell\":");
        buf_json(b, buf_view(&text));
        buf_printf(b, ",\"asked\":%llu,\"side\":%d}",
                   (unsigned long long)plan_table_asked(s->g.plan, c->at[i].table, c->at[i].cell),
                   c->at[i].side);
    }
    buf_z(b, "]}");
    buf_free(&text);
}

static void report_json(const subsample *s, bool chosen, buf *b) {
    buf_z(b, "{\"population\":");
    buf_json(b, s->g.pop->name);
    buf_printf(b, ",\"n\":%llu,\"seed\":%llu,\"records\":%llu,\"placed\":%llu,\"written\":%llu,\"unplaced\":",
               (unsigned long long)s->o->n, (unsigned long long)s->o->seed, (unsigned long long)s->f.records,
               (unsigned long long)census_size(s->f.census), (unsigned long long)s->written);
    foreign_json(&s->f, b);
    if (s->cut.asked) cut_json(s, b);
    buf_z(b, ",\"tables\":[");
    for (uint32_t t = 0; t < plan_tables(s->g.plan); t++) {
        if (t) buf_char(b, ',');
        table_json(s, t, chosen, b);
    }
    buf_z(b, "]}\n");
}

static void report_text(const subsample *s, bool chosen, buf *b) {
    uint64_t not_placed = foreign_lost(&s->f);
    buf_printf(b, STR_FMT ": %llu record%s, %llu placed", STR_ARG(s->g.pop->name),
               (unsigned long long)s->f.records, plural(s->f.records),
               (unsigned long long)census_size(s->f.census));
    if (not_placed) buf_printf(b, ", %llu not:", (unsigned long long)not_placed);
    buf_char(b, '\n');
    foreign_text(&s->f, b);
    if (chosen)
        buf_printf(b, "%llu written%s%s: %s%u table%s is exact in whole persons\n",
                   (unsigned long long)s->written, s->o->path ? " to " : "", s->o->path ? s->o->path : "",
                   plan_tables(s->g.plan) == 1 ? "" : "each of ", plan_tables(s->g.plan),
                   plural(plan_tables(s->g.plan)));
}

/* ---- the command --------------------------------------------------------------------------------------- */

static bool subsample_make(subsample *s, bool *chosen) {
    if (!all_place(s)) return false;
    if (!census_size(s->f.census)) return foreign_nobody(&s->f, s->o->corpus.file[0], s->e), true;
    *chosen = counts_find(s);
    if (!*chosen) return true; /* s->e says why, behind the report */
    records_choose(s);
    return s->o->path ? file_write(s) : all_write(s);
}

int pop_subsample(const pop_subsample_options *o, pop_form form, pop_sink rows, pop_sink report,
                  pop_error *pe) {
    err e = {0};
    subsample s = {.o = o, .e = &e, .rows = rows, .fd = -1};
    diags d;
    buf b = {0};
    diags_init(&d);
    bool ok = design_load(&s.g, o->source.population, o->source.set, o->source.sets, o->n, o->seed, &d, &e),
         chosen = false;
    diags_free(&d);
    if (!ok) return error_status(&e, pe);
    s.mem = arena_new(0);
    ok = subsample_make(&s, &chosen);
    if (ok && form == POP_JSON) report_json(&s, chosen, &b);
    if (ok && !s.closed && form == POP_TEXT) report_text(&s, chosen, &b);
    if (b.n && report.write) report.write(report.arg, b.p, b.n);
    foreign_close(&s.f);
    free(s.place);
    buf_free(&s.head);
    buf_free(&s.out);
    buf_free(&s.z);
    buf_free(&b);
    arena_free(s.mem);
    design_free(&s.g);
    return ok && chosen ? 0 : error_status(&e, pe);
}
