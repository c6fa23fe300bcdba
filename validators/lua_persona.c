/* lua_persona.c: a persona as a Lua table: sections are tables, a list is an array, a section with `list` an
 * array of tables, or the instance's own table where the rule is applied to each; what has no value is nil.
 *
 *     choice: its value, a number if all its values are      number: integer or float      flag: boolean
 *     date: "2025-06-30"                                      text, template: string
 *
 * All drawn attributes are there, and of what facets write only what the rule's `of` names: other fields may
 * not be written yet, and a rule must not depend on which are. A section is filled when it is first looked
 * into, so that a rule over three attributes of eight thousand pays for three.
 */
#include "validators/lua_box.h"

#include <lauxlib.h>
#include <string.h>

#define ROOT UINT32_MAX

static bool is_named(const rule *r, uint32_t leaf) {
    for (uint32_t i = 0; i < r->of.n; i++)
        if (r->of.leaf[i] == leaf) return true;
    return false;
}

/* Of a section: whether there is anything in it. */
static bool is_visible(const lua_box *b, uint32_t index) {
    const population *p = b->check->rec->pop;
    for (uint32_t i = index; i < p->node[index].end; i++) {
        const node *n = &p->node[i];
        if (n->leaf != NO_LEAF && (leaf_is_drawn(n) || is_named(b->rule, n->leaf))) return true;
    }
    return false;
}

/* ---- values -----------------------------------------------------------------------------------------------
 */

static void push_date(lua_State *L, int64_t days) {
    char text[32];
    buf b = {0};
    date_print(&b, days);
    size_t n = b.n < sizeof text ? b.n : sizeof text;
    memcpy(text, b.p, n);
    buf_free(&b);
    lua_pushlstring(L, text, n);
}

static void push_choice(lua_State *L, const node *n, int64_t i) {
    if (i < 0 || i >= (int64_t)n->values) {
        lua_pushnil(L);
        return;
    }
    const choice_value *c = &n->value[i];
    lua_pushlstring(L, c->value.p, c->value.n);
    if (!c->number) return;
    if (lua_stringtonumber(L, lua_tostring(L, -1))) lua_remove(L, -2);
}

static void push_value(lua_State *L, const node *n, const value *v) {
    if (v->kind == V_NONE) {
        lua_pushnil(L);
    } else if (v->kind == V_LIST) {
        lua_createtable(L, (int)v->n, 0);
        for (uint32_t i = 0; i < v->n; i++) {
            push_value(L, n, &v->item[i]);
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        }
    } else if (v->kind == V_TEXT) {
        lua_pushlstring(L, v->text.n ? v->text.p : "", v->text.n);
    } else if (n->kind == K_NUMBER) {
        if (n->step.places)
            lua_pushnumber(L, dec_double((dec){v->num * n->step.m, n->step.places}));
        else
            lua_pushinteger(L, v->num * n->step.m);
    } else if (n->kind == K_DATE) {
        push_date(L, v->num);
    } else if (n->kind == K_FLAG) {
        lua_pushboolean(L, v->num != 0);
    } else {
        push_choice(L, n, v->num);
    }
}

/* ---- sections ---------------------------------------------------------------------------------------------
 */

static void push_section(lua_State *L, uint32_t index);

/* All of a section below an instance, at once. */
static void push_whole(lua_State *L, const record *rec, uint32_t index) {
    const population *p = rec->pop;
    const node *section = &p->node[index];
    luaL_checkstack(L, 8, "sections nested too deep");
    lua_createtable(L, 0, 8);
    for (uint32_t i = index + 1; i < section->end; i = p->node[i].end) {
        const node *n = &p->node[i];
        if (!is_visible(lua_box_of(L), i)) continue;
        lua_pushlstring(L, n->name.p, n->name.n);
        if (n->leaf == NO_LEAF)
            push_whole(L, rec, i);
        else
            push_value(L, n, record_at(rec, n->leaf));
        lua_rawset(L, -3);
    }
}

static void push_instances(lua_State *L, const record *rec, uint32_t index) {
    record view = *rec;
    uint32_t n = record_instances(rec, index);
    lua_createtable(L, (int)n, 0);
    for (uint32_t i = 0; i < n; i++) {
        record_enter(&view, index, i);
        push_whole(L, &view, index);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static void push_node(lua_State *L, uint32_t index) {
    const record *rec = lua_box_of(L)->check->rec;
    const node *n = &rec->pop->node[index];
    if (n->leaf != NO_LEAF)
        push_value(L, n, record_at(rec, n->leaf));
    else if (n->number == NO_LEAF)
        push_section(L, index);
    else if (rec->section == index)
        push_whole(L, rec, index);
    else
        push_instances(L, rec, index);
}

static uint32_t first_child(uint32_t index) {
    return index == ROOT ? 0 : index + 1;
}

static uint32_t last_child(const population *p, uint32_t index) {
    return index == ROOT ? p->nodes : p->node[index].end;
}

static uint32_t section_index(lua_State *L) {
    return (uint32_t)lua_tointeger(L, lua_upvalueindex(1));
}

/* section, name -> its value, which from now on is kept */
static int section_get(lua_State *L) {
    lua_box *b = lua_box_of(L);
    const population *p = b->check->rec->pop;
    uint32_t at = section_index(L);
    size_t n;
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tolstring(L, 2, &n) : NULL;
    for (uint32_t i = first_child(at); name && i < last_child(p, at); i = p->node[i].end) {
        if (!str_eq(p->node[i].name, (str){name, n}) || !is_visible(b, i)) continue;
        push_node(L, i);
        lua_pushvalue(L, 2);
        lua_pushvalue(L, -2);
        lua_rawset(L, 1);
        return 1;
    }
    return 0;
}

/* For `pairs`: all that nobody has looked at or set yet. */
static int section_fill(lua_State *L) {
    lua_box *b = lua_box_of(L);
    const population *p = b->check->rec->pop;
    uint32_t at = section_index(L);
    lua_pushnil(L);
    lua_setmetatable(L, 1);
    for (uint32_t i = first_child(at); i < last_child(p, at); i = p->node[i].end) {
        const node *n = &p->node[i];
        if (!is_visible(b, i)) continue;
        lua_box_charge(L, 2);
        lua_pushlstring(L, n->name.p, n->name.n);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 1) != LUA_TNIL) {
            lua_pop(L, 2);
            continue;
        }
        lua_pop(L, 1);
        push_node(L, i);
        lua_rawset(L, 1);
    }
    return 0;
}

static void push_section(lua_State *L, uint32_t index) {
    luaL_checkstack(L, 8, "sections nested too deep");
    lua_createtable(L, 0, 4);
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, (lua_Integer)index);
    lua_pushcclosure(L, section_get, 1);
    lua_setfield(L, -2, "__index");
    lua_pushinteger(L, (lua_Integer)index);
    lua_pushcclosure(L, section_fill, 1);
    lua_setfield(L, -2, "fill");
    lua_setmetatable(L, -2);
}

void lua_persona_push(lua_State *L) {
    push_section(L, ROOT);
}
