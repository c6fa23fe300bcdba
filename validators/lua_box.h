/* lua_box.h (private): a Lua state that one call of a rule's function runs in, and what it may use up.
 *
 * Every call gets a state as new, made from bytes that were compiled when the population was loaded: so a call
 * sees nothing of an earlier one, compiled rules stay immutable, and threads share nothing. Memory comes
 * from blocks that go when the box is closed; nothing is ever collected, so that the limit is on all that was
 * asked for and does not depend on when a collector runs.
 */
#ifndef POP_LUA_BOX_H
#define POP_LUA_BOX_H

#include "validators/rule_parts.h"

#include <lua.h>

/* A unit of Lua code, compiled. bytes are only ever those of lua_box_compile. */
typedef struct lua_code {
    uint32_t parts; /* of the library that the source names, a bit each */
    str name;       /* as messages name it */
    str function;   /* which of its functions is called */
    str bytes;
    uint64_t number; /* its own in this process */
} lua_code;

/* lua_kept.c: what a box has to be again before a call. */
typedef struct box_image {
    char *bytes; /* of the only block, owned; NULL: none is kept */
    size_t used, asked, longest, second;
    uint64_t steps;
    char *last;
} box_image;

typedef struct lua_box {
    lua_State *L; /* NULL: there was no memory for it */
    struct box_block {
        struct box_block *older;
        size_t used, size;
    } * block;
    char *last;     /* the latest piece handed out: it may grow in place */
    size_t asked;   /* bytes */
    size_t longest; /* bytes of the longest text, and of the next */
    size_t second;
    uint32_t parts; /* of the library */
    uint64_t steps; /* instructions, and what the functions written in C are charged */
    arena *scratch; /* of one call of such a function */
    void *before;   /* locale of the thread */
    const rule *rule;
    check_ctx *check; /* the persona; NULL: there is none */
    const lua_code *code;
    const char *(*take)(struct lua_box *b);
    const char *wrong;
    uint64_t number; /* of the code that it has run */
    box_image image;
} lua_box;

/* The C locale holds for the thread from open or enter to leave or close. */
void lua_box_open(lua_box *b, uint32_t parts);
void lua_box_enter(lua_box *b);
void lua_box_leave(lua_box *b);
void lua_box_close(lua_box *b);
char *lua_box_data(struct box_block *k);
lua_box *lua_box_of(lua_State *L);
/* Adds to the steps; raises an error beyond the limit. */
void lua_box_charge(lua_State *L, uint64_t steps);
/* Compiles source, runs it once and looks for the function. NULL: code->bytes are in `mem`; else what is wrong,
 * *line where (0: nowhere in particular). globals: functions that the code has, for hints. */
const char *lua_box_compile(str source, arena *mem, lua_code *code, uint32_t *line, str *globals,
                            uint32_t *nglobals, uint32_t most_globals);
/* Loads the code into an open box and runs it, which defines its functions. NULL; else what went wrong: until
 * the box is closed. */
const char *lua_box_run(lua_box *b, const lua_code *code);
/* Calls its function with the persona (lua_persona.c) and then `take`, with the one result on the stack; all of
 * it may raise. NULL; else what went wrong, or what `take` gave back: until the box is closed. */
const char *lua_box_call(lua_box *b, const char *(*take)(lua_box *b));

/* lua_kept.c: a box in which the code has run, of this thread's or a new one; *wrong: as of lua_box_run. It is
 * given back in any case. */
lua_box *lua_box_take(const lua_code *code, const char **wrong);
void lua_box_give(lua_box *b);

/* lua_library.c: the globals; may raise. parts: lua_library_parts of the source. */
void lua_library_open(lua_State *L, uint32_t parts);
uint32_t lua_library_parts(str source);
void lua_persona_push(lua_State *L); /* lua_persona.c: one table; may raise */

#endif
