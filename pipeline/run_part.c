/* run_part.c: what a run may be: how large, and how it is extended. No files here (run_json.c).
 *
 * An extension adds a part: slots behind those that there are. The plan of them all has the same cells and
 * skeletons for the slots of before (plan_extend), so nothing of what was made changes; what stayed open gets
 * all passes once more, among the new ones. The lag is set by how many slots the part adds, as that is how long
 * its first pass is.
 */
#include "pipeline/pipeline.h"

bool run_fits(const run_json *r, err *e) {
    if (r->n > RUN_SLOTS_MOST)
        return err_set(e, ERR_USAGE, NULL, "-n %llu: at most %llu", (unsigned long long)r->n,
                       (unsigned long long)RUN_SLOTS_MOST);
    /* a reply is kept under slot, attempt, step and round, in 64 bits */
    uint64_t each = (uint64_t)r->attempts * ((uint64_t)r->passes + 1);
    if (each > RUN_ATTEMPTS_MOST)
        return err_set(e, ERR_USAGE, "lower limits.attempts or --passes",
                       "%u attempts in each of %llu passes: a slot can have at most %u", r->attempts,
                       (unsigned long long)r->passes + 1, RUN_ATTEMPTS_MOST);
    if (each * r->parts > RUN_ATTEMPTS_MOST)
        return err_set(e, ERR_USAGE, "begin a new directory; larger steps need fewer extensions",
                       "extended %u times, a slot could have %llu attempts: at most %u", r->parts - 1,
                       (unsigned long long)(each * r->parts), RUN_ATTEMPTS_MOST);
    return run_lag(r) <= RUN_SLOTS_MOST ||
           err_set(e, ERR_USAGE, NULL, "--lag %llu: at most %llu", (unsigned long long)run_lag(r),
                   (unsigned long long)RUN_SLOTS_MOST);
}

bool run_add_part(run_json *r, const char *dir, uint64_t n, uint64_t lag, bool *added, err *e) {
    *added = r->parts == 1 || n != r->n;
    if (!*added) return true;
    if (n <= r->n)
        return err_set(e, ERR_USAGE, "name the new total, with those that there are",
                       "--extend %llu: %s is a run of %llu personas", (unsigned long long)n, dir,
                       (unsigned long long)r->n);
    if (r->parts == RUN_PARTS_MOST)
        return err_set(e, ERR_USAGE, "begin a new directory; larger steps need fewer extensions",
                       "--extend %llu: %s was extended %u times, at most so many are kept",
                       (unsigned long long)n, dir, r->parts - 1);
    r->part[r->parts++] = (run_part){.n = n, .lag = lag ? lag : run_default_lag(n - r->n)};
    r->n = n;
    return run_fits(r, e);
}
