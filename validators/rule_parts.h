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

/* ---- word_index.c --------------------------------------------------------------------------------------- */

/* What a word may be: a first look, which finds all that are and some that are not. */
typedef enum mark_kind {
    MARK_NUMBER = 1, /* number_read */
    MARK_FEMALE = 2, /* a pronoun */
    MARK_MALE = 4,
    MARK_FEMALE_NOUN = 8, /* "girl", 女 */
    MARK_MALE_NOUN = 16,
    MARK_CONJUNCTION = 32, /* what divides a sentence */
    MARK_ADDRESS = 64,     /* "dot", "slot", "whatsapp": leak_forms.c */
    MARK_NAME = 128,       /* "name" */
} mark_kind;

typedef struct word_stem {
    uint64_t hash; /* of a word that ends in 's, without that */
    uint32_t word;
    const struct word_stem *next;
} word_stem;
typedef struct word_index {
    uint8_t *mark, any; /* mark_kind; one a word, and of all of them */
    uint32_t *first; /* by word_chain & mask: index + 1, in text order; NULL: the text is short */
    uint32_t *next;  /* one a word; 0: no more */
    uint32_t mask;
    const word_stem *stem;
} word_index;
static inline bool word_has(const reading *t, uint32_t word, unsigned mark) {
    return (t->index->mark[word] & mark) != 0;
}
uint32_t word_seek(const reading *t, uint32_t from, mark_kind mark); /* the next that has it; words: none */
/* Whether a word with this hash, with or without 's, may stand in the text. */
bool word_may_stand(const reading *t, uint64_t hash, uint32_t head);
const word_index *word_index_new(const reading *t, arena *mem); /* of a reading that has the rest */
static inline uint32_t word_chain(uint64_t hash, uint32_t head) {
    return head ? head >> 1 : (uint32_t)hash;
}
static inline bool word_owns(str folded) { /* whether it ends in 's */
    return folded.n > 2 && folded.p[folded.n - 1] == 's' && folded.p[folded.n - 2] == '\'';
}
/* Called once, each for the words of its file. */
void number_marks(void);
void gender_marks(void);
void name_marks(void);
void states_marks(void);
void leak_marks(void);
void word_mark_add(const char *word, mark_kind mark);
void word_marks_add(const char *const *list, mark_kind mark);

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
