/* lua_library.c: what a rule's Lua code finds: the harmless part of Lua's own library, `pairs` in sorted order,
 * a stable `table.sort`, `string.find` without patterns, and `text`, which cuts texts as the rules do.
 *
 * Left out, and why: patterns (one match can take hours, and no limit on instructions stops it), rep and
 * table.move (loops without instructions), load, require, io, os, debug, coroutine, setmetatable, pcall (a
 * limit could be caught), next (its order differs from run to run), random, all of math that the C library
 * rounds as it likes. Functions written in C are charged by the length of what they are given.
 */
#include "validators/lua_box.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lua's own, charged ---------------------------------------------------------------------------------- */

static const char *const own_base[] = {"assert", "error", "ipairs", "select", "tonumber", "type", NULL};
static const char *const own_string[] = {"byte", "len", "lower", "reverse", "sub", "upper", NULL};
static const char *const own_char[] = {"char", NULL}; /* of both `string` and `utf8` */
static const char *const own_table[] = {"concat", "insert", "pack", "remove", "unpack", NULL};
static const char *const own_math[] = {"abs",  "ceil", "floor",     "fmod", "max", "min",
                                       "modf", "sqrt", "tointeger", "type", "ult", NULL};
static const char *const math_numbers[] = {"huge", "maxinteger", "mininteger", "pi", NULL};
static const char *const own_utf8[] = {"codepoint", "codes", "len", "offset", NULL};

static int charged(lua_State *L) {
    int n = lua_gettop(L);
    uint64_t steps = 4 + (uint64_t)n / 4;
    for (int i = 1; i <= n; i++)
        if (lua_type(L, i) == LUA_TSTRING || lua_type(L, i) == LUA_TTABLE) steps += lua_rawlen(L, i) / 8;
    lua_box_charge(L, steps);
    return lua_tocfunction(L,
                           lua_upvalueindex(1))(L); /* in this frame: so an error names the line of the call */
}

/* A text of NULs takes the C library a call a byte to compare, and no limit on steps sees that. */
static int without_nul(lua_State *L) {
    charged(L);
    size_t n;
    const char *p = lua_tolstring(L, -1, &n);
    return memchr(p, 0, n) ? luaL_error(L, "a NUL character") : 1;
}

/* From the library on top of the stack into the table below it. */
static void take_over(lua_State *L, const char *const *names, lua_CFunction guard) {
    for (; *names; names++) {
        lua_getfield(L, -1, *names);
        lua_pushcclosure(L, guard, 1);
        lua_setfield(L, -3, *names);
    }
}

/* What prints an address is refused. */
static int format(lua_State *L) {
    size_t n;
    const char *form = luaL_checklstring(L, 1, &n);
    for (size_t i = 0; i < n; i++) {
        if (form[i] != '%') continue;
        size_t k = i + 1;
        while (k < n && strchr("-+ #0123456789.", form[k])) k++;
        if (k < n && form[k] == 'p') return luaL_error(L, "format has no %%p");
        i = k;
    }
    for (int i = 2; i <= lua_gettop(L); i++)
        if (lua_type(L, i) > LUA_TSTRING || lua_type(L, i) == LUA_TLIGHTUSERDATA)
            return luaL_error(L, "format cannot print a %s", luaL_typename(L, i));
    return without_nul(L);
}

static int to_string(lua_State *L) {
    if (lua_type(L, 1) <= LUA_TSTRING && lua_type(L, 1) != LUA_TLIGHTUSERDATA)
        luaL_tolstring(L, 1, NULL);
    else
        lua_pushstring(L, luaL_typename(L, 1));
    return 1;
}

/* ---- pairs ----------------------------------------------------------------------------------------------- */

typedef struct key {
    int type;
    bool is_integer;
    lua_Integer i;
    lua_Number n;
    str s;
} key;

