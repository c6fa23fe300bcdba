/* rule_parts.h (private): what the files of this folder share: compiled rules, the helpers of kinds. */
#ifndef POP_RULE_PARTS_H
#define POP_RULE_PARTS_H

#include "validators/messages.h"
#include "validators/validators.h"

struct rules {
    population *p;
    rule *row;
    size_t n, cap;
    size_t defs, checks, constraints; /* as the file counts them: a row here may be a part of a rule */
};

/* ---- rules_check.c -------------------------------------------------------------------------------------- */

void check_begin(check_ctx *c, const record *rec, arena *mem, findings *out);
uint32_t check_texts(check_ctx *c, uint32_t leaf, reading ***out); /* how many; those of a list are several */
void field_report(check_ctx *c, uint32_t leaf, const char *what, str message, str hint); /* FIELD.what, hard */

/* field_limits.c, loops.c, ending.c: what needs no rule */
void field_limits_check(check_ctx *c, const node *n);
bool instances_limits_check(check_ctx *c, const node *section); /* false: it has no value */
void instance_differs_check(check_ctx *c, const node *section); /* from inside: `distinct` */
void loops_check(check_ctx *c, const node *n);
void ending_check(check_ctx *c, const node *n);

/* ---- rule_keys.c: each says what is wrong once, and returns false --------------------------------------- */

bool leaf_is_text(const node *n); /* text or template */
bool leaf_is_drawn(const node *n);
/* P02 and NULL if it is not there */
const tree *rule_key(population *p, const rule *r, const tree *body, const char *key, diags *d);
bool rule_int(population *p, const tree *body, const char *key, int64_t lo, int64_t hi, diags *d,
              uint32_t *out);
void rule_names(population *p, rule *r, leaf_list l);  /* adds to r->all */
void rule_single(population *p, rule *r, leaf_list l); /* adds to r->single */
bool rule_refs(population *p, rule *r, const tree *body, const char *key, diags *d, leaf_list *out);
bool rule_pred(population *p, rule *r, const tree *body, const char *key, diags *d, const pred **out);
bool rule_reads_text(population *p, const rule *r, const tree *body, diags *d); /* `of` names a text */
/* Tries one name; the hint for the nearest so far. */
const char *rule_near(population *p, str word, str best, size_t *distance, str *nearest);

/* ---- element.c: the values of a leaf one by one --------------------------------------------------------- */

uint32_t element_count(const value *v);
const value *element_at(const value *v, uint32_t i);
bool element_same(const node *a, const value *x, const node *b, const value *y);
str element_print(arena *mem, const node *n, const value *v);
str leaf_print(arena *mem, const record *rec, uint32_t leaf);
/* "label: value; ..." of those that have a value */
str leaves_print(arena *mem, const record *rec, const leaf_list *l);

/* ---- excerpt.c ------------------------------------------------------------------------------------------ */

str excerpt(arena *mem, str text); /* its beginning, one line */
str excerpt_end(arena *mem, str text);
str capital(arena *mem, str text); /* with a capital letter first, if that is ASCII */

/* ---- number_words.c ------------------------------------------------------------------------------------- */

typedef struct number_at {
    uint32_t value, words; /* words: how many of the text it takes */
    bool ordinal;
} number_at;
bool number_read(const reading *t, uint32_t word, number_at *out); /* a whole number that begins at the word */

/* ---- syllables.c ---------------------------------------------------------------------------------------- */

uint32_t word_syllables(str folded); /* of an English word, at least 1 */
/* Of all words of a text. Each thread remembers words by their hash: most were in the text before. */
uint32_t words_syllables(const reading *t);

/* ---- date_words.c --------------------------------------------------------------------------------------- */

typedef struct date_at {
    int64_t days;
    uint32_t words; /* how many of the text it takes */
} date_at;
bool date_read(const reading *t, uint32_t word, date_at *out); /* a day that begins at the word */

/* ---- value_terms.c -------------------------------------------------------------------------------------- */

#define NO_GROUP UINT32_MAX
typedef struct value_terms {
    leaf_list what;
    uint32_t *group;      /* one a leaf of `what`; NO_GROUP: number, date or text */
    const node **like;    /* one a group: a node with its values */
    const term_set **set; /* one a group; ids are indexes of values */
    uint32_t groups;
} value_terms;
typedef struct value_hits {
    term_hit *row;
    size_t n;
} value_hits;
value_terms *value_terms_new(population *p, leaf_list what);
value_hits *value_hits_find(const value_terms *x, const reading *t, arena *mem); /* one a group */
/* Whether one value of what.leaf[w] occurs in the text. */
bool value_occurs(const value_terms *x, uint32_t w, const record *rec, const value *v, const reading *t,
                  const value_hits *h, arena *mem);

/* ---- stated.c ------------------------------------------------------------------------------------------- */

/* Whether the words there, a value's, say so: they are not denied, and no piece of another word. */
bool value_is_stated(const reading *t, uint32_t word, uint32_t words);

extern const rule_kind rule_kind_echo; /* echo.c: whose openings the gate compares */

/* ---- judge_rule.c: what judge_answer.c reads of it ------------------------------------------------------ */

typedef struct judge_rule {
    uint64_t judges; /* bit set */
    str text;
} judge_rule;
bool judge_decides(const rule *r, uint16_t j);
extern const rule_kind rule_kind_judge;

#endif
