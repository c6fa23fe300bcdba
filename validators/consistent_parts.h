/* consistent_parts.h (private): the facts that a text can contradict, one file each. All of them would rather
 * miss one than cry wolf. */
#ifndef POP_CONSISTENT_PARTS_H
#define POP_CONSISTENT_PARTS_H

#include "validators/rule_parts.h"

typedef enum fact_kind { FACT_NONE, FACT_AGE, FACT_GRADE, FACT_GENDER, FACT_NAME } fact_kind;
typedef enum gender { NEITHER, FEMALE, MALE } gender;

typedef struct grade_value {
    uint32_t number;
    bool has;
} grade_value;

/* What is known of an attribute before there is any text. */
typedef struct fact {
    fact_kind is;
    uint32_t leaf;
    grade_value *grade; /* FACT_GRADE: one a value */
    str noun[3];        /* "grade"; 年 级 */
    uint32_t nouns;
    bool dense;        /* FACT_GRADE: read as 九年级, 初三 */
    gender *gender;    /* FACT_GENDER: one a value */
    uint32_t called;   /* an attribute that holds the person's name, NO_LEAF: none */
    term_set *names;   /* FACT_NAME: all given names there are; NULL: not known */
    term_set *part[2]; /* FACT_NAME: values of the two choices that it is put together of; NULL: it is not */
} fact;

/* What a text says against a fact; shown is empty: nothing. times: how often. */
typedef struct contradiction {
    str shown;
    uint32_t times;
} contradiction;

bool age_compile(population *p, const node *n, fact *f);
bool grade_compile(population *p, const node *n, fact *f);
bool gender_compile(population *p, const node *n, fact *f);
bool name_compile(population *p, const node *n, fact *f);
contradiction age_read(const fact *f, const check_ctx *c, const reading *t);
contradiction grade_read(const fact *f, const check_ctx *c, const reading *t);
contradiction gender_read(const fact *f, const check_ctx *c, const reading *t);
contradiction name_read(const fact *f, const check_ctx *c, const reading *t);

/* ---- somebody.c: of whom a sentence speaks -------------------------------------------------------------- */

uint32_t sentence_of(const reading *t, uint32_t word);
uint32_t sentence_first(const reading *t, uint32_t sentence); /* its first word */
bool names_other(const reading *t,
                 uint32_t word); /* the word, or pair of characters, is a relative, a friend ... */
/* Somebody else stands before the word, in its sentence or the one before, and the person's own name (NULL: not
 * known) not behind that. */
bool speaks_of_other(const reading *t, const reading *own, uint32_t word);
uint32_t name_leaf(const population *p); /* the attribute of the given or whole name; NO_LEAF: there is none */
const reading *own_name(const fact *f, const check_ctx *c); /* NULL: not known */
bool own_name_at(const reading *own, const reading *t, uint32_t word);
/* In characters: a pronoun, the own name or a clause's begin stands before the word, or before 今年, 已经 ... */
bool dense_subject_before(const reading *t, const reading *own, uint32_t word);
/* Something in the `reach` words before says that it was or will be so: when, since, until, turned ... */
bool speaks_of_then(const reading *t, uint32_t word, uint32_t reach);
str words_between(const reading *t, uint32_t first, uint32_t last);

#endif
