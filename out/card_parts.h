/* card_parts.h (private): text for a terminal. */
#ifndef POP_CARD_PARTS_H
#define POP_CARD_PARTS_H

#include "out/out.h"

/* Appends `s` with everything that a terminal would obey made visible: control characters, escapes, direction
 * overrides. Line ends stay, of each form as '\n'; a tab becomes a blank. */
void card_clean(str s, buf *out);
/* Appends clean text with lines of at most `columns` cells. The cursor stands in column `at`; every further
 * line begins with `indent` blanks. '\n' ends a line, several of them leave one line empty. No line end behind
 * the last. */
void card_wrap(str s, uint32_t at, uint32_t indent, uint32_t columns, buf *out);
void card_blanks(buf *out, uint32_t n);

#endif
