/* sim_escape.c: JSON strings, sixteen bytes at a time: a reply is escaped twice, and nearly nothing in it needs
 * it. */
#include "tests/llmsim/llmsim.h"

#include <string.h>

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint64_t words2 __attribute__((vector_size(16)));

/* Whether one of the sixteen bytes is a control character, a quote or a backslash. */
static bool has_special(const char *p) {
    bytes16 v;
    memcpy(&v, p, sizeof v);
    words2 found = (words2)((v < 0x20) | (v == '"') | (v == '\\'));
    return (found[0] | found[1]) != 0;
}

void sim_json_text(buf *out, str s) {
    buf_reserve(out, s.n + s.n / 16 + 16);
    buf_char(out, '"');
    for (size_t i = 0; i < s.n;) {
        size_t from = i;
        while (i + 16 <= s.n && !has_special(s.p + i)) i += 16;
        buf_put(out, s.p + from, i - from);
        size_t few = s.n - i < 16 ? s.n - i : 16;
        buf_json_raw(out, str_part(s, i, i + few));
        i += few;
    }
    buf_char(out, '"');
}
