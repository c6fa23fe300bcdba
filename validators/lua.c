/* lua.c: objects when a function in a Lua file says so. The function gets the persona (lua_persona.c) and gives
 * back
 *
 *     nil or false                                        nothing to object to
 *     "a message"                                         about the first of `of`
 *     {message = ..., field = ..., hint = ...}            about that field; field and hint may be left out
 *     {one, another, ...}                                 several of these, at most OBJECTIONS_MOST; {}: none
 *
 * What goes wrong in it (an error, a limit reached, another result) is an objection too: a persona that could
 * not be checked is not accepted. It is never a constraint: nothing tells which attributes it looks at.
 */
#include "validators/lua_box.h"

#include <lauxlib.h>
#include <string.h>

enum { OBJECTIONS_MOST = 20, MESSAGE_BYTES = 600, SOURCE_MOST = 1 << 20, NAMES_MOST = 32 };

/* ---- compiling --------------------------------------------------------------------------------------------
 */

static bool is_name(str s) {
    if (!s.n || s.n > 63) return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (!i || c < '0' || c > '9')) return false;
    }
    return true;
}

static bool function_missing(population *p, const tree *t, const lua_code *code, const str *names, uint32_t n,
                             diags *d) {
    size_t distance = SIZE_MAX;
    str nearest = {0};
    const char *hint = NULL;
    for (uint32_t i = 0; i < n; i++) hint = rule_near(p, code->function, names[i], &distance, &nearest);
    if (!hint && n) hint = str_printf(p->mem, "it has `" STR_FMT "`", STR_ARG(names[0])).p;
    return diag_at(p, d, DIAG_P13, t, code->function, hint ? hint : "a global function: function name(persona)",
                   "`" STR_FMT "` has no function `" STR_FMT "`", STR_ARG(code->name), STR_ARG(code->function));
}

static bool source_compile(population *p, const tree *file, const tree *name, lua_code *code, diags *d) {
    str source, names[NAMES_MOST];
    tree at;
    uint32_t line, n;
    if (!compile_file(p, file, d, &source, &code->name, &at)) return false;
    bool own = !code->name.n;
    if (own) code->name = STR("Lua");
    if (source.n > SOURCE_MOST)
        return diag_at(p, d, DIAG_P01, file, file->text, "split it: a rule each may have a file of its own",
                       "Lua code over %d KB", SOURCE_MOST >> 10);
    const char *wrong = lua_box_compile(source, p->mem, code, &line, names, &n, NAMES_MOST);
    if (!wrong) return true;
    if (!wrong[0]) return function_missing(p, name, code, names, n, d);
    if (line && !own) at = (tree){.file = at.file, .line = line, .column = 1};
    if (line && own) /* a scalar's own lines are not known: blanks and folding are the reader's */
        return diag_at(p, d, DIAG_P13, file, STR(""), NULL, "Lua, line %u of the text: %s", line, wrong);
    return diag_at(p, d, DIAG_P13, line ? &at : file, STR(""), NULL, "Lua: %s", wrong);
}

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    lua_code *code = r->data = arena_new_of(p->mem, lua_code, 1);
    const tree *file = rule_key(p, r, body, "file", d), *name = rule_key(p, r, body, "function", d);
    bool drawn = true;
    if (!file || !name) return false;
    if (name->kind != TREE_SCALAR || !is_name(name->text))
        return diag_at(p, d, DIAG_P03, name, name->kind == TREE_SCALAR ? name->text : STR(""),
                       "function: check", "`function` is the name of a global function");
    code->function = name->text;
    if (!source_compile(p, file, name, code, d)) return false;
    for (uint32_t i = 0; i < r->of.n; i++) drawn = drawn && leaf_is_drawn(leaf_node(p, r->of.leaf[i]));
    if (drawn)
        diag_at(p, d, DIAG_W00, tree_get(body, "of"), r->id,
                "rules of the kinds `never` to `pattern` shape the draw instead",
                "the rule `" STR_FMT "` names drawn attributes only: it costs attempts where it objects",
                STR_ARG(r->id));
    return true;
}

/* ---- what it gave back --------------------------------------------------------------------------------------
 */

