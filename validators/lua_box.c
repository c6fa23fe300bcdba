/* lua_box.c: Lua within bounds: a state from nothing but what lua_library.c puts there, with limits on memory,
 * on a single object and on steps; the same answer on every machine.
 *
 * What would differ from run to run is not there: the order of `pairs` (sorted), addresses, `^` (the C
 * library's pow), random numbers, time, the collector. The C locale holds for the thread while a box is open.
 * Two things are left, and the manual says so: the border that `#` finds in an array with holes, as Lua seeds
 * its hashes anew in each state, and the sign of NaN as text.
 */
#include "validators/lua_box.h"

#include <lauxlib.h>
#include <locale.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    STEPS_MOST = 1000000,
    STEPS_EACH = 1000, /* between two looks at the count */
    ALL_MOST = 16 << 20,
    ONE_MOST = 512 << 10, /* a string of half a megabyte, a table of 32,768 values */
    LONG = 16 << 10,      /* from here on a text makes every step dearer: it can be compared in one */
    BLOCK = 48 << 10,
    ALIGN = 16,
};

/* ---- memory --------------------------------------------------------------------------------------------- */

char *lua_box_data(struct box_block *k) {
    return (char *)k + (sizeof *k + ALIGN - 1) / ALIGN * ALIGN;
}

static char *block_take(lua_box *b, size_t n) {
    struct box_block *k = b->block;
    if (!k || k->size - k->used < n) {
        size_t size = n > BLOCK ? n : BLOCK;
        k = xmalloc(sizeof *k + ALIGN + size);
        *k = (struct box_block){b->block, 0, size};
        b->block = k;
    }
    b->last = lua_box_data(k) + k->used;
    k->used += n;
    return b->last;
}

/* Two are compared, at the cost of the shorter one. */
static void text_seen(lua_box *b, size_t n) {
    if (n > b->longest) {
        b->second = b->longest;
        b->longest = n;
    } else if (n > b->second) {
        b->second = n;
    }
}

static void *box_alloc(void *box, void *p, size_t old, size_t n) {
    lua_box *b = box;
    if (!n || (p && n <= old)) return n ? p : NULL;
    if (n > ONE_MOST || b->asked + n > ALL_MOST) return NULL;
    if (!p && old == LUA_TSTRING) text_seen(b, n);
    size_t room = (n + ALIGN - 1) / ALIGN * ALIGN;
    b->asked += n;
    if (p && p == b->last && b->block->size - (size_t)(b->last - lua_box_data(b->block)) >= room) {
        b->block->used = (size_t)(b->last - lua_box_data(b->block)) + room;
        return p;
    }
    char *made = block_take(b, room);
    if (p) memcpy(made, p, old);
    return made;
}

/* ---- steps ---------------------------------------------------------------------------------------------- */

lua_box *lua_box_of(lua_State *L) {
    return *(lua_box **)lua_getextraspace(L);
}

void lua_box_charge(lua_State *L, uint64_t steps) {
    lua_box *b = lua_box_of(L);
    b->steps += steps;
    if (b->steps > STEPS_MOST) luaL_error(L, "more than %d steps", STEPS_MOST);
}

static void on_count(lua_State *L, lua_Debug *at) {
    (void)at;
    lua_box_charge(L, STEPS_EACH * (1 + lua_box_of(L)->second / LONG));
}

/* ---- a box ---------------------------------------------------------------------------------------------- */

static int open_library(lua_State *L) {
    lua_library_open(L, lua_box_of(L)->parts);
    return 0;
}

void lua_box_enter(lua_box *b) {
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain) b->before = (void *)uselocale(plain);
}

void lua_box_leave(lua_box *b) {
    if (b->before) freelocale(uselocale((locale_t)b->before));
    b->before = NULL;
}

void lua_box_open(lua_box *b, uint32_t parts) {
    static const lua_box empty;
    *b = empty;
    b->parts = parts;
    lua_box_enter(b);
    b->scratch = arena_new(4096);
    b->L = lua_newstate(box_alloc, b);
    if (!b->L) return;
    *(lua_box **)lua_getextraspace(b->L) = b;
    lua_gc(b->L, LUA_GCSTOP);
    lua_sethook(b->L, on_count, LUA_MASKCOUNT, STEPS_EACH);
    lua_pushcfunction(b->L, open_library);
    if (lua_pcall(b->L, 0, 0, 0) != LUA_OK) b->L = NULL;
}

