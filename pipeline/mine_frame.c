/* mine_frame.c: what mining is begun with, frozen in its directory, so that it goes on with the same or not at
 * all.
 *
 *     DIR/mine.json    {"mine":1,"seed":1,"pairs":0,"categories":["..."]}, created once, compared byte for byte
 *
 * It is published whole before anything is asked: a crash leaves none, and then no reply either.
 */
#include <stdio.h>
#include <unistd.h>
#include "pipeline/pipeline.h"
#include "pipeline/taxon_open.h"

static void frame_json(const pop_taxonomy_mine_options *o, buf *b) {
    buf_printf(b, "{\"mine\":1,\"seed\":%llu,\"pairs\":%llu,\"categories\":[", (unsigned long long)o->seed,
               (unsigned long long)o->pairs);
    for (size_t i = 0; i < o->categories; i++) {
        if (i) buf_char(b, ',');
        buf_json(b, str_of(o->category[i]));
    }
    buf_z(b, "]}\n");
}

bool mine_frame_fits(const pop_taxonomy_mine_options *o, err *e) {
    if (o->categories > MINE_CATEGORIES)
        return err_set(e, ERR_USAGE, NULL, "%zu categories: at most %d", o->categories, MINE_CATEGORIES);
    arena *mem = arena_new(0);
    strmap *seen = strmap_new(MINE_CATEGORIES);
    bool ok = true;
    for (size_t i = 0; ok && i < o->categories; i++) {
        str s = str_of(o->category[i]);
        if (!str_trim(s).n || !text_valid(s) || text_measure(s, mem).chars > 60)
            ok = err_set(e, ERR_USAGE, "a few words, as `Body and Health`",
                         "--category \"%s\" is no name of a category", o->category[i]);
        else if (strmap_put(seen, taxon_fold(mem, s), mem))
            ok = err_set(e, ERR_USAGE, NULL, "--category %s stands twice", o->category[i]);
    }
    strmap_free(seen);
    arena_free(mem);
    return ok;
}

bool mine_frame_open(const pop_taxonomy_mine_options *o, err *e) {
    char path[4200];
    buf want = {0}, has = {0};
    snprintf(path, sizeof path, "%s/mine.json", o->dir);
    frame_json(o, &want);
    bool there = access(path, F_OK) == 0, ok;
    if (!there) {
        snprintf(path, sizeof path, "%s/replies", o->dir);
        ok =
            !file_dir_holds(path) || err_set(e, ERR_MISMATCH, "name another directory with -o",
                                             "%s has replies, but not of mining: mine.json is missing", o->dir);
        ok = ok && file_publish(o->dir, "mine.json", buf_view(&want), e);
    } else {
        ok = file_read(path, 1 << 20, &has, e) &&
             (str_eq(buf_view(&want), buf_view(&has)) ||
              err_set(e, ERR_MISMATCH, "take the same --category, --pairs and --seed, or another directory",
                      "%s was begun otherwise", o->dir));
    }
    buf_free(&want);
    buf_free(&has);
    return ok;
}