/* A text of the table on top of the stack; empty: it has none. */
static const char *text_field(lua_box *b, const char *key, str *out) {
    size_t n;
    *out = STR("");
    lua_pushstring(b->L, key);
    int type = lua_rawget(b->L, -2);
    if (type == LUA_TSTRING) {
        const char *p = lua_tolstring(b->L, -1, &n);
        *out = str_dup(b->check->mem, (str){p, n});
    }
    lua_pop(b->L, 1);
    return type == LUA_TNIL || type == LUA_TSTRING ? NULL : "`message`, `field` and `hint` are texts";
}

/* On one line and cut to size. raw is valid. */
static str text_made(const check_ctx *c, str raw) {
    if (raw.n > MESSAGE_BYTES) {
        raw.n = MESSAGE_BYTES;
        while (((unsigned char)raw.p[raw.n] & 0xC0) == 0x80) raw.n--;
    }
    char *p = str_z(c->mem, str_trim(raw));
    for (char *x = p; *x; x++)
        if ((unsigned char)*x < ' ') *x = ' ';
    return str_of(p);
}

/* A path, or the last name of one: of what the rule names. */
static const char *leaf_named(const lua_box *b, str field, uint32_t *leaf) {
    *leaf = NO_LEAF;
    for (uint32_t i = 0; i < b->rule->of.n && field.n; i++) {
        const node *n = leaf_node(b->check->rec->pop, b->rule->of.leaf[i]);
        if (!str_eq(n->path, field) && !str_eq(n->name, field)) continue;
        *leaf = b->rule->of.leaf[i];
        return NULL;
    }
    return field.n ? "`field` is none of those that the rule's `of` names" : NULL;
}

static const char *objection_add(lua_box *b, str message, str hint, str field) {
    uint32_t leaf;
    const char *wrong = leaf_named(b, field, &leaf);
    if (wrong) return wrong;
    if (!text_valid(message) || !text_valid(hint)) return "a message that is not UTF-8";
    message = text_made(b->check, message);
    if (!message.n) return "a message without text";
    check_report(b->rule, b->check, leaf, message, text_made(b->check, hint));
    return NULL;
}

/* One objection on top of the stack. */
static const char *objection_read(lua_box *b) {
    str message, hint, field;
    const char *wrong;
    size_t n;
    if (lua_type(b->L, -1) == LUA_TSTRING) {
        const char *p = lua_tolstring(b->L, -1, &n);
        return objection_add(b, (str){p, n}, STR(""), STR(""));
    }
    if (lua_type(b->L, -1) != LUA_TTABLE) return "it gave back neither nil nor a message";
    if ((wrong = text_field(b, "message", &message)) || (wrong = text_field(b, "hint", &hint)) ||
        (wrong = text_field(b, "field", &field)))
        return wrong;
    return objection_add(b, message, hint, field);
}

static bool is_empty_table(lua_State *L) {
    if (lua_type(L, -1) != LUA_TTABLE) return false;
    lua_pushnil(L);
    if (!lua_next(L, -2)) return true;
    lua_pop(L, 2);
    return false;
}

static const char *result_read(lua_box *b) {
    const char *wrong = NULL;
    if (!lua_toboolean(b->L, -1) || is_empty_table(b->L)) return NULL;
    lua_Integer n = lua_type(b->L, -1) == LUA_TTABLE ? (lua_Integer)lua_rawlen(b->L, -1) : 0;
    if (!n) return objection_read(b);
    for (lua_Integer i = 1; i <= n && i <= OBJECTIONS_MOST && !wrong; i++) {
        lua_rawgeti(b->L, -1, i);
        wrong = objection_read(b);
        lua_pop(b->L, 1);
    }
    return wrong;
}

static void check(const rule *r, check_ctx *c) {
    const char *wrong;
    lua_box *b = lua_box_take(r->data, &wrong);
    b->rule = r;
    b->check = c;
    if (!wrong) wrong = lua_box_call(b, result_read);
    if (wrong)
        check_report(r, c, NO_LEAF, message_of(c->mem, c->rec->pop, SAY_LUA, text_made(c, str_of(wrong))),
                     STR(""));
    lua_box_give(b);
}

static const char *const keys[] = {"file", "function", NULL};
const rule_kind rule_kind_lua = {
    .name = "lua", .keys = keys, .needs_of = true, .compile = compile, .check = check};