/* The state is not closed but dropped: it holds memory of the box and nothing else. */
void lua_box_close(lua_box *b) {
    lua_box_leave(b);
    for (struct box_block *k = b->block, *older; k; k = older) {
        older = k->older;
        free(k);
    }
    arena_free(b->scratch);
}

/* What an error left on the stack, as a sentence. */
static const char *box_error(lua_box *b) {
    size_t n;
    const char *text = lua_type(b->L, -1) == LUA_TSTRING ? lua_tolstring(b->L, -1, &n) : NULL;
    if (!text) return "error() with a value that is no text";
    str s = {text, n};
    return text_valid(s) ? str_z(b->scratch, s) : "error() with a text that is not UTF-8";
}

/* ---- compiling ------------------------------------------------------------------------------------------ */

/* The end of a long bracket that begins at s[i], s.n if it has none; i itself where none begins. */
static size_t long_bracket(str s, size_t i) {
    size_t level = 0, k = i + 1;
    if (i >= s.n || s.p[i] != '[') return i;
    while (k < s.n && s.p[k] == '=') k++, level++;
    if (k >= s.n || s.p[k] != '[') return i;
    for (k++; k < s.n; k++) {
        size_t m = 0;
        if (s.p[k] != ']') continue;
        while (k + 1 + m < s.n && m < level && s.p[k + 1 + m] == '=') m++;
        if (m == level && k + 1 + m < s.n && s.p[k + 1 + m] == ']') return k + m + 2;
    }
    return s.n;
}

/* What may not stand in source that Lua has taken; *line is where, 0: it is nowhere. */
typedef struct banned {
    uint32_t power, nul;
} banned;

/* Whether the escape behind a backslash at s[i] is a NUL. */
static bool is_nul(str s, size_t i) {
    char digit[4] = {0};
    size_t k = i + 2, n = 0;
    if (i + 1 >= s.n) return false;
    if (s.p[i + 1] == 'x') return k + 1 < s.n && s.p[k] == '0' && s.p[k + 1] == '0';
    if (s.p[i + 1] == 'u') {
        for (k++; k < s.n && s.p[k] == '0';) k++;
        return k < s.n && s.p[k] == '}';
    }
    for (k = i + 1; n < 3 && k < s.n && s.p[k] >= '0' && s.p[k] <= '9'; k++) digit[n++] = s.p[k];
    return n && strspn(digit, "0") == n;
}

/* Ends at its quote whatever stands between: where Lua has taken the source, lines end only behind `\` and
 * `\z`. */
static size_t quoted(str s, size_t i, bool *nul) {
    char quote = s.p[i];
    for (i++; i < s.n && s.p[i] != quote; i++) {
        *nul |= !s.p[i] || (s.p[i] == '\\' && is_nul(s, i));
        i += s.p[i] == '\\';
    }
    return i < s.n ? i + 1 : s.n;
}

/* The lines of the first `^` that is an operator and of the first text with a NUL. */
static banned banned_lines(str s) {
    banned at = {0};
    uint32_t line = 1;
    for (size_t i = 0; i < s.n;) {
        size_t from = i, end;
        bool nul = false;
        if (s.p[i] == '^' && !at.power) at.power = line;
        bool comment = s.p[i] == '-' && i + 1 < s.n && s.p[i + 1] == '-';
        if (comment) i += 2;
        if ((end = long_bracket(s, i)) != i) {
            nul = !comment && memchr(s.p + i, 0, end - i);
            i = end;
        } else if (comment) {
            while (i < s.n && s.p[i] != '\n') i++;
        } else {
            i = s.p[i] == '"' || s.p[i] == '\'' ? quoted(s, i, &nul) : i + 1;
        }
        if (nul && !at.nul) at.nul = line;
        for (size_t k = from; k < i; k++) line += s.p[k] == '\n';
    }
    return at;
}

typedef struct reader {
    str left;
} reader;

static const char *read_all(lua_State *L, void *arg, size_t *n) {
    reader *r = arg;
    const char *p = r->left.p;
    (void)L;
    *n = r->left.n;
    r->left = (str){0};
    return p;
}

