/* cut.c: why two margins cannot be met together: a minimal cut of the flow between their cells.
 *
 * Persons flow from the cells of one margin to those of the other, wherever some cell of the product lies in
 * both. Where not all of them get through, the cells that the last search still reaches are the proof: the
 * persons whom the one margin asks for there have no other place than the cells reached of the other, and these
 * ask for fewer.
 */
#include "taxonomy/solve/solve_parts.h"

#include <stdlib.h>

enum { PAIRS_MOST = 1 << 22 };

bool solve_cut(const problem *p, uint32_t a, uint32_t b, solve_report *r) {
    const margin *from = &p->margin[a], *to = &p->margin[b];
    uint64_t pairs = (uint64_t)from->cells * to->cells;
    if (pairs > PAIRS_MOST) return false;
    double *open = xcalloc(pairs, sizeof *open);
    uint64_t *out = xcalloc(pairs, sizeof *out);
    bool *reached = arena_new_of(p->mem, bool, (size_t)from->cells + to->cells);
    for (uint32_t i = 0; i < p->cells; i++)
        if (p->weight[i] > 0) open[(size_t)from->of[i] * to->cells + to->of[i]] = 1;
    bool fits = solve_flow(open, from->want, from->cells, to->want, to->cells, out, reached);
    free(open);
    free(out);
    if (fits) return false;
    r->cut = (solve_cut_found){.from = a, .to = b, .asking = reached, .room_in = reached + from->cells};
    for (uint32_t c = 0; c < from->cells; c++)
        if (r->cut.asking[c]) r->cut.asked += from->want[c];
    for (uint32_t c = 0; c < to->cells; c++)
        if (r->cut.room_in[c]) r->cut.room += to->want[c];
    return true;
}
