/* json_read.c: the strict reader of JSON (RFC 8259), one pass from text to tree.
 *
 * Stricter than the RFC where it leaves room: a key may occur once, \u0000 and escaped C0 controls other than
 * \t \n \r are refused (JSON_FAULT_CONTROL), surrogates must come in pairs, no byte order mark. The members
 * limit is for objects; arrays are bounded by the nodes limit. `column` counts code points, a line ends at LF.
 *
 * Items of open containers stand on one stack and move into the arena when their container closes, so a
 * container is one array. The reader recurses once a level, at most `depth` deep. A key is compared with each
 * of the first LINEAR_KEYS members, from there on a hash map is kept, so a large object costs linear time.
 */
#include "pipeline/base/base.h"
#include "pipeline/base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_DEFAULT = 64, LINEAR_KEYS = 16 };

typedef struct reader {
    const char *start, *p, *end;
    const char *line_start;
    size_t tails; /* continuation bytes since line_start: column = bytes - tails + 1 */
    uint32_t line;
    uint32_t depth, nodes;
    json_limits limits;
    arena *a;
    json_member *stack;
    size_t size, cap;
} reader;

#define FORWARD(expr)                                                                                          \
    do {                                                                                                       \
        json_fault fault_ = (expr);                                                                            \
        if (fault_) return fault_;                                                                             \
    } while (0)

static void skip_blanks(reader *r) {
    for (; r->p < r->end; r->p++) {
        if (*r->p == '\n') {
            r->line++;
            r->line_start = r->p + 1;
            r->tails = 0;
        } else if (*r->p != ' ' && *r->p != '\t' && *r->p != '\r') {
            return;
        }
    }
}

static uint32_t column_of(const reader *r) {
    return (uint32_t)((size_t)(r->p - r->line_start) - r->tails + 1);
}

/* ---- strings ---- */

/* The four hex digits of \uXXXX with r->p at the first of them; moves behind them. */
static json_fault read_hex(reader *r, uint32_t *unit) {
    *unit = 0;
    for (int i = 0; i < 4; i++, r->p++) {
        if (r->p == r->end) return JSON_FAULT_TRUNCATED;
        char c = *r->p;
        unsigned digit;
        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            digit = (unsigned)((c | 0x20) - 'a' + 10);
        else
            return JSON_FAULT_ESCAPE;
        *unit = *unit << 4 | digit;
    }
    return JSON_FAULT_NONE;
}

/* The second half of a surrogate pair, whose first half was read. */
static json_fault read_low_half(reader *r, uint32_t *cp) {
    for (const char *want = "\\u"; *want; want++, r->p++) {
        if (r->p == r->end) return JSON_FAULT_TRUNCATED;
        if (*r->p != *want) return JSON_FAULT_ESCAPE;
    }
    uint32_t low;
    FORWARD(read_hex(r, &low));
    if (low < 0xDC00 || low > 0xDFFF) return JSON_FAULT_ESCAPE;
    *cp = 0x10000 + ((*cp - 0xD800) << 10) + (low - 0xDC00);
    return JSON_FAULT_NONE;
}

/* One escape with r->p at its backslash. On a fault r->p is the backslash again. */
static json_fault read_escape(reader *r, uint32_t *cp) {
    static const char simple[128] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                     ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};
    if (r->end - r->p < 2) return JSON_FAULT_TRUNCATED;
    const char *from = r->p;
    unsigned char c = (unsigned char)from[1];
    r->p += 2;
    json_fault fault = JSON_FAULT_NONE;
    if (c == 'u') {
        fault = read_hex(r, cp);
        if (!fault && *cp >= 0xD800 && *cp < 0xDC00) fault = read_low_half(r, cp);
        if (!fault && *cp >= 0xDC00 && *cp < 0xE000) fault = JSON_FAULT_ESCAPE;
    } else if (c < 128 && simple[c]) {
        *cp = (unsigned char)simple[c];
    } else {
        fault = JSON_FAULT_ESCAPE;
    }
    if (!fault && *cp < 0x20 && *cp != '\t' && *cp != '\n' && *cp != '\r') fault = JSON_FAULT_CONTROL;
    if (fault) r->p = from;
    return fault;
}

static size_t utf8_put(char *p, uint32_t cp) {
    if (cp < 0x80) {
        p[0] = (char)cp;
        return 1;
    }
    size_t len = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, cp >>= 6) p[i] = (char)(0x80 | (cp & 0x3F));
    p[0] = (char)((0xF00u >> len & 0xF0) | cp);
    return len;
}

/* Checks what stands from r->p to the closing quote; *escapes tells whether any of it is written otherwise. The
 * unescaped length is never above the written one. */
