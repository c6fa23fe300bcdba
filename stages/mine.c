/* mine.c: the course of mining: batch after batch of asks.
 *
 * Answers are taken in any order and kept with their tasks; nothing is decided before the last task of the
 * batch is done, and then in the order of tasks. An answer of no use is asked for again, MINE_TRIES times in
 * all, under the next attempt; after that the task counts as not answered, which each stage has a meaning for.
 */
#include "stages/mine_parts.h"

#include <stdlib.h>

static const mine_stage *const mine_table[] = {&mine_extract, &mine_filter, &mine_merge, &mine_type};

static const mine_stage *stage_of(const miner *m) {
    return m->stage < COUNT_OF(mine_table) ? mine_table[m->stage] : NULL;
}

static const char *const twelve[] = {"Demographics",           "Body and Health",       "Mind and Character",
                                     "Culture and Society",    "Relationships",         "Career and Work",
                                     "Education and Learning", "Hobbies and Interests", "Daily Routine",
                                     "Values and Beliefs",     "Emotional Life",        "Media"};

miner *mine_new(const mine_options *o) {
    miner *m = xcalloc(1, sizeof *m);
    m->mem = arena_new(0);
    m->batch = arena_new(0);
    m->seed = o->seed;
    m->categories = o->categories ? o->categories : COUNT_OF(twelve);
    if (m->categories > MINE_CATEGORIES) m->categories = MINE_CATEGORIES;
    m->category = arena_new_of(m->mem, str, m->categories);
    m->tree = taxonomy_new();
    for (uint32_t i = 0; i < m->categories; i++) {
        m->category[i] = str_dup(m->mem, o->categories ? o->category[i] : str_of(twelve[i]));
        taxon_add(m->tree, m->tree->root, m->category[i]);
    }
    return m;
}

/* ---- tasks ------------------------------------------------------------------------------------------------
 */

mine_task *mine_task_add(miner *m, void *item) {
    if (m->tasks == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 256;
        m->task = xrealloc(m->task, m->cap * sizeof *m->task);
    }
    m->task[m->tasks] = (mine_task){.item = item};
    return &m->task[m->tasks++];
}

static void words_free(mine_task *k) {
    for (int i = 0; k->words && i < 3; i++) buf_free(&k->words[i]);
    free(k->words);
    k->words = NULL;
}

static void batch_clear(miner *m) {
    for (size_t i = 0; i < m->tasks; i++) words_free(&m->task[i]);
    m->tasks = m->cursor = m->done = m->agains = m->again_at = 0;
    arena_reset(m->batch);
}

void mine_free(miner *m) {
    if (!m) return;
    mine_pairs_drop(m);
    batch_clear(m);
    free(m->task);
    free(m->again);
    taxonomy_free(m->tree);
    arena_free(m->batch);
    arena_free(m->mem);
    free(m);
}

static void again_push(miner *m, size_t i) {
    if (m->agains == m->again_cap) {
        m->again_cap = m->again_cap ? m->again_cap * 2 : 64;
        m->again = xrealloc(m->again, m->again_cap * sizeof *m->again);
    }
    m->again[m->agains++] = i;
}

/* ---- from batch to batch ----------------------------------------------------------------------------------
 */

static void round_begin(miner *m) {
    const mine_stage *s = stage_of(m);
    batch_clear(m);
    if (s && s->begin) s->begin(m);
}

/* Batches without a task are over at once. */
static void settle(miner *m) {
    while (stage_of(m) && m->done == m->tasks && (m->stage > 0 || m->last)) {
        bool more = stage_of(m)->end(m);
        m->round = more ? (uint16_t)(m->round + 1) : 0;
        m->stage = (uint16_t)(m->stage + !more);
        round_begin(m);
    }
}

void mine_last(miner *m) {
    m->last = true;
    settle(m);
}

/* ---- asks -------------------------------------------------------------------------------------------------
 */

static void message_put(buf *b, const char *role, const buf *text) {
    buf_printf(b, "%s{\"role\":\"%s\",\"content\":", b->n > 1 ? "," : "", role);
    buf_json(b, buf_view(text));
    buf_char(b, '}');
}

static void words_make(const miner *m, mine_task *k) {
    const mine_stage *s = stage_of(m);
    buf system = {0}, user = {0};
    k->words = xcalloc(3, sizeof *k->words);
    s->compose(m, k, &system, &user);
    buf_char(&k->words[0], '[');
    message_put(&k->words[0], "system", &system);
    message_put(&k->words[0], "user", &user);
    buf_char(&k->words[0], ']');
    s->schema(m, k, false, &k->words[1]);
    s->schema(m, k, true, &k->words[2]);
    buf_free(&system);
    buf_free(&user);
}

static uint32_t seed_of(const miner *m, const mine_place *at) {
    uint64_t slot = rng_u64(m->seed, at->slot, at->round, 0x6D696E65, 0) >> 43; /* "mine"; 21 bits */
    return (uint32_t)slot << 10 | (at->step & 63u) << 4 | (at->attempt & 15u);
}

static bool next_task(miner *m, size_t *i) {
    if (m->again_at < m->agains) {
        *i = m->again[m->again_at++];
        return true;
    }
    if (m->cursor == m->tasks) return false;
    *i = m->cursor++;
    return true;
}

bool mine_next(miner *m, mine_place *at, ask *out) {
    size_t i;
    const mine_stage *s = stage_of(m);
    if (!s || !next_task(m, &i)) return false;
    mine_task *k = &m->task[i];
    words_make(m, k);
    k->state = TASK_OUT;
    m->stats.asked++;
    *at = (mine_place){.slot = i, .attempt = k->tries, .step = m->stage, .round = m->round};
    *out = (ask){.step = at->step,
                 .round = at->round,
                 .role = STR("writer"),
                 .messages = buf_view(&k->words[0]),
                 .schema = buf_view(&k->words[1]),
                 .bounded = buf_view(&k->words[2]),
                 .name = str_of(s->name),
                 .max_tokens = s->max_tokens,
                 .temperature_milli = s->temperature_milli,
                 .top_p_milli = 1000,
                 .seed = seed_of(m, at)};
    return true;
}

void mine_take(miner *m, const mine_place *at, const answer *a) {
    const mine_stage *s = stage_of(m);
    if (!s || at->step != m->stage || at->round != m->round || at->slot >= m->tasks) return;
    mine_task *k = &m->task[at->slot];
    if (k->state != TASK_OUT || k->tries != at->attempt) return;
    words_free(k);
    k->answered = a->object && s->take(m, k, a->object);
    k->tries++;
    if (!k->answered && !a->final && k->tries < MINE_TRIES) {
        k->state = TASK_WAIT;
        again_push(m, at->slot);
        return;
    }
    m->stats.refused += !k->answered;
    k->state = TASK_DONE;
    m->done++;
    settle(m);
}

/* ---- questions --------------------------------------------------------------------------------------------
 */

bool mine_done(const miner *m) {
    return !stage_of(m);
}

size_t mine_waiting(const miner *m) {
    return m->tasks - m->cursor + m->agains - m->again_at;
}

const char *mine_stage_now(const miner *m) {
    return stage_of(m) ? stage_of(m)->name : "done";
}

size_t mine_batch(const miner *m) {
    return m->tasks;
}

taxonomy *mine_tree(miner *m) {
    return m->tree;
}

void mine_figures(const miner *m, mine_stats *out) {
    *out = m->stats;
}
