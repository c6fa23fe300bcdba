/* card_wrap.c: model text made safe for a terminal, and wrapped by the cells it takes there.
 *
 * Lines break at blanks; in scripts written without spaces between any two characters, but not before what
 * closes or behind what opens. A word longer than a line is cut where the line ends. Combining marks take no
 * cell and so stay with what they combine with.
 */
#include "out/card_parts.h"

typedef struct range {
    uint32_t lo, hi;
} range;

/* Not characters to be read but orders to whoever shows them; C0 and DEL have pictures of their own. */
static const range orders[] = {{0x80, 0x9F},     {0x061C, 0x061C}, {0x200E, 0x200F}, {0x2028, 0x202E},
                               {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F}};

static bool is_order(uint32_t c) {
    for (size_t i = 0; i < COUNT_OF(orders); i++)
        if (c >= orders[i].lo && c <= orders[i].hi) return true;
    return false;
}

static void put_picture(buf *out, uint32_t c) {
    uint32_t p = c == 0x7F ? 0x2421 : 0x2400 + c;
    char utf8[3] = {(char)(0xE0 | p >> 12), (char)(0x80 | (p >> 6 & 0x3F)), (char)(0x80 | (p & 0x3F))};
    buf_put(out, utf8, sizeof utf8);
}

void card_clean(str s, buf *out) {
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        uint32_t c = text_next(s, &at);
        if (c == '\r') {
            if (at == s.n || s.p[at] != '\n') buf_char(out, '\n');
        } else if (c == '\t') {
            buf_char(out, ' ');
        } else if (c != '\n' && (c < 0x20 || c == 0x7F)) {
            put_picture(out, c);
        } else if (is_order(c)) {
            buf_printf(out, "<U+%04X>", c);
        } else if (c == 0xFFFD) {
            buf_z(out, "\xEF\xBF\xBD");
        } else {
            buf_str(out, str_part(s, from, at));
        }
    }
}

uint32_t card_line(str s, uint32_t cells, buf *out) {
    enum { EMOJI_STYLE = 0xFE0F };
    uint32_t used = 0;
    buf b = {0};
    card_clean(s, &b);
    str clean = buf_view(&b);
    for (size_t at = 0; at < clean.n;) {
        size_t from = at;
        uint32_t c = text_next(clean, &at);
        /* not every terminal draws a joined emoji as one: each part counts, and what makes a sign a picture */
        uint32_t wide = c == '\n' || c == EMOJI_STYLE ? 1 : text_columns(str_part(clean, from, at));
        if (cells && used + wide > cells) break;
        used += wide;
        if (c == '\n')
            buf_char(out, ' ');
        else
            buf_str(out, str_part(clean, from, at));
    }
    buf_free(&b);
    return used;
}

void card_blanks(buf *out, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) buf_char(out, ' ');
}

/* ---- where a line may break ------------------------------------------------------------------------------ */

static const uint32_t closers[] = {')',    ']',    '}',    ',',    '.',    ';',    ':',    '!',    '?',
                                   '%',    0x2019, 0x201D, 0x2026, 0x3001, 0x3002, 0x3005, 0x3009, 0x300B,
                                   0x300D, 0x300F, 0x3011, 0x3015, 0x30FC, 0xFF01, 0xFF05, 0xFF09, 0xFF0C,
                                   0xFF0E, 0xFF1A, 0xFF1B, 0xFF1F, 0xFF3D, 0xFF5D};
static const uint32_t openers[] = {'(',    '[',    '{',    0x2018, 0x201C, 0x3008, 0x300A,
                                   0x300C, 0x300E, 0x3010, 0x3014, 0xFF08, 0xFF3B, 0xFF5B};

static bool is_one_of(uint32_t c, const uint32_t *set, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (set[i] == c) return true;
    return false;
}

static bool breaks(uint32_t before, uint32_t after) {
    bool dense = text_dense(before) || text_dense(after) || (before >= 0x3000 && before <= 0x303F) ||
                 (before >= 0xFF01 && before <= 0xFF60);
    return dense && !is_one_of(after, closers, COUNT_OF(closers)) &&
           !is_one_of(before, openers, COUNT_OF(openers));
}

/* The piece from `from` that no line break divides; without the blanks behind it. */
static size_t piece_end(str s, size_t from) {
    size_t at = from, end = from;
    uint32_t before = 0;
    while (at < s.n && s.p[at] != ' ') {
        uint32_t c = text_next(s, &at);
        if (end > from && breaks(before, c) && text_columns(str_part(s, end, at)) > 0) return end;
        before = c;
        end = at;
    }
    return end;
}

/* ---- wrapping -------------------------------------------------------------------------------------------- */

typedef struct wrapper {
    buf *out;
    uint32_t at, indent, columns;
    bool empty; /* nothing stands on this line but what the caller put there */
} wrapper;

static void line_new(wrapper *w) {
    buf_char(w->out, '\n');
    card_blanks(w->out, w->indent);
    w->at = w->indent;
    w->empty = true;
}

static void put(wrapper *w, str s, uint32_t cells) {
    buf_str(w->out, s);
    w->at += cells;
    w->empty = false;
}

/* Too long for any line: character by character. */
static void put_cut(wrapper *w, str s) {
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        text_next(s, &at);
        str one = str_part(s, from, at);
        uint32_t cells = text_columns(one);
        if (cells && !w->empty && w->at + cells > w->columns) line_new(w);
        put(w, one, cells);
    }
}

static void wrap_line(wrapper *w, str s) {
    size_t at = 0;
    while (at < s.n) {
        uint32_t blanks = 0;
        while (at < s.n && s.p[at] == ' ') at++, blanks++;
        str piece = str_part(s, at, piece_end(s, at));
        uint32_t cells = text_columns(piece), gap = w->empty ? 0 : blanks ? 1 : 0;
        at += piece.n;
        if (piece.n == 0) break;
        if (!w->empty && w->at + gap + cells > w->columns)
            line_new(w);
        else if (gap)
            put(w, STR(" "), 1);
        if (w->at + cells > w->columns)
            put_cut(w, piece);
        else
            put(w, piece, cells);
    }
}

void card_wrap(str s, uint32_t at, uint32_t indent, uint32_t columns, buf *out) {
    wrapper w = {.out = out, .at = at, .indent = indent, .columns = columns, .empty = true};
    s = str_trim(s);
    for (str line, rest = s; rest.n; rest = str_trim(rest)) {
        if (!str_cut(rest, '\n', &line, &rest)) rest = (str){0};
        wrap_line(&w, line);
        if (!rest.n) break;
        size_t k = 0;
        while (k < rest.n && (rest.p[k] == ' ' || rest.p[k] == '\t')) k++;
        if (k < rest.n && rest.p[k] == '\n') buf_char(out, '\n');
        line_new(&w);
    }
}