static json_fault scan_string(reader *r, size_t *bytes, bool *escapes) {
    static const char plain_stop[256] = {['"'] = 1, ['\\'] = 1};
    *bytes = 0;
    for (;;) {
        const char *from = r->p;
        while (r->p < r->end && (signed char)*r->p >= 0x20 && !plain_stop[(unsigned char)*r->p]) r->p++;
        *bytes += (size_t)(r->p - from);
        if (r->p == r->end) return JSON_FAULT_TRUNCATED;
        unsigned char c = (unsigned char)*r->p;
        uint32_t cp;
        if (c == '"') return JSON_FAULT_NONE;
        if (c == '\\') {
            char sink[4];
            FORWARD(read_escape(r, &cp));
            *bytes += utf8_put(sink, cp);
            *escapes = true;
        } else if (c < 0x20) {
            return JSON_FAULT_CONTROL;
        } else {
            int n = utf8_step(r->p, (size_t)(r->end - r->p), &cp);
            if (n <= 0) return n ? JSON_FAULT_TRUNCATED : JSON_FAULT_UTF8;
            r->p += n;
            r->tails += (size_t)n - 1;
            *bytes += (size_t)n;
        }
    }
}

/* The text between `from` and r->p, which scan_string found good. */
static str unescape(reader *r, const char *from, size_t bytes) {
    const char *to = r->p;
    char *made = arena_alloc(r->a, bytes + 1), *w = made;
    for (r->p = from; r->p < to;) {
        const char *slash = memchr(r->p, '\\', (size_t)(to - r->p));
        size_t n = (size_t)((slash ? slash : to) - r->p);
        memcpy(w, r->p, n);
        w += n;
        r->p += n;
        uint32_t cp;
        if (slash && read_escape(r, &cp) == JSON_FAULT_NONE) w += utf8_put(w, cp);
    }
    return (str){made, bytes};
}

static json_fault read_string(reader *r, str *text) {
    const char *quote = r->p++;
    size_t bytes;
    bool escapes = false;
    FORWARD(scan_string(r, &bytes, &escapes));
    if (r->limits.string_bytes && bytes > r->limits.string_bytes) {
        r->p = quote;
        return JSON_FAULT_LONG;
    }
    *text = escapes ? unescape(r, quote + 1, bytes) : (str){quote + 1, bytes};
    r->p++;
    return JSON_FAULT_NONE;
}

/* ---- numbers and words ---- */

static json_fault read_digits(reader *r) {
    if (r->p == r->end) return JSON_FAULT_TRUNCATED;
    if (*r->p < '0' || *r->p > '9') return JSON_FAULT_NUMBER;
    while (r->p < r->end && *r->p >= '0' && *r->p <= '9') r->p++;
    return JSON_FAULT_NONE;
}

static bool take(reader *r, char a, char b) {
    if (r->p == r->end || (*r->p != a && *r->p != b)) return false;
    r->p++;
    return true;
}

static json_fault read_number(reader *r, str *text) {
    const char *from = r->p;
    take(r, '-', '-');
    const char *whole = r->p;
    FORWARD(read_digits(r));
    if (*whole == '0' && r->p > whole + 1) {
        r->p = whole + 1;
        return JSON_FAULT_NUMBER;
    }
    if (take(r, '.', '.')) FORWARD(read_digits(r));
    if (take(r, 'e', 'E')) {
        take(r, '+', '-');
        FORWARD(read_digits(r));
    }
    *text = (str){from, (size_t)(r->p - from)};
    return JSON_FAULT_NONE;
}

static json_fault read_word(reader *r, const char *word, json_kind kind, json *out) {
    size_t n = strlen(word), left = (size_t)(r->end - r->p);
    size_t have = left < n ? left : n;
    if (memcmp(r->p, word, have) != 0) return JSON_FAULT_SYNTAX;
    if (have < n) {
        r->p = r->end;
        return JSON_FAULT_TRUNCATED;
    }
    r->p += n;
    out->kind = kind;
    return JSON_FAULT_NONE;
}

/* ---- containers ---- */

static void push(reader *r, const json_member *m) {
    if (r->size == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 64;
        r->stack = xrealloc(r->stack, r->cap * sizeof *r->stack);
    }
    r->stack[r->size++] = *m;
}

static json_fault read_value(reader *r, json *out);

static json_fault enter(reader *r) {
    if (r->depth == r->limits.depth) return JSON_FAULT_DEPTH;
    r->depth++;
    r->p++;
    skip_blanks(r);
    return JSON_FAULT_NONE;
}

/* Behind an item or member: at the closing sign *closed is set, behind a comma not. */
static json_fault separate(reader *r, char closing, bool *closed) {
    skip_blanks(r);
    if (r->p == r->end) return JSON_FAULT_TRUNCATED;
    *closed = *r->p == closing;
    if (!*closed && *r->p != ',') return JSON_FAULT_SYNTAX;
    r->p++;
    if (!*closed) skip_blanks(r);
    return JSON_FAULT_NONE;
}

