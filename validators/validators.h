/* validators.h: findings, rule kinds, compiled rules.
 *
 * A rule kind is one file that ends in a `const struct rule_kind` and one row in rule_table.c. A rule whose
 * attributes are all drawn, of a kind that allows it, becomes a constraint of the population; every other is a
 * check. Compiled rules are immutable and may be used by any thread, each with its own arena. Their constraints
 * are used by the draw: they live as long as the population is drawn from.
 */
#ifndef POP_VALIDATORS_H
#define POP_VALIDATORS_H

#include "taxonomy/taxonomy.h"

/* One rule's objection. All text lives in the arena given to the check. */
typedef struct finding {
    str rule;       /* id of the rule, or FIELD.words and the like for kinds and limits */
    uint32_t leaf;  /* the field it is about; NO_LEAF: none in particular */
    uint16_t owner; /* the facet that is to mend it; NO_FACET: nobody can */
    bool hard;
    bool adds;         /* mended by saying more: what stands there may stay as it is */
    str message, hint; /* in the population's language */
    uint32_t instance; /* of a section with `list` in which the field stands, from 1; 0: none */
} finding;

typedef struct findings {
    arena *mem; /* borrowed */
    finding *row;
    size_t n, cap, hard;
} findings;
void findings_init(findings *f, arena *mem);
void findings_add(findings *f,
                  const finding *one); /* equal (rule, leaf, instance, message) rows are kept once */
void findings_sort(findings *f);       /* by rule, leaf, instance, then message: bytes */
size_t findings_hard(const findings *f, uint16_t owner, uint32_t leaf); /* NO_FACET, NO_LEAF: any */
/* "- field: message (hint)" lines: the hard ones of one owner, for a prompt; NO_FACET: all, for a display. */
void findings_print(const findings *f, const population *p, uint16_t owner, buf *out);
/* [{"rule", "field", "message", "hint", "hard"}]; field null: none in particular */
void findings_json(const findings *f, const population *p, buf *out);

typedef struct rule rule;
typedef struct rules rules;

/* Compiles all rules of p, adds the constraints to p (before population_finish). NULL with rows in d: P02, P03,
 * P04, P07, P08, P13, P17; W00 for a rule that cannot object. */
rules *rules_compile(population *p, diags *d);
void rules_free(rules *r);
size_t rules_count(const rules *r);
size_t rules_checks(const rules *r);
size_t rules_constraints(const rules *r);
/* By the id of a finding; NULL: it is not of a rule but of a field's own kind or limits. */
const char *rules_kind_name(const rules *r, str id);

/* Limits of one facet's fields, loops, endings, and the rules that can be decided when this facet has written:
 * all fields they name belong to it or to its needs. */
void rules_check_facet(const rules *r, const record *rec, uint16_t facet, arena *mem, findings *out);
/* The same while some of its texts are still to come (later: one a leaf; NULL: none): what is found of them is
 * that they are missing, and rules that look at several fields together wait for the last. */
void rules_check_part(const rules *r, const record *rec, uint16_t facet, const bool *later, arena *mem,
                      findings *out);
/* The checks that no single facet decides. */
void rules_check_cross(const rules *r, const record *rec, arena *mem, findings *out);
/* Everything but judges: limits, checks, constraints. What `verify` and the last re-check run. */
void rules_check_all(const rules *r, const record *rec, arena *mem, findings *out);

/* Rules of the kind echo, the half that looks at the personas before: whether the facet owns fields of one; and
 * the openings of a record's fields, a line each, for the gate to compare: "RULE AT_MOST word word ...", the
 * rule's number, its share in millionths, folded words. Empty: there are none. */
bool rules_echo_owned(const rules *r, uint16_t facet);
str rules_openings(const rules *r, const record *rec, arena *mem);

/* Rules of kind judge. */
size_t rules_judged(const rules *r, uint16_t judge); /* how many this judge decides */
/* "id: text [fields]" lines of a judge's rules, without regard to `when`: the same bytes for all slots. */
void rules_judge_text(const rules *r, uint16_t judge, buf *out);
void rules_judge_schema(const rules *r, const population *p, uint16_t judge, buf *out);
/* A judge's answer -> findings. Unknown ids and fields are refused: false with *why (in mem), and `out` as it
 * was. Objections to a rule whose `when` does not hold for the record, or to fields without value, are dropped.
 */
bool rules_judge_take(const rules *r, const record *rec, uint16_t judge, const json *answer, arena *mem,
                      findings *out, const char **why);

/* ---- for the files of this folder and its tests: a rule kind ------------------------------------------- */

