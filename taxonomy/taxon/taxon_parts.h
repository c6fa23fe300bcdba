/* taxon_parts.h (private): what the taxon*.c files share. */
#ifndef POP_TAXON_PARTS_H
#define POP_TAXON_PARTS_H

#include "taxonomy/compose/compose_parts.h"

enum {
    NAME_MOST = 200,   /* characters of a name in a tree of names */
    LEVELS_MOST = 56,  /* of one: a population has 64, with what stands above and below */
    ALIKE_MILLI = 800, /* from here on names are said to be nearly the same */
    SAME_MOST = 256    /* siblings that share a feature; a commoner one says nothing and is passed over */
};
#define HINT_TO_FILL "to be written: " /* what stands before a hint that nobody has written yet */

/* ---- taxon_fold.c ------------------------------------------------------------------------------------ */

/* The words of a name as taxon_fold joins them. */
typedef struct fold_words {
    str *word;
    uint32_t n;
} fold_words;
fold_words fold_words_of(arena *mem, str name);
fold_words name_words_of(arena *mem, str name); /* folded, but all of them, and plurals as they are */

/* ---- taxon_alike.c ----------------------------------------------------------------------------------- */

/* What two names are compared by: their folded words; and what finds those that have something in common. */
typedef struct letters {
    uint32_t *at; /* code points */
    uint32_t n;
} letters;
typedef struct name_print {
    letters *word;
    uint64_t *feature; /* hashes of words and runs of three characters, sorted, each once */
    uint32_t words, n, letters;
} name_print;
name_print name_print_of(arena *mem, str name);
/* Words in common, of those of both, in thousandths; the same either way. */
uint32_t name_print_milli(const name_print *a, const name_print *b);
/* Pairs of names (a < b) at or above the limit, by a, then b. Its cost is bounded by SAME_MOST. */
typedef struct alike_pair {
    uint32_t a, b, milli;
} alike_pair;
uint32_t alike_pairs(arena *mem, const str *name, uint32_t names, uint32_t least_milli, alike_pair **out);

/* ---- taxon_instance.c -------------------------------------------------------------------------------- */

const char *name_is_instance(str name); /* why, for behind the name; NULL: it is none */

/* ---- defects ----------------------------------------------------------------------------------------- */

void defect_add(defects *d, defect_kind kind, const taxonomy *t, const taxon *at, const char *hint,
                const char *fmt, ...) PRINTF_LIKE(6, 7);
bool hint_is_there(const taxon *x); /* and was written */
bool taxon_is_chain(const taxon *x);
str taxon_path_str(arena *mem, const taxon *x);

/* ---- groups of nodes by folded name: taxon_group.c ------------------------------------------------------ */

typedef struct taxon_group {
    str fold;
    const taxon **at;                /* in the order of the tree */
    uint32_t n, cap, spellings, nth; /* nth: of all groups */
} taxon_group;
/* Every folded name, in the order of its first node. */
uint32_t taxon_groups(const taxonomy *t, arena *mem, taxon_group **out);

/* ---- taxon_read.c ------------------------------------------------------------------------------------- */

/* As taxonomy_read, of valid UTF-8 in memory; a population file is read as attributes. NULL: not a mapping, or
 * rows in d. */
taxonomy *taxonomy_read_text(str text, bool names, diags *d);

/* ---- taxon_files.c ----------------------------------------------------------------------------------- */

/* Which files the paths in the bodies of a tree lead to, into `to`; conflicts with what is there in d. */
void taxon_files_note(const taxonomy *of, taxonomy *to, defects *d);
/* Copies what is noted of a node and all below it to where its paths lead from dir, so far below the new
 * folder. */
bool taxon_files_copy(const taxonomy *t, const taxon *top, const char *dir, uint32_t depth, err *e);

/* ---- taxon_kind.c ------------------------------------------------------------------------------------- */

void body_label(taxonomy *t, taxon *x); /* into its body */

/* ---- tree_write.c ------------------------------------------------------------------------------------- */

void yaml_text(buf *b, str s);         /* a scalar that reads as s, wherever it stands; s is not nothing */
void yaml_flow(buf *b, const tree *t); /* in one line, as {a: [b, c]} */

#endif