static int number_order(const key *a, const key *b) {
    if (a->is_integer && b->is_integer) return (a->i > b->i) - (a->i < b->i);
    lua_Number x = a->is_integer ? (lua_Number)a->i : a->n, y = b->is_integer ? (lua_Number)b->i : b->n;
    return (x > y) - (x < y);
}

static int key_order(const void *left, const void *right) {
    const key *a = left, *b = right;
    if (a->type != b->type)
        return a->type == LUA_TNUMBER || (b->type != LUA_TNUMBER && a->type > b->type) ? -1 : 1;
    return a->type == LUA_TNUMBER ? number_order(a, b) : a->type == LUA_TSTRING ? str_cmp(a->s, b->s) : 0;
}

static key key_read(lua_State *L, int at) {
    key k = {.type = lua_type(L, at)};
    size_t n;
    if (k.type == LUA_TSTRING) {
        k.s.p = lua_tolstring(L, at, &n);
        k.s.n = n;
    } else if (k.type == LUA_TNUMBER) {
        k.is_integer = lua_isinteger(L, at);
        if (k.is_integer)
            k.i = lua_tointeger(L, at);
        else
            k.n = lua_tonumber(L, at);
    } else if (k.type == LUA_TBOOLEAN) {
        k.s = STR("");
        k.type = lua_toboolean(L, at) ? -1 : -2; /* behind texts, false first by the order of types */
    } else {
        luaL_error(L, "pairs: a key that is a %s has no order", luaL_typename(L, at));
    }
    return k;
}

static void key_push(lua_State *L, const key *k) {
    if (k->type == LUA_TSTRING)
        lua_pushlstring(L, k->s.p, k->s.n);
    else if (k->type != LUA_TNUMBER)
        lua_pushboolean(L, k->type == -1);
    else if (k->is_integer)
        lua_pushinteger(L, k->i);
    else
        lua_pushnumber(L, k->n);
}

/* Upvalues: the table, its keys in order, how many were visited. */
static int pairs_next(lua_State *L) {
    for (lua_Integer i = lua_tointeger(L, lua_upvalueindex(3)) + 1;; i++) {
        lua_pushinteger(L, i);
        lua_replace(L, lua_upvalueindex(3));
        if (lua_rawgeti(L, lua_upvalueindex(2), i) == LUA_TNIL) return 1;
        lua_pushvalue(L, -1);
        if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 2;
        lua_pop(L, 2);
    }
}

