/* rules_bench.c: what checking one persona costs: all rules of a population over 4 KB of text that breaks none
 * of them, in microseconds a persona; then without each kind in turn, which shows where the time goes.
 *
 *     rules_bench [POPULATION]      tests/bench/rules.yaml unless given; its text fields get the text of this
 * file
 */
#include "tests/bench/calibrate.h"
#include "validators/validators.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMES = 4000, ROUNDS = 5 };

static const char *const life =
    "Ada is 14 years old and lives in the town of Northwick, where her age is 14 and her town is Northwick, as "
    "she says when "
    "somebody asks. The house stands behind the mill, and in the mornings she hears the water before she hears "
    "the bus. Her "
    "mother works at the post office, her father repairs boats, and a lodger has the room under the roof. She "
    "gets up at "
    "six, feeds the hens, and takes the long way along the river because the short one has a dog that does not "
    "like her. In "
    "the winter she skates on the pond with two others from the street. On Sundays there is soup, and "
    "afterwards somebody "
    "always falls asleep over the newspaper. She keeps a box with keys that she found and a list of the doors "
    "they might "
    "fit. So far none did, but the list is longer than the box is full, and she does not mind that at all.";
static const char *const learning = "At school mathematics comes easily to her, and art is the lesson for "
                                    "which she comes early; physics is slow work, and in "
                                    "music she moves her lips and hopes. She sits at the window in the third "
                                    "row. Homework is done at the kitchen table "
                                    "between five and six, with the radio on, and what is not done by then is "
                                    "done on the bus. She asks why more often than "
                                    "her teachers would like and writes the answers on the inside of the "
                                    "cover. When a test goes wrong she puts it in the "
                                    "drawer with the string and takes it out again in the holidays. Last "
                                    "spring she drew the whole street, house by house, "
                                    "and sold the drawing to the baker for a week of bread. A project about "
                                    "bridges kept her busy for a month; two of them "
                                    "held the weight of a dictionary, and the third one did not. She would "
                                    "like to see a real one being built some day.";
static const char *const values =
    "Her honesty is medium: she says what she saw, if she is asked twice. Her diligence is medium, as the "
    "kitchen clock could "
    "tell. Kindness is medium with her, more towards animals than towards boys. Courage is medium; the dog "
    "decides that. Her "
    "fluency is medium, since she thinks first and then forgets to speak. Patience is medium, long with hens "
    "and short with "
    "buses. Humour is medium and dry, and it comes late in the evening. Overall she is somebody who goes on "
    "with a thing "
    "when nobody looks. She shares bread without being told and keeps the better half only on Mondays. When a "
    "rule seems "
    "wrong to her she follows it and complains. When it seems right she follows it and forgets that it is one. "
    "What she "
    "cannot stand is a promise that is taken back, and she has not taken back many of her own so far.";
static const char *const friends =
    "There are two friends, Mina from the mill and a cousin who is a year older and knows all the trains. With "
    "Mina she "
    "builds things, with the cousin she goes to the station and counts the waggons. The neighbour on the left "
    "has a piano and "
    "lets them in when it rains. They quarrel about maps, about whose turn it is and about the name of the "
    "boat, and it is "
    "mostly over by supper. In the class she is known for her drawings, and somebody always wants a horse. She "
    "does not go to "
    "parties if she can help it; when she goes, she helps in the kitchen and is home by nine. In summer the "
    "three of them "
    "sleep in the hay above the hens and talk until it is light. Once they walked as far as the sea, which "
    "took two days, "
    "and came back by bus with sand in all their pockets and one shoe less than before.";

typedef struct bench {
    population *p;
    rules *r;
    plan *plan;
    record rec;
    arena *mem;
} bench;

/* The population without rules of one kind (NULL: all there are). */
static bool bench_open(bench *b, const char *path, const char *without) {
    diags d;
    err e = {0};
    memset(b, 0, sizeof *b);
    diags_init(&d);
    b->mem = arena_new(0);
    b->p = population_load(path, NULL, 0, &d);
    uint32_t kept = 0;
    for (uint32_t i = 0; b->p && i < b->p->rules; i++)
        if (!without || !str_is(b->p->rule[i].kind, without)) b->p->rule[kept++] = b->p->rule[i];
    if (b->p) b->p->rules = kept;
    b->r = b->p ? rules_compile(b->p, &d) : NULL;
    bool fine = b->r && population_finish(b->p, &d);
    if (fine) b->plan = plan_make(b->p, 64, 1, &d);
    if (b->plan) record_init(&b->rec, b->p, b->mem);
    fine = b->plan && draw_skeleton(b->plan, 7, 0, &b->rec, &e);
    if (!fine) fprintf(stderr, "%s: %s\n", path, d.n ? str_z(b->mem, d.row[0].text) : e.text);
    diags_free(&d);
    return fine;
}

static void bench_close(bench *b) {
    rules_free(b->r);
    plan_free(b->plan);
    population_free(b->p);
    arena_free(b->mem);
}

static size_t fill(bench *b) {
    const char *const text[] = {life, learning, values, friends};
    size_t bytes = 0, n = 0;
    for (uint32_t i = b->p->drawn_nodes; i < b->p->nodes; i++) {
        const node *f = &b->p->node[i];
        if (f->kind != K_TEXT || f->is_list || f->within != NO_LEAF) continue;
        str s = str_of(text[n++ % COUNT_OF(text)]);
        b->rec.value[f->leaf] = (value){.kind = V_TEXT, .text = s};
        bytes += s.n;
    }
    return bytes;
}

/* The best of several rounds, microseconds a persona. */
static double time_of(const bench *b, arena *mem, size_t *found) {
    double best = 0;
    for (int k = 0; k < ROUNDS; k++) {
        double start = own_seconds();
        for (int i = 0; i < TIMES / ROUNDS; i++) {
            findings f;
            arena_reset(mem);
            findings_init(&f, mem);
            rules_check_all(b->r, &b->rec, mem, &f);
            *found = f.n;
            if (!i && !k) {
                buf shown = {0};
                findings_print(&f, b->p, NO_FACET, &shown);
                if (shown.n) fprintf(stderr, STR_FMT, STR_ARG(buf_view(&shown)));
                buf_free(&shown);
            }
        }
        double us = (own_seconds() - start) * 1e6 / (TIMES / ROUNDS);
        if (!k || us < best) best = us;
    }
    return best;
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "tests/bench/rules.yaml";
    arena *mem = arena_new(1 << 20);
    bench b;
    size_t found;
    if (!bench_open(&b, path, NULL)) return 1;
    size_t bytes = fill(&b), count = rules_count(b.r);
    double all = time_of(&b, mem, &found);
    printf("%zu rules over %zu bytes: %.1f us a persona, %zu findings\n", count, bytes, all, found);
    bench_close(&b);
    for (const rule_kind *const *k = rule_table; *k; k++) {
        if (!bench_open(&b, path, (*k)->name)) return 1;
        fill(&b);
        size_t fewer = count - rules_count(b.r);
        if (fewer) printf("  %-10s %2zu rules: %5.1f us\n", (*k)->name, fewer, all - time_of(&b, mem, &found));
        bench_close(&b);
    }
    calibrate_print();
    arena_free(mem);
    return 0;
}
