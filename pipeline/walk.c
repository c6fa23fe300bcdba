/* walk.c: every accepted persona of a run directory in order, sealed ones from the shards, then those the
 * ledger still holds. A run may be working in it: what is listed is whole, and sealed files never change.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "pipeline/walk.h"

static bool shards_walk(const char *dir, const shard_info *list, size_t n, walk_each each, void *arg, bool *go,
                        err *e) {
    char path[4200];
    snprintf(path, sizeof path, "%s/shards", dir);
    for (size_t i = 0; i < n && *go; i++) {
        shard *s = shard_open(path, list[i].index, e);
        if (!s) return false;
        for (uint64_t k = 0; k < shard_rows(s) && *go; k++) {
            str row;
            if (!shard_row(s, k, &row, e)) {
                shard_close(s);
                return false;
            }
            *go = each(arg, row);
        }
        shard_close(s);
    }
    return true;
}

typedef struct row_arg {
    walk_each each;
    void *arg;
} row_arg;

static bool ledger_row_each(void *arg, const ledger_row *row) {
    row_arg *a = arg;
    return a->each(a->arg, row->row);
}

bool walk_rows(const char *dir, walk_each each, void *arg, err *e) {
    /* one read transaction: the list of shards and the unsealed rows belong together */
    ledger *l = ledger_read_only(dir, e);
    if (!l) return false;
    arena *mem = arena_new(0);
    shard_info *list;
    size_t n;
    bool go = true;
    bool ok = ledger_snapshot(l, e) && ledger_shards(l, mem, &list, &n, e) &&
              shards_walk(dir, list, n, each, arg, &go, e);
    row_arg a = {each, arg};
    if (ok && go) ok = ledger_each_row(l, ledger_row_each, &a, e);
    arena_free(mem);
    ledger_close(l);
    return ok;
}