typedef struct reading reading;

/* One call of rules_check_*: what its checks share. A text is cut once, when it is first asked for. */
typedef struct check_ctx {
    const record *rec;
    arena *mem;
    findings *out;
    struct leaf_texts {
        reading **item; /* one a text; a list has several */
        uint32_t n;
        bool cut;
    } * texts; /* one a leaf */
    struct known_name {
        const value *of; /* NULL: none was asked for yet */
        const reading *is;
    } * name; /* the latest that own_name read */
} check_ctx;

/* A rule; or, of a kind by_field whose file names no owner, the part of it whose fields one facet owns: so each
 * field is checked, and sent back, as soon as its facet has written. */
struct rule {
    const struct rule_kind *kind;
    str id;
    leaf_list of;     /* what is checked */
    leaf_list all;    /* every leaf it names, `of` included */
    leaf_list single; /* those that it needs one value of */
    uint32_t within;  /* the section with `list` to whose instances it is applied; NO_LEAF: it is asked once */
    const pred *when; /* NULL: always */
    bool hard, constraint;
    bool given_owner;               /* by the file; else a finding goes to who writes its field */
    uint16_t owner;                 /* who revises */
    uint16_t decided;               /* facet after which it can be decided; NO_FACET: cross */
    const template *message, *hint; /* the rule's own, NULL: the kind's */
    void *data;                     /* the kind's compiled keys, in the population's arena; parts share it */
};

typedef struct rule_kind {
    const char *name;
    const char *const *keys; /* besides those of all rules; NULL-terminated */
    bool may_constrain;      /* kind marked c in the format */
    bool needs_of;
    bool by_field; /* looks at each field of `of` by itself */
    /* Reads the kind's own keys into r->data and r->all. false with rows in d. */
    bool (*compile)(population *p, rule *r, const tree *body, diags *d);
    /* Adds a finding for each objection with check_report. `when` holds. NULL: judges. */
    void (*check)(const rule *r, check_ctx *c);
    /* For constraints: the same as "check adds nothing", without text. */
    bool (*holds)(const rule *r, const record *rec);
    void (*release)(rule *r); /* what r->data holds outside of the arena; NULL: nothing */
} rule_kind;
extern const rule_kind *const rule_table[]; /* NULL-terminated, in the order of FORMAT's table */
/* leaf: NO_LEAF takes of[0]. message and hint are the kind's, used where the rule has none. */
void check_report(const rule *r, check_ctx *c, uint32_t leaf, str message, str hint);
void check_report_adds(const rule *r, check_ctx *c, uint32_t leaf, str message, str hint); /* finding.adds */

/* ---- matching terms in texts ----------------------------------------------------------------------------- */

/* A set of terms compiled for one pass over a text: whole words, case folded, `*` any ending, anywhere in
 * scripts without spaces; of overlapping terms the longest. id: what a term stands for (several terms may share
 * one). */
typedef struct term_set term_set;
term_set *term_set_new(arena *mem);
void term_set_add(term_set *s, str term, uint32_t id);
void term_set_seal(term_set *s);
typedef struct term_hit {
    uint32_t id;
    uint32_t word, words; /* index of its first word in the text's words, how many */
    span at;              /* bytes in the text */
} term_hit;
/* A text cut once for all rules of a check. */
struct reading {
    str text, folded; /* text: as a reader sees it, without invisible characters; folded: ASCII letters small,
                         the same offsets */
    span *word;       /* of text */
    uint32_t words;
    span *sentence;
    uint32_t sentences;
    uint32_t *upto;              /* one a sentence: how many words begin before its end */
    str *fold;                   /* folded word; a curly apostrophe is a straight one */
    uint64_t *hash;              /* of fold */
    uint32_t *head;              /* word_head of fold */
    bool ascii;                  /* all of it */
    uint32_t syllables, letters; /* counted when first asked for (reading_level.c); 0: not yet */
    bool latin; /* no letters of other scripts: Latin ones with their marks, signs and pictures at most */
    const struct word_index *index; /* word_index.c */
};
reading *reading_new(str text, arena *mem);
str word_fold(str word, arena *mem); /* as in reading.fold */
uint64_t word_hash(str folded);
uint32_t word_head(str folded);               /* a hash of its first three bytes; 0: it is shorter */
bool word_in(str w, const char *const *list); /* NULL-terminated */
/* Whether two words of a text stand together: blanks, hyphens and apostrophes between them at most. */
bool words_adjacent(const reading *t, uint32_t word);
size_t term_set_find(const term_set *s, const reading *t, arena *mem, term_hit **out); /* in text order */

#endif
