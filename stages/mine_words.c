/* mine_words.c: names that models write, texts cut to a length, and the pieces of schemas that stages share. */
#include "stages/mine_parts.h"

bool mine_name(arena *mem, str said, str *out) {
    buf b = {0};
    bool blank = false, fits = text_valid(said) && said.n <= (size_t)MINE_NAME_CHARS * 4;
    for (size_t i = 0; fits && i < said.n; i++) {
        unsigned char c = (unsigned char)said.p[i];
        bool sign = c == '_' || c == '"' || c == '`' || c == '*' || c == '#' || c == '>' || c == '.';
        if (c <= ' ' || c == 0x7F || sign) {
            blank = b.n > 0;
            continue;
        }
        if (blank) buf_char(&b, ' ');
        blank = false;
        buf_char(&b, (char)c);
    }
    text_size size = text_measure(buf_view(&b), mem);
    fits = fits && size.words > 0 && size.chars <= MINE_NAME_CHARS;
    if (fits) *out = str_dup(mem, buf_view(&b));
    buf_free(&b);
    return fits;
}

str mine_cut(str s, size_t bytes, buf *room) {
    if (s.n <= bytes) return s;
    while (bytes && ((unsigned char)s.p[bytes] & 0xC0) == 0x80) bytes--;
    buf_reset(room);
    buf_put(room, s.p, bytes);
    buf_z(room, "...");
    return buf_view(room);
}

void mine_path(const taxon *x, buf *out) {
    const taxon *way[TAXONOMY_LEVELS + 1];
    uint32_t n = 0;
    for (; x->up && n < COUNT_OF(way); x = x->up) way[n++] = x;
    for (uint32_t i = n; i-- > 0;) buf_printf(out, STR_FMT "%s", STR_ARG(way[i]->label), i ? " > " : "");
}

void mine_enum(buf *out, const str *name, uint32_t n) {
    buf_z(out, "{\"type\":\"string\",\"enum\":[");
    for (uint32_t i = 0; i < n; i++) {
        if (i) buf_char(out, ',');
        buf_json(out, name[i]);
    }
    buf_z(out, "]}");
}

void mine_string(buf *out, bool bounded, uint32_t most) {
    buf_z(out, "{\"type\":\"string\"");
    if (bounded) buf_printf(out, ",\"maxLength\":%u", most);
    buf_char(out, '}');
}