static int write_all(lua_State *L, const void *p, size_t n, void *arg) {
    (void)L;
    buf_put(arg, p, n);
    return 0;
}

static bool box_load(lua_box *b, const lua_code *code, str bytes, const char *mode) {
    reader r = {bytes};
    const char *name = str_printf(b->scratch, "=" STR_FMT, STR_ARG(code->name)).p;
    return lua_load(b->L, read_all, &r, name, mode) == LUA_OK;
}

/* "check.lua:12: unexpected symbol" -> 12, and what follows. */
static const char *error_place(const char *text, str name, uint32_t *line) {
    size_t n = strlen(text);
    if (n < name.n + 2 || strncmp(text, name.p, name.n) || text[name.n] != ':') return text;
    const char *p = text + name.n + 1;
    uint32_t v = 0;
    while (*p >= '0' && *p <= '9' && v < 100000000) v = v * 10 + (uint32_t)(*p++ - '0');
    if (p[0] != ':' || p[1] != ' ') return text;
    *line = v;
    return p + 2;
}

/* What the code has made global; names of the library are known beforehand. */
static uint32_t functions_list(lua_State *L, arena *mem, str *out, uint32_t most) {
    uint32_t n = 0;
    lua_pushglobaltable(L);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        if (n < most && lua_type(L, -2) == LUA_TSTRING && lua_isfunction(L, -1) && !lua_iscfunction(L, -1))
            out[n++] = str_dup(mem, str_of(lua_tostring(L, -2)));
    lua_pop(L, 1);
    return n;
}

static const char *compile_in(lua_box *b, str source, arena *mem, lua_code *code, uint32_t *line, str *globals,
                              uint32_t *nglobals, uint32_t most) {
    buf bytes = {0};
    if (!b->L) return "no memory";
    if (!box_load(b, code, source, "t")) return error_place(str_z(mem, str_of(box_error(b))), code->name, line);
    banned at = banned_lines(source);
    if ((*line = at.power) != 0) return "the operator `^` is not there: its last digits depend on the machine";
    if ((*line = at.nul) != 0) return "a text with a NUL character";
    lua_dump(b->L, write_all, &bytes, 0);
    code->bytes = str_dup(mem, buf_view(&bytes));
    buf_free(&bytes);
    if (lua_pcall(b->L, 0, 0, 0) != LUA_OK)
        return error_place(str_z(mem, str_of(box_error(b))), code->name, line);
    *nglobals = functions_list(b->L, mem, globals, most);
    for (uint32_t i = 0; i < *nglobals; i++)
        if (str_eq(globals[i], code->function)) return NULL;
    return "";
}

const char *lua_box_compile(str source, arena *mem, lua_code *code, uint32_t *line, str *globals,
                            uint32_t *nglobals, uint32_t most) {
    lua_box b;
    static atomic_uint_fast64_t numbers;
    *line = *nglobals = 0;
    code->number = atomic_fetch_add(&numbers, 1) + 1;
    code->parts = lua_library_parts(source);
    lua_box_open(&b, code->parts);
    const char *wrong = compile_in(&b, source, mem, code, line, globals, nglobals, most);
    lua_box_close(&b);
    return wrong;
}

/* ---- calling -------------------------------------------------------------------------------------------- */

const char *lua_box_run(lua_box *b, const lua_code *code) {
    if (!b->L) return "not enough memory";
    b->code = code;
    b->number = code->number;
    bool fine = box_load(b, code, code->bytes, "b") && lua_pcall(b->L, 0, 0, 0) == LUA_OK;
    return fine ? NULL : box_error(b);
}

/* Everything that may raise happens in here. */
static int call_inside(lua_State *L) {
    lua_box *b = lua_box_of(L);
    lua_pushglobaltable(L);
    lua_pushlstring(L, b->code->function.p, b->code->function.n);
    lua_rawget(L, -2);
    lua_persona_push(L);
    lua_call(L, 1, 1);
    b->wrong = b->take(b);
    return 0;
}

const char *lua_box_call(lua_box *b, const char *(*take)(lua_box *b)) {
    b->take = take;
    lua_pushcfunction(b->L, call_inside);
    return lua_pcall(b->L, 0, 0, 0) == LUA_OK ? b->wrong : box_error(b);
}
