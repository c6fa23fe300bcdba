/* work_parts.h (private): a work and its stages.
 *
 * A work goes down the table of stages from the top, again after every answer, until one of them has something
 * to ask or waits for an answer; if none has, the draft is a candidate.
 */
#ifndef POP_WORK_PARTS_H
#define POP_WORK_PARTS_H

#include "stages/stages.h"

/* ---- stages: stage_table.c --------------------------------------------------------------------- */

/* The parts of an ask's messages, in the order in which they are sent; empty ones are left out. */
typedef struct talk {
    buf system; /* a JSON string already */
    buf user;
    str reply; /* the model's own, that `more` speaks of */
    buf more;
} talk;

typedef struct stage {
    const char *name;
    /* Does what is to be done now and makes steps due; true: the stages below have to wait. */
    bool (*begin)(work *w);
    void (*compose)(work *w, uint16_t step, talk *t);      /* NULL: asks nothing */
    void (*take)(work *w, uint16_t step, const answer *a); /* an answer that passed the door */
} stage;
extern const stage stage_propose, stage_validate, stage_revise, stage_judge;
extern const stage *const stage_table[]; /* NULL-terminated */

/* ---- steps: work.c -------------------------------------------------------------------------------- */

/* An answer that was read; fields point to the one they were taken from. */
typedef struct said {
    uint16_t round;
    str text; /* without reasoning text */
} said;

typedef enum step_state { STEP_WAIT, STEP_DUE, STEP_OUT, STEP_DONE, STEP_SKIPPED, STEP_FAILED } step_state;

/* What was answered to one field, and what stands. */
typedef struct field {
    const said *from;       /* its value in the record */
    value fresh;            /* read, not yet settled; then what it replaced, until that is done */
    const said *fresh_from; /* NULL: nothing fresh */
    const char *wrong;      /* why it has no value, in words */
    bool in_vain;           /* asked for again last, and what came did not help */
} field;

/* A text of `leaves`, beside step.place[]. */
typedef struct text_item {
    uint32_t part;
    bool asked; /* in the ask that is due or out, or that was answered last */
    field field;
} text_item;

/* A facet or a judge. */
typedef struct step {
    step_state state;
    const stage *stage; /* who composes its ask and takes the answer */
    uint16_t calls;     /* made so far: the round of the next one */
    uint32_t used;      /* rounds: calls after the first one */
    uint32_t refused;   /* answers refused at the door since it was made due */
    str refused_text;   /* the last of these, if it may be shown to the model */
    str refused_why;    /* in words */
    const said *last;   /* the last answer that was read; NULL: none yet */
    findings found;     /* facet: of its own check; judge: of its last call */
    findings odd;       /* facet: keys of its last answer that nobody asked for */
    bool objected;      /* judge: ever */
    leaf_place *place;  /* facet with `leaves`: the texts that the persona has, part by part */
    text_item *text;
    uint32_t texts;
    uint32_t part, place_first, place_end; /* the part that is written, and which texts are of it */
    uint32_t used_most;                    /* rounds of the part before that needed most */
    reason why;                            /* STEP_FAILED */
    str detail;
    buf messages, schema, bounded; /* of the ask that is out */
} step;

struct work {
    const work_env *env;
    arena *mem;
    record rec;
    uint64_t slot;
    uint32_t attempt;
    str avoid;
    work_state state;
    reason why;
    str detail;
    step *step;
    uint16_t facets, steps;
    field *field;           /* one a leaf of `fields`, the first of a list of sections standing for all of it */
    bool *asked;            /* one a leaf: what the next revise ask of its owner is about */
    const bool *none;       /* one a leaf: of `fields` none */
    bool crossing;          /* every facet has been written: from here on rounds are barriers */
    bool stale;             /* something was written since the last check of all */
    uint32_t rounds;        /* of the slot, for cross-checks and judges */
    findings checked, left; /* of the last check of all; that and what judges said */
    uint32_t calls, revisions;
    str *model;
    uint32_t models;
    struct trace_row *trace, **trace_end;
};

str step_name(const work *w, uint16_t step);
/* The facet or judge is out of the game with this reason; the work fails when no step before it can fail any
 * more. */
void step_fail(work *w, uint16_t step, reason why, str detail);
/* Makes an ask due that repeats or revises; a round of this step. false: it has none left. */
bool step_again(work *w, uint16_t step);
/* An answer cannot be used: again, or it was the last. */
void step_refuse(work *w, uint16_t step, const answer *a, const char *code, const char *message);
void work_fail(work *w, reason why, str detail);
/* The ids of the rules of hard findings, sorted, each once. */
str objectors(const findings *f, uint16_t owner, arena *mem);

