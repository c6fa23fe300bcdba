/* prompt.h: what is asked of a model: prompts and templates rendered, schemas, the fields that apply. */
#ifndef POP_TAXONOMY_PROMPT_H
#define POP_TAXONOMY_PROMPT_H

#include "taxonomy/record.h"

/* A text of `leaves` of one persona. */
typedef struct leaf_place {
    uint32_t leaf, instance; /* instance from 1; 0: it stands in no list */
} leaf_place;
/* Those that the persona has, in the order in which they are asked for, and the part, from 0, in which each
 * goes out. Returns how many; both live in mem. */
uint32_t facet_places(uint16_t facet, const record *r, arena *mem, leaf_place **place, uint32_t **part);

typedef struct render_ctx {
    const record *rec;
    hash128 run;            /* of (population hash, seed), for @run */
    uint16_t facet;         /* whose @fields and @draft; NO_FACET: a judge or a message */
    const bool *only;       /* @fields: leaves asked for, one bool a leaf; NULL: all that apply */
    bool same;              /* @fields: the same for all slots: all values of a choice */
    const leaf_place *ask;  /* @fields: of `leaves` those asked for; NULL: all that the persona has */
    const leaf_place *told; /* @draft: of `leaves` those of earlier parts */
    uint32_t asks, tolds;
    str findings, avoid, rules; /* what @findings, @avoid, @rules print */
} render_ctx;

typedef struct prompt prompt;
/* The system part: the same bytes for every slot unless it shows @rules (then for every rules text). */
void prompt_system(const prompt *pr, const render_ctx *c, buf *out);
void prompt_slot(const prompt *pr, const render_ctx *c, buf *out);
/* The built-in prompt of judges in the locale, for those without one. */
const prompt *prompt_judge_default(population *p, diags *d);
void template_render(const template *t, const render_ctx *c, buf *out);
/* Every literal word of prompts, labels, hints, lexicons and field lines: what dedup must not weigh. One call a
 * text. */
void population_texts(const population *p, void (*each)(void *arg, str text), void *arg);

#define SCHEMA_STEP(spaced) ((spaced) ? 50u : 10u) /* characters: what facet_schema rounds `least` up to */
/* JSON schema of a facet's reply for a record: fields that apply (and are in `only`, if given), in order, all
 * required. bounded: minLength about what the limits want and maxLength twice that, maxItems, ranges. least: of
 * a bounded one, one a leaf, the characters that a text must have besides; NULL: none. Byte-identical for equal
 * field sets, without least. Of `leaves` any path may follow, with a text. */
void facet_schema(const population *p, uint16_t facet, const record *r, const bool *only, bool bounded,
                  const uint32_t *least, buf *out);
/* {"findings": [{"rule", "field", "message", "hint"}]} with enums. */
void judge_schema(const population *p, const str *rule_id, size_t rules, const uint32_t *leaf, size_t leaves,
                  buf *out);
bool field_applies(const population *p, uint32_t leaf, const record *r); /* its `when`s hold and its facet's */
/* `only` and `except` of a written choice: whether its schema and lines offer a value, by what is known before
 * its facet is asked; whether `only` holds for it; which leaf of `except` has taken it (NO_LEAF: none). */
bool choice_offered(const node *n, const record *r, uint32_t value);
bool choice_only(const node *n, const record *r, uint32_t value);
uint32_t choice_taken(const node *n, const record *r, uint32_t value);
/* Fills the templates under a facet's fields, after the facet has written. */
void facet_templates(const population *p, uint16_t facet, record *r);
void record_id(const population *p, hash128 run, uint64_t slot, buf *out);
hash128 run_hash(hash128 population, uint64_t seed);
/* "8 hex digits" of the run, as in ids. */

/* Words of the engine in the population's language: built-in prompts and finding messages. en and zh; others
 * en. */
typedef enum phrase {
#define PHRASE(name) PHRASE_##name,
#include "taxonomy/phrases.def"
#undef PHRASE
    PHRASE_COUNT
} phrase;
const char *phrase_get(const population *p, phrase ph); /* may hold printf-like %s as the .def says */

#endif
