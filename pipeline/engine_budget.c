/* engine_budget.c: what a run may spend. Before a call is sent, what it may cost at most (its prompt and all of
 * max_tokens) is reserved; when it has answered, its usage is settled. The first call that could exceed a
 * budget ends the run, once those in flight have answered.
 */
#include "pipeline/engine_state.h"

/* Dearest prices of the endpoints, a million tokens; 0 where none are known. */
static void prices_dearest(const engine *g, double *in, double *out) {
    *in = *out = 0;
    for (size_t i = 0; g->c.price_in && i < g->c.client_config->endpoints; i++) {
        if (g->c.price_in[i] > *in) *in = g->c.price_in[i];
        if (g->c.price_out[i] > *out) *out = g->c.price_out[i];
    }
}

/* A budget is the run's, not the process's: what was spent before a resume counts, at the dearest of today's
 * prices. */
void budget_restore(engine *g) {
    const commit_figures *f = commit_numbers(g->commit);
    double in, out;
    prices_dearest(g, &in, &out);
    uint64_t asked = atomic_load(&f->prompt), got = atomic_load(&f->completion);
    g->tokens = asked + got;
    g->money = ((double)asked * in + (double)got * out) / 1e6;
}

bool budget_allows(engine *g, const ask *k) {
    const pop_run_options *o = g->c.options;
    if (!o || g->budget_hit) return !g->budget_hit;
    uint64_t most = g->reserved + k->max_tokens + k->messages.n / 4;
    double in, out;
    prices_dearest(g, &in, &out);
    bool tokens = o->budget_tokens && g->tokens + most > o->budget_tokens;
    bool money = o->budget_money > 0 && g->money + (double)most * (in > out ? in : out) / 1e6 > o->budget_money;
    if (!tokens && !money) return true;
    g->budget_hit = g->stopping = true;
    engine_event(g, "budget", "the budget is reached: waiting for calls in flight");
    if (g->flights == 0) engine_over(g, ERR_BUDGET);
    return false;
}

void money_note(engine *g, const reply *r) {
    g->tokens += r->usage.prompt + r->usage.completion;
    if (g->c.price_in && r->endpoint < g->c.client_config->endpoints)
        g->money += ((double)r->usage.prompt * g->c.price_in[r->endpoint] +
                     (double)r->usage.completion * g->c.price_out[r->endpoint]) /
                    1e6;
}
