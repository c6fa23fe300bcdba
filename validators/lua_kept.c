/* lua_kept.c: boxes in which a rule's code has run already, kept by each thread for its next personas.
 *
 * To open Lua's library and to run the code anew costs ten times what the rule itself does. A state lives in
 * its box's memory and nowhere else, and its first block takes all there is before the function is called: so
 * that block is copied then, and copied back when the call is over. A call finds the same bytes as in a new
 * box, the count of steps and of memory included, and nothing of an earlier call. What does not fit the first
 * block, or raises an error when it runs, is made anew each time.
 *
 * A thread keeps KEPT_MOST boxes at most, each with its block and the copy, until it ends. They are told apart
 * by the number of their code, which no other code has had: addresses come again.
 */
#include "validators/lua_box.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_MOST = 8 };

typedef struct kept {
    lua_box *box[KEPT_MOST]; /* by the number of the code; NULL: none, or it is in use */
} kept;

static pthread_key_t key;
static pthread_once_t key_made = PTHREAD_ONCE_INIT;

static void box_free(lua_box *b) {
    if (!b) return;
    free(b->image.bytes);
    lua_box_close(b);
    free(b);
}

static void drop(void *mine) {
    kept *k = mine;
    for (int i = 0; k && i < KEPT_MOST; i++) box_free(k->box[i]);
    free(k);
}

static void key_make(void) {
    if (pthread_key_create(&key, drop) != 0) abort();
}

/* Key destructors do not run for the thread that leaves main. */
__attribute__((destructor)) static void drop_of_main(void) {
    pthread_once(&key_made, key_make);
    drop(pthread_getspecific(key));
    pthread_setspecific(key, NULL);
}

static lua_box **place_of(uint64_t number) {
    pthread_once(&key_made, key_make);
    kept *k = pthread_getspecific(key);
    if (!k && pthread_setspecific(key, k = xcalloc(1, sizeof *k)) != 0) abort();
    return &k->box[number % KEPT_MOST];
}

static void image_make(lua_box *b) {
    if (!b->block || b->block->older) return;
    size_t n = b->block->used;
    b->image = (box_image){xmalloc(n), n, b->asked, b->longest, b->second, b->steps, b->last};
    memcpy(b->image.bytes, lua_box_data(b->block), n);
}

static void image_restore(lua_box *b) {
    const box_image *x = &b->image;
    while (b->block->older) {
        struct box_block *newest = b->block;
        b->block = newest->older;
        free(newest);
    }
    memcpy(lua_box_data(b->block), x->bytes, x->used);
    b->block->used = x->used;
    b->asked = x->asked;
    b->longest = x->longest;
    b->second = x->second;
    b->steps = x->steps;
    b->last = x->last;
    b->rule = NULL;
    b->check = NULL;
    arena_reset(b->scratch);
}

lua_box *lua_box_take(const lua_code *code, const char **wrong) {
    lua_box **place = place_of(code->number), *b = *place;
    *wrong = NULL;
    if (b && b->number == code->number) {
        *place = NULL;
        b->code = code;
        lua_box_enter(b);
        return b;
    }
    b = xmalloc(sizeof *b);
    lua_box_open(b, code->parts);
    *wrong = lua_box_run(b, code);
    if (!*wrong) image_make(b);
    return b;
}

void lua_box_give(lua_box *b) {
    lua_box **place = place_of(b->number);
    if (!b->image.bytes) {
        box_free(b);
        return;
    }
    image_restore(b);
    lua_box_leave(b);
    box_free(*place);
    *place = b;
}