static int sorted_pairs(lua_State *L) {
    lua_Integer n = 0, i = 0;
    luaL_checktype(L, 1, LUA_TTABLE);
    if (luaL_getmetafield(L, 1, "fill") != LUA_TNIL) { /* of the persona: what was not looked at yet */
        lua_pushvalue(L, 1);
        lua_call(L, 1, 0);
    }
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) n++;
    lua_box_charge(L, (uint64_t)n * 8);
    key *keys = lua_newuserdatauv(L, (size_t)(n + 1) * sizeof *keys, 0);
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) keys[i++] = key_read(L, -2);
    qsort(keys, (size_t)n, sizeof *keys, key_order);
    lua_pushvalue(L, 1);
    lua_createtable(L, (int)n, 0);
    for (i = 0; i < n; i++) {
        key_push(L, &keys[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, pairs_next, 3);
    return 1;
}

/* ---- table.sort: merging, so that equal ones keep their order ----------------------------------------------
 */

/* Whether t[j] comes before t[i]; stack: 1 the table, 2 the comparison or nil. */
static bool comes_before(lua_State *L, int from, lua_Integer j, lua_Integer i) {
    if (!lua_isnil(L, 2)) lua_pushvalue(L, 2);
    lua_rawgeti(L, from, j);
    lua_rawgeti(L, from, i);
    bool before;
    if (lua_isnil(L, 2)) {
        if (lua_type(L, -1) == LUA_TSTRING) lua_box_charge(L, lua_rawlen(L, -1) / 256);
        before = lua_compare(L, -2, -1, LUA_OPLT);
        lua_pop(L, 2);
    } else {
        lua_call(L, 2, 1);
        before = lua_toboolean(L, -1);
        lua_pop(L, 1);
    }
    return before;
}

static void merge(lua_State *L, int from, int to, lua_Integer lo, lua_Integer mid, lua_Integer hi) {
    for (lua_Integer i = lo, j = mid, k = lo; k < hi; k++) {
        bool right = i >= mid || (j < hi && comes_before(L, from, j, i));
        lua_rawgeti(L, from, right ? j++ : i++);
        lua_rawseti(L, to, k);
    }
}

static int sort(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
    int from = 1, to = 3;
    lua_createtable(L, (int)n, 0);
    for (lua_Integer width = 1; width < n; width *= 2) {
        lua_box_charge(L, (uint64_t)n * 4);
        for (lua_Integer lo = 1; lo <= n; lo += 2 * width) {
            lua_Integer mid = lo + width <= n + 1 ? lo + width : n + 1;
            merge(L, from, to, lo, mid, mid + width <= n + 1 ? mid + width : n + 1);
        }
        int other = from;
        from = to;
        to = other;
    }
    for (lua_Integer i = 1; from != 1 && i <= n; i++) {
        lua_rawgeti(L, from, i);
        lua_rawseti(L, 1, i);
    }
    return 0;
}

/* ---- strings and texts -------------------------------------------------------------------------------------
 */

static str check_text(lua_State *L, int at) {
    size_t n;
    const char *p = luaL_checklstring(L, at, &n);
    lua_box_charge(L, 16 + n / 4);
    if (!text_valid((str){p, n})) luaL_error(L, "a text that is not UTF-8");
    return (str){p, n};
}

/* find(s, what [, from]) -> first and last byte, or nil */
static int find(lua_State *L) {
    size_t n, m, at;
    const char *s = luaL_checklstring(L, 1, &n), *what = luaL_checklstring(L, 2, &m);
    lua_Integer from = luaL_optinteger(L, 3, 1);
    lua_box_charge(L, 4 + (n + m) / 8);
    if (from < 0) from = from < -(lua_Integer)n ? 1 : (lua_Integer)n + from + 1;
    if (!from) from = 1;
    if (from > (lua_Integer)n + 1 || !str_find((str){s + from - 1, n - (size_t)from + 1}, (str){what, m}, &at))
        return 0;
    lua_pushinteger(L, from + (lua_Integer)at);
    lua_pushinteger(L, from + (lua_Integer)(at + m) - 1);
    return 2;
}

/* A field's text is cut already, for the rules; any other is cut here. */
static const reading *reading_of(const lua_box *b, str s, arena *mem) {
    for (uint32_t i = 0; b->check && i < b->rule->of.n; i++) {
        const value *v = record_at(b->check->rec, b->rule->of.leaf[i]);
        reading **text;
        for (uint32_t k = 0, n = 0; k < element_count(v); k++) {
            if (element_at(v, k)->kind != V_TEXT) continue;
            if (str_eq(element_at(v, k)->text, s) && check_texts(b->check, b->rule->of.leaf[i], &text) > n)
                return text[n];
            n++;
        }
    }
    return reading_new(s, mem);
}

static int words(lua_State *L) {
    str s = check_text(L, 1);
    arena *mem = lua_box_of(L)->scratch;
    arena_reset(mem);
    const reading *t = reading_of(lua_box_of(L), s, mem);
    lua_createtable(L, (int)t->words, 0);
    for (uint32_t i = 0; i < t->words; i++) {
        lua_pushlstring(L, t->fold[i].p, t->fold[i].n);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int sentences(lua_State *L) {
    str s = check_text(L, 1);
    arena *mem = lua_box_of(L)->scratch;
    span *at;
    arena_reset(mem);
    size_t n = text_sentences(s, mem, &at);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        str one = str_trim(str_part(s, at[i].at, at[i].at + at[i].n));
        lua_pushlstring(L, one.p ? one.p : "", one.n);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int fold(lua_State *L) {
    str s = check_text(L, 1);
    arena *mem = lua_box_of(L)->scratch;
    arena_reset(mem);
    str folded = text_fold(mem, s);
    lua_pushlstring(L, folded.p ? folded.p : "", folded.n);
    return 1;
}

/* count(s, term): how often a term occurs, as in lexicons */
static int count(lua_State *L) {
    str s = check_text(L, 1), what = check_text(L, 2);
    arena *mem = lua_box_of(L)->scratch;
    term_hit *hit;
    arena_reset(mem);
    term_set *set = term_set_new(mem);
    term_set_add(set, what, 0);
    term_set_seal(set);
    lua_pushinteger(L, (lua_Integer)term_set_find(set, reading_of(lua_box_of(L), s, mem), mem, &hit));
    return 1;
}

/* ---- all ----------------------------------------------------------------------------------------------------
 */

static void open_part(lua_State *L, const char *name, lua_CFunction opener, const char *const *names) {
    lua_createtable(L, 0, 16);
    lua_pushcfunction(L, opener);
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
    take_over(L, names, charged);
    if (opener == luaopen_math)
        for (const char *const *n = math_numbers; *n; n++) {
            lua_getfield(L, -1, *n);
            lua_setfield(L, -3, *n);
        }
}

static void put(lua_State *L, const char *name, lua_CFunction f) {
    lua_pushcfunction(L, f);
    lua_setfield(L, -2, name);
}

/* Stock library on top, ours below it. */
static void open_string(lua_State *L) {
    open_part(L, "string", luaopen_string, own_string);
    take_over(L, own_char, without_nul);
    lua_getfield(L, -1, "format");
    lua_pushcclosure(L, format, 1);
    lua_setfield(L, -3, "format");
    lua_pop(L, 1);
    put(L, "find", find);
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1); /* ("x"):len() finds ours and nothing else; no arithmetic on texts */
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, -4);
    }
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
}

static void open_table(lua_State *L) {
    open_part(L, "table", luaopen_table, own_table);
    lua_pop(L, 1);
    put(L, "sort", sort);
}

static void open_math(lua_State *L) {
    open_part(L, "math", luaopen_math, own_math);
    lua_pop(L, 1);
}

static void open_utf8(lua_State *L) {
    open_part(L, "utf8", luaopen_utf8, own_utf8);
    take_over(L, own_char, without_nul);
    lua_pop(L, 1);
}

static const luaL_Reg text_functions[] = {
    {"words", words}, {"sentences", sentences}, {"fold", fold}, {"count", count}, {NULL, NULL}};

static void open_text(lua_State *L) {
    luaL_newlib(L, text_functions);
}

/* Methods of texts are called with `:`; `_ENV` may name anything. */
static const struct part {
    const char *name;
    void (*open)(lua_State *L);
    bool by_colon;
} library[] = {
    {"string", open_string, true}, {"table", open_table, false}, {"math", open_math, false},
    {"utf8", open_utf8, false},    {"text", open_text, false},
};

uint32_t lua_library_parts(str source) {
    size_t at;
    uint32_t parts = 0;
    bool all = str_find(source, STR("_ENV"), &at), colon = str_find(source, STR(":"), &at);
    for (size_t i = 0; i < COUNT_OF(library); i++)
        if (all || (colon && library[i].by_colon) || str_find(source, str_of(library[i].name), &at))
            parts |= 1u << i;
    return parts;
}

void lua_library_open(lua_State *L, uint32_t parts) {
    lua_createtable(L, 0, 32); /* becomes the globals */
    lua_pushcfunction(L, luaopen_base);
    lua_call(L, 0, 1);
    take_over(L, own_base, charged);
    lua_pop(L, 1);
    put(L, "tostring", to_string);
    put(L, "pairs", sorted_pairs);
    for (size_t i = 0; i < COUNT_OF(library); i++) {
        if (!(parts >> i & 1)) continue;
        library[i].open(L);
        lua_setfield(L, -2, library[i].name);
    }
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}
