/* tree_write.c: trees as YAML that reads as the same tree. A scalar stands plain where it cannot be mistaken,
 * in block and flow style alike, else in double quotes with JSON's escapes; what YAML takes for a line break or
 * refuses (C1 controls, U+2028, U+FEFF) is escaped as well.
 */
#include "taxonomy/taxon/taxon_parts.h"

static bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Letters, digits and single blanks, points or hyphens between them. */
static bool is_plain(str s) {
    if (!s.n || s.n > 100 || !is_word_byte(s.p[0]) || !is_word_byte(s.p[s.n - 1])) return false;
    for (size_t i = 1; i < s.n; i++) {
        char c = s.p[i];
        if (is_word_byte(c)) continue;
        if ((c != ' ' && c != '.' && c != '-') || (c != '.' && !is_word_byte(s.p[i - 1]))) return false;
    }
    return true;
}

static bool is_refused(uint32_t cp) {
    return (cp >= 0x7F && cp <= 0x9F) || cp == 0x2028 || cp == 0x2029 || cp == 0xFEFF || cp == 0xFFFE ||
           cp == 0xFFFF;
}

void yaml_text(buf *b, str s) {
    if (is_plain(s)) {
        buf_str(b, s);
        return;
    }
    buf_char(b, '"');
    for (size_t at = 0, from = 0; at < s.n;) {
        uint32_t cp = text_next(s, &at);
        if (at < s.n && !is_refused(cp)) continue;
        size_t end = at;
        if (is_refused(cp))
            while (end > from && ((unsigned char)s.p[--end] & 0xC0) == 0x80) continue;
        buf_json_raw(b, str_part(s, from, end));
        if (is_refused(cp)) buf_printf(b, "\\u%04X", cp);
        from = at;
    }
    buf_char(b, '"');
}

static void scalar_put(buf *b, const tree *t) {
    if (t->nothing)
        buf_char(b, '~');
    else
        yaml_text(b, t->text);
}

void yaml_flow(buf *b, const tree *t) {
    if (t->kind == TREE_SCALAR) {
        scalar_put(b, t);
        return;
    }
    buf_char(b, t->kind == TREE_MAP ? '{' : '[');
    for (uint32_t i = 0; i < t->n; i++) {
        if (i) buf_z(b, ", ");
        if (t->kind == TREE_MAP) {
            yaml_text(b, t->member[i].key);
            buf_z(b, ": ");
        }
        yaml_flow(b, t->kind == TREE_MAP ? t->member[i].value : t->item[i]);
    }
    buf_char(b, t->kind == TREE_MAP ? '}' : ']');
}
