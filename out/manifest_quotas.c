/* manifest_quotas.c: quotas asked and got, in a manifest:
 *
 *     "quotas":{
 *     "worst":{"gap":-2,"cell":{...}},         got - asked, where it is furthest from 0 (the first such cell)
 *     "sums":{"cells":96,"asked":1000,"got":998,"off":2,"lost":{"rules":31}},     off: cells whose gap is not 0
 *     "cells":[
 *     {"cell":{"school.grade":"7"},"asked":11,"got":9,"lost":{"rules":3,"duplicate":1}}, ...],
 *     "tables":[{"name":"design","cells":[{"cell":"school.grade=7","asked":84,"got":84}, ...]}]}
 *
 * lost: attempts that came to nothing, by reason; reasons without any are left out. Of more than 5,000 cells
 * only those with a gap or a loss are listed; the sums are over all.
 */
#include "out/manifest_parts.h"

#include <stdlib.h>

enum { CELLS_LISTED = 5000 };

static int64_t gap_of(uint64_t asked, uint64_t got) {
    return (int64_t)(got - asked);
}

static uint64_t size_of_gap(int64_t gap) {
    return gap < 0 ? 0 - (uint64_t)gap : (uint64_t)gap;
}

static uint64_t lost_at(const manifest *m, size_t reason, uint32_t cell) {
    return m->lost ? m->lost[reason * plan_cells(m->plan) + cell] : 0;
}

static bool any_lost(const manifest *m, uint32_t cell) {
    for (size_t r = 0; r < m->reasons; r++)
        if (lost_at(m, r, cell)) return true;
    return false;
}

/* `cell` UINT32_MAX: over all. Nothing if there is none. */
static void lost_put(const manifest *m, uint32_t cell, buf *out) {
    size_t begin = out->n;
    for (size_t r = 0; r < m->reasons; r++) {
        uint64_t n = 0;
        if (cell != UINT32_MAX)
            n = lost_at(m, r, cell);
        else
            for (uint32_t c = 0; c < plan_cells(m->plan); c++) n += lost_at(m, r, c);
        if (n)
            buf_printf(out, "%s\"%s\":%llu", out->n == begin ? ",\"lost\":{" : ",", m->reason[r],
                       (unsigned long long)n);
    }
    if (out->n > begin) buf_char(out, '}');
}

static void cells_put(const manifest *m, buf *out) {
    uint32_t cells = plan_cells(m->plan);
    bool first = true;
    buf_z(out, "\"cells\":[");
    for (uint32_t c = 0; c < cells; c++) {
        uint64_t asked = plan_quota(m->plan, c), got = m->got[c];
        if (cells > CELLS_LISTED && asked == got && !any_lost(m, c)) continue;
        buf_z(out, first ? "\n{\"cell\":" : ",\n{\"cell\":");
        plan_cell_json(m->plan, c, out);
        buf_printf(out, ",\"asked\":%llu,\"got\":%llu", (unsigned long long)asked, (unsigned long long)got);
        lost_put(m, c, out);
        buf_char(out, '}');
        first = false;
    }
    buf_z(out, "],\n");
}

static void sums_put(const manifest *m, buf *out) {
    uint32_t cells = plan_cells(m->plan), worst = UINT32_MAX;
    uint64_t asked = 0, got = 0, off = 0;
    int64_t most = 0;
    for (uint32_t c = 0; c < cells; c++) {
        int64_t gap = gap_of(plan_quota(m->plan, c), m->got[c]);
        asked += plan_quota(m->plan, c);
        got += m->got[c];
        off += gap != 0;
        if (worst != UINT32_MAX && size_of_gap(gap) <= size_of_gap(most)) continue;
        worst = c;
        most = gap;
    }
    buf_z(out, "\"worst\":");
    if (worst == UINT32_MAX) {
        buf_z(out, "null");
    } else {
        buf_printf(out, "{\"gap\":%lld,\"cell\":", (long long)most);
        plan_cell_json(m->plan, worst, out);
        buf_char(out, '}');
    }
    buf_printf(out, ",\n\"sums\":{\"cells\":%u,\"asked\":%llu,\"got\":%llu,\"off\":%llu", cells,
               (unsigned long long)asked, (unsigned long long)got, (unsigned long long)off);
    lost_put(m, UINT32_MAX, out);
    buf_z(out, "},\n");
}

static void table_put(const manifest *m, uint32_t table, buf *out) {
    uint32_t cells = plan_table_cells(m->plan, table);
    uint64_t *got = xcalloc((size_t)cells + 1, sizeof *got);
    for (uint32_t c = 0; c < plan_cells(m->plan); c++) {
        uint32_t at = plan_table_cell(m->plan, table, c);
        if (at < cells) got[at] += m->got[c]; /* a table speaks of those to whom its attributes apply */
    }
    buf_z(out, "{\"name\":");
    buf_json(out, plan_table_name(m->plan, table));
    buf_z(out, ",\"cells\":[");
    bool first = true;
    for (uint32_t c = 0; c < cells; c++) {
        uint64_t asked = plan_table_asked(m->plan, table, c);
        if (cells > CELLS_LISTED && asked == got[c]) continue;
        buf name = {0};
        plan_table_cell_print(m->plan, table, c, &name);
        buf_z(out, first ? "\n{\"cell\":" : ",\n{\"cell\":");
        buf_json(out, buf_view(&name));
        buf_printf(out, ",\"asked\":%llu,\"got\":%llu}", (unsigned long long)asked, (unsigned long long)got[c]);
        buf_free(&name);
        first = false;
    }
    buf_z(out, "]}");
    free(got);
}

void quotas_put(const manifest *m, buf *out) {
    buf_z(out, "\"quotas\":{\n");
    sums_put(m, out);
    cells_put(m, out);
    buf_z(out, "\"tables\":[");
    for (uint32_t t = 0; t < plan_tables(m->plan); t++) {
        if (t) buf_z(out, ",\n");
        table_put(m, t, out);
    }
    buf_z(out, "]},\n");
}
