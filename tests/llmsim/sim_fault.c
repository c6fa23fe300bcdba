/* sim_fault.c: which fault strikes a request. Every fault draws from a stream of its own, so that a change of
 * one share moves no other. Pure faults are functions of (request, --seed); the others also of how often the
 * same request came before, so that a retry can succeed.
 */
#include "tests/llmsim/llmsim.h"

#define LATENCY_STREAM 1000u
#define TAIL_STREAM    1001u
#define ERROR_STREAM   2000u

static const struct {
    const char *word;
    bool pure;
} FAULTS[SIM_FAULTS] = {
#define SIM_FAULT_ROW(name, word, pure) {word, pure},
    SIM_FAULT_MAP(SIM_FAULT_ROW)
#undef SIM_FAULT_ROW
};

const char *sim_fault_word(sim_fault f) {
    return FAULTS[f].word;
}

bool sim_fault_is_pure(sim_fault f) {
    return FAULTS[f].pure;
}

static bool strikes(double share, uint64_t seed, uint64_t hash, uint64_t nth, uint64_t stream) {
    return share > 0 && rng_unit(rng_u64(seed, hash, nth, stream, 0)) < share;
}

sim_fault sim_fault_of_request(const script *s, uint64_t seed, uint64_t hash, uint32_t round) {
    for (int f = SIM_POISON; f < SIM_FAULTS && FAULTS[f].pure; f++) {
        if (s->first_round_only && round != 0 && f != SIM_POISON) continue;
        if (strikes(s->share[f], seed, hash, 0, (uint64_t)f)) return (sim_fault)f;
    }
    return SIM_NONE;
}

sim_fault sim_fault_of_transport(const script *s, uint64_t seed, uint64_t hash, uint64_t nth, uint32_t *which) {
    for (uint32_t i = 0; i < s->n_errors; i++) {
        *which = i;
        if (strikes(s->errors[i].share, seed, hash, nth, ERROR_STREAM + i)) return SIM_ERROR;
    }
    for (int f = SIM_DROP; f <= SIM_DRIP; f++) {
        if (strikes(s->share[f], seed, hash, nth, (uint64_t)f)) return (sim_fault)f;
    }
    return SIM_NONE;
}

double sim_fault_latency_ms(const script *s, uint64_t seed, uint64_t hash, uint64_t nth) {
    double ms = s->latency_a, u = rng_unit(rng_u64(seed, hash, nth, LATENCY_STREAM, 0));
    if (s->latency == LATENCY_UNIFORM) ms += u * (s->latency_b - s->latency_a);
    if (s->latency == LATENCY_LOGNORMAL) ms *= num_exp(s->latency_b * num_normal_inv(u));
    if (strikes(s->tail_share, seed, hash, nth, TAIL_STREAM)) ms += s->tail_ms;
    return ms;
}