/* ---- validate.c ------------------------------------------------------------------------------------ */

void facet_take(work *w, uint16_t facet, const answer *a);
/* Whether a finding on `leaf` names a field that the facet itself can write anew: not a template, not
 * another's. */
bool writes_field(const population *p, uint16_t facet, uint32_t leaf);
/* The facet's answers are at an end or its own check is content: done, revised again, or failed. */
void facet_finish(work *w, uint16_t facet);
void findings_copy(findings *to, const findings *from, arena *mem); /* with their texts */

/* ---- leaves.c: the texts of `leaves`; all do nothing for a facet without ---------------------------- */

bool leaves_begin(work *w, uint16_t facet);       /* true: the persona has some */
bool leaves_more(work *w, uint16_t facet);        /* the part is written: true: the next one begins */
bool fields_asked(const work *w, uint16_t facet); /* all `fields` that apply: with the first part */
bool *leaves_later(const work *w, uint16_t facet, arena *mem); /* as rules_check_part wants them */
void leaves_still_to_come(const work *w, uint16_t facet,
                          findings *found); /* takes what was found of these out */
bool is_leaf_of(const work *w, uint16_t facet, uint32_t leaf);
void leaves_unask(work *w, uint16_t facet);
void leaves_ask(work *w, uint16_t facet, uint32_t leaf,
                uint32_t instance); /* NO_LEAF: all so far; 0: all of it */
void leaves_limit(work *w, uint16_t facet);
bool leaves_wait(const work *w, uint16_t facet, const finding *about); /* it is about texts not asked for now */
/* only_asked: of a revise ask just what is to be written again. */
void leaves_context(work *w, uint16_t facet, bool only_asked, render_ctx *c);
const said *leaves_said(const work *w, uint16_t facet); /* the latest answer that something asked for is from */
void leaves_read_answer(work *w, uint16_t facet, const said *from, const json *object);
bool leaves_name(const work *w, uint16_t facet, str key); /* it is the path of one that is asked for */
const char *leaves_wrong(const work *w, uint16_t facet, uint32_t leaf, uint32_t instance, bool *missing);
void leaves_exchange(work *w, uint16_t facet); /* fresh versions for those that stand, and the reverse */
/* Of two versions of a field the newer one stays if it has fewer findings; or all do, or none. */
typedef enum version_rule { VERSION_EACH, VERSION_NEW, VERSION_OLD } version_rule;
bool leaves_choose(work *w, uint16_t facet, const findings *now, const findings *before, version_rule how,
                   bool *changed);
void leaves_drop(work *w, uint16_t facet);

/* ---- revise.c, judge.c --------------------------------------------------------------------------------- */

void revise_due(work *w, uint16_t facet, const findings *of); /* the caller has asked step_again */
void revise_schema(const work *w, uint16_t facet, bool bounded, buf *out);
void judges_recall(work *w); /* the text has changed: those who objected are to be asked again */

/* ---- ask.c: one ask as it is sent ------------------------------------------------------------------------ */

void ask_fill(work *w, uint16_t step, ask *out);
uint32_t ask_seed(const work *w, uint16_t step, uint16_t round);
/* What is the same for all slots, appended to `out`: rendered once for env, if that is prepared. */
typedef enum shared_kind { SHARED_SYSTEM, SHARED_SCHEMA, SHARED_BOUNDED, SHARED_KINDS } shared_kind;
typedef void (*shared_render)(const work *w, uint16_t step, shared_kind what, buf *out);
void ask_shared(const work *w, uint16_t step, shared_kind what, shared_render render, buf *out);
render_ctx ask_context(const work *w, uint16_t facet);
str without_reasoning(str text); /* what stands behind the last </think> */

/* ---- work_words.c: what this folder says to models, by language
 * --------------------------------------------- */

typedef enum work_word {
    WORD_UNKNOWN_KEYS, /* followed by names */
    WORD_REFUSED,      /* before the reason an answer could not be used */
    WORD_ANSWER_AGAIN, /* after it */
    WORK_WORDS
} work_word;
const char *work_word_get(const population *p, work_word word);

/* ---- work_trace.c
 * ------------------------------------------------------------------------------------------- */

void trace_ask(work *w, uint16_t step);
void trace_answer(work *w, uint16_t step, const answer *a);
/* Of a facet's own check, of a judge, or (NO_FACET) of the check of everything. */
void trace_findings(work *w, uint16_t step, const findings *f);
/* Of two versions of a field one stays. */
void trace_version(work *w, uint32_t leaf, uint32_t instance, bool newer);

#endif
