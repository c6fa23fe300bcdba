/* template.h (private): a compiled template, and what its printing is made of. Templates and prompts live in
 * the population's arena and are immutable.
 */
#ifndef POP_TEMPLATE_H
#define POP_TEMPLATE_H

#include "taxonomy/compile/compile.h"

#define TEMPLATE_WORD_MAP(X)                                                                                   \
    X(NAME, "name")                                                                                            \
    X(LOCALE, "locale")                                                                                        \
    X(SLOT, "slot")                                                                                            \
    X(ID, "id")                                                                                                \
    X(RUN, "run")                                                                                              \
    X(FIELDS, "fields")                                                                                        \
    X(RULES, "rules")                                                                                          \
    X(ATTRIBUTES, "attributes")                                                                                \
    X(DRAFT, "draft")                                                                                          \
    X(FINDINGS, "findings")                                                                                    \
    X(AVOID, "avoid")
#define TEMPLATE_WORD_ENUM(name, text) WORD_##name,
typedef enum template_word { TEMPLATE_WORD_MAP(TEMPLATE_WORD_ENUM) WORD_COUNT } template_word;
#undef TEMPLATE_WORD_ENUM

typedef enum ref_form { FORM_PRINTED, FORM_VALUE, FORM_LABEL, FORM_LINES, FORM_JSON, FORM_COUNT } ref_form;
typedef enum piece_kind { PIECE_TEXT, PIECE_WORD, PIECE_REF, PIECE_LINK } piece_kind;

typedef struct piece {
    piece_kind kind;
    str text; /* PIECE_TEXT; else as written between the braces */
    template_word word;
    uint32_t node; /* PIECE_REF: index of a leaf or a section; PIECE_LINK: of a link */
    bool optional; /* `?`: without value its line is dropped */
    ref_form form;
} piece;

struct template {
    piece *piece;
    uint32_t pieces;
};

struct prompt {
    const template *system, *slot;
};

/* NULL with rows in d. Words that are not in the bit set `words` are P12. */
const template *template_compile(population *p, str text, const tree *at, uint32_t words, diags *d);
const char *template_word_name(template_word w);
/* Whether what a REF shows is always there where `when` holds (NULL: always); within: the section with `list`
 * in whose instances it is shown, NO_LEAF: none. */
bool piece_there(const population *p, const piece *one, const pred *when, uint32_t within);

/* field_lines.c: the value of @fields. */
void field_lines(const render_ctx *c, buf *out);
/* Values or limits of a leaf in English, as they stand in such a line. */
void node_form(const node *n, buf *out);
/* attribute_lines.c: the values of @attributes and @draft; a section's items; a section as JSON. */
void attribute_lines(const record *r, buf *out);
void labels_put(const population *p, uint32_t node, buf *out); /* labels from the root, comma between */
/* Single leaves as @attributes prints them, hidden ones too: a line for those that follow one another in a
 * section. */
void leaves_lines(const record *r, const uint32_t *leaf, uint32_t n, buf *out);
void draft_lines(const render_ctx *c, buf *out);
bool section_print(const render_ctx *c, uint32_t section, ref_form form,
                   buf *out); /* false: nothing in it has a value */
void section_json(const render_ctx *c, uint32_t section, buf *out);
/* link_lines.c: a link in one of the forms. false: it names nobody. */
bool link_print(const render_ctx *c, uint32_t index, ref_form form, buf *out);

/* phrases.c: `ph` with its %s and %u replaced in order. */
void phrase_put(buf *b, uint8_t language, phrase ph, const str *arg, size_t args);
uint8_t phrase_language(str language); /* index of "zh", of "en" for those without a book */
const char *phrase_in(uint8_t language, phrase ph);
/* population.spaced, from the locale, and from the prompts and hints: these may be in another language. */
bool prompts_spaced(const population *p);

#endif