static json_fault read_array(reader *r, json *out) {
    size_t base = r->size;
    FORWARD(enter(r));
    bool closed = take(r, ']', ']');
    while (!closed) {
        json_member m = {0};
        FORWARD(read_value(r, &m.value));
        push(r, &m);
        FORWARD(separate(r, ']', &closed));
    }
    r->depth--;
    out->kind = JSON_ARRAY;
    out->n = (uint32_t)(r->size - base);
    out->item = out->n ? arena_new_of(r->a, json, out->n) : NULL;
    for (uint32_t i = 0; i < out->n; i++) out->item[i] = r->stack[base + i].value;
    r->size = base;
    return JSON_FAULT_NONE;
}

/* Whether the key is new among the members from `base` on; *keys is made when it pays. */
static bool key_is_new(reader *r, size_t base, str key, strmap **keys) {
    static char there;
    size_t n = r->size - base;
    if (n < LINEAR_KEYS) {
        for (size_t i = base; i < r->size; i++)
            if (str_eq(r->stack[i].key, key)) return false;
        return true;
    }
    if (!*keys) {
        *keys = strmap_new(n * 4);
        for (size_t i = base; i < r->size; i++) strmap_put(*keys, r->stack[i].key, &there);
    }
    return strmap_put(*keys, key, &there) == NULL;
}

static json_fault read_member(reader *r, size_t base, strmap **keys) {
    json_member m = {.line = r->line, .column = column_of(r)};
    const char *from = r->p;
    if (r->p == r->end) return JSON_FAULT_TRUNCATED;
    if (*r->p != '"') return JSON_FAULT_SYNTAX;
    if (r->limits.members && r->size - base == r->limits.members) return JSON_FAULT_MEMBERS;
    FORWARD(read_string(r, &m.key));
    if (!key_is_new(r, base, m.key, keys)) {
        r->p = from;
        return JSON_FAULT_DUPLICATE;
    }
    skip_blanks(r);
    if (r->p == r->end) return JSON_FAULT_TRUNCATED;
    if (*r->p != ':') return JSON_FAULT_SYNTAX;
    r->p++;
    skip_blanks(r);
    FORWARD(read_value(r, &m.value));
    push(r, &m);
    return JSON_FAULT_NONE;
}

static json_fault read_members(reader *r, size_t base, strmap **keys) {
    bool closed = take(r, '}', '}');
    while (!closed) {
        FORWARD(read_member(r, base, keys));
        FORWARD(separate(r, '}', &closed));
    }
    return JSON_FAULT_NONE;
}

static json_fault read_object(reader *r, json *out) {
    size_t base = r->size;
    strmap *keys = NULL;
    FORWARD(enter(r));
    json_fault fault = read_members(r, base, &keys);
    strmap_free(keys);
    FORWARD(fault);
    r->depth--;
    out->kind = JSON_OBJECT;
    out->n = (uint32_t)(r->size - base);
    out->member = out->n ? arena_dup(r->a, r->stack + base, out->n * sizeof(json_member)) : NULL;
    r->size = base;
    return JSON_FAULT_NONE;
}

static json_fault read_value(reader *r, json *out) {
    *out = (json){.line = r->line, .column = column_of(r)};
    if (r->p == r->end) return JSON_FAULT_TRUNCATED;
    if (r->limits.nodes && r->nodes == r->limits.nodes) return JSON_FAULT_NODES;
    r->nodes++;
    switch (*r->p) {
    case '{': return read_object(r, out);
    case '[': return read_array(r, out);
    case '"': out->kind = JSON_STRING; return read_string(r, &out->text);
    case 't': return read_word(r, "true", JSON_TRUE, out);
    case 'f': return read_word(r, "false", JSON_FALSE, out);
    case 'n': return read_word(r, "null", JSON_NULL, out);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': out->kind = JSON_NUMBER; return read_number(r, &out->text);
    default: return JSON_FAULT_SYNTAX;
    }
}

json_fault json_read(str s, const json_limits *limits, arena *a, json *out, size_t *end) {
    const char *p = s.n ? s.p : "";
    reader r = {.start = p, .p = p, .end = p + s.n, .line_start = p, .line = 1, .a = a};
    if (limits) r.limits = *limits;
    if (!r.limits.depth) r.limits.depth = DEPTH_DEFAULT;
    skip_blanks(&r);
    json_fault fault = read_value(&r, out);
    if (!fault && !end) {
        skip_blanks(&r);
        if (r.p < r.end) fault = JSON_FAULT_TRAILING;
    }
    if (end) *end = (size_t)(r.p - r.start);
    if (fault) *out = (json){0};
    free(r.stack);
    return fault;
}
