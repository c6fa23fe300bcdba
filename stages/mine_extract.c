/* mine_extract.c: what each pair of question and answer shows about the person who asks: paths of attributes
 * below the first-level categories. At the end the paths become one tree; names that fold to the same are one
 * node from the start, under the spelling that came first. An answer that says "no" and names attributes all
 * the same counts as "partly".
 */
#include "stages/mine_parts.h"

#include <stdlib.h>
#include <string.h>

enum { PATHS_MOST = 12 };

typedef struct found_path {
    uint32_t category;
    str name[MINE_LEVELS - 1];
    uint32_t n;
} found_path;

typedef struct pair {
    char *question, *answer; /* malloc'ed, until its answer is there */
    found_path *path;
    uint32_t paths;
    char personal; /* 'y', 'p', 'n'; 0: not answered */
} pair;

/* ---- records ----------------------------------------------------------------------------------------------
 */

static char *text_kept(str s) {
    buf room = {0};
    s = mine_cut(str_trim(s), MINE_TEXT_BYTES, &room);
    char *z = xmalloc(s.n + 1);
    memcpy(z, s.n ? s.p : "", s.n);
    z[s.n] = '\0';
    buf_free(&room);
    return z;
}

static void pair_add(miner *m, str question, str answer_text) {
    pair *p = arena_new_of(m->batch, pair, 1);
    p->question = text_kept(question);
    p->answer = text_kept(answer_text);
    mine_task_add(m, p);
    m->stats.pairs++;
}

/* A string, or the first text of a list of parts. */
static str content_of(const json *turn, const char *key) {
    const json *c = json_get(turn, key);
    if (c && c->kind == JSON_ARRAY)
        for (uint32_t i = 0; i < c->n; i++)
            if (json_str(&c->item[i], "text").n) return json_str(&c->item[i], "text");
    return json_str(turn, key);
}

static bool one_of(str s, const char *const *words) {
    for (; *words; words++)
        if (str_is(s, *words)) return true;
    return false;
}

static uint32_t turns_take(miner *m, const json *turns, const char *role, const char *text, uint32_t most) {
    static const char *const asks[] = {"user", "human", NULL}, *const answers[] = {"assistant", "gpt", "model",
                                                                                   NULL};
    str question = {0};
    uint32_t n = 0;
    for (uint32_t i = 0; turns->kind == JSON_ARRAY && i < turns->n && n < most; i++) {
        const json *turn = &turns->item[i];
        str who = json_str(turn, role), said = str_trim(content_of(turn, text));
        if (one_of(who, asks)) question = said;
        if (!one_of(who, answers) || !question.n || !said.n) continue;
        pair_add(m, question, said);
        question = (str){0};
        n++;
    }
    return n;
}

uint32_t mine_record(miner *m, const json *said, uint32_t most) {
    static const char *const two[][2] = {
        {"prompt", "response"}, {"instruction", "output"}, {"question", "answer"}, {"prompt", "completion"}};
    if (m->stage || m->last || !most) return 0;
    const json *turns = json_get(said, "messages");
    if (turns) return turns_take(m, turns, "role", "content", most);
    turns = json_get(said, "conversations");
    if (turns) return turns_take(m, turns, "from", "value", most);
    for (size_t i = 0; i < COUNT_OF(two); i++) {
        str q = str_trim(json_str(said, two[i][0])), a = str_trim(json_str(said, two[i][1]));
        if (!q.n || !a.n) continue;
        pair_add(m, q, a);
        return 1;
    }
    return 0;
}

/* ---- what is asked ----------------------------------------------------------------------------------------
 */

static void compose(const miner *m, const mine_task *k, buf *system, buf *user) {
    const pair *p = k->item;
    buf_z(
        system,
        "You read one question and its answer, and name the attributes of the person who asks that a good "
        "answer depends on: what one would want to know of anybody who asks such a thing.\n"
        "\"personal\" is \"yes\" if a good answer depends on who asks: on health, means, family, taste, skill "
        "or beliefs; \"partly\" if some of it does; \"no\" for facts and sums, which are the same for "
        "everybody.\n"
        "An attribute is a general category that every person has a value of; never the value, a place, a "
        "brand or a number: \"Way of Eating\", not \"vegan\"; \"Joint Health\", not \"knee\".\n"
        "Write each as the category it belongs to and a path below it of one to three names, from the "
        "general to the particular.\n"
        "\"How high is Mont Blanc?\": personal is \"no\", attributes is an empty list.\n"
        "\"What should I eat before a race?\": personal is \"yes\", with paths such as [\"Nutrition\", "
        "\"Restrictions\"] and [\"Sport\", \"Level\"].\n"
        "Answer with one JSON object.\n"
        "- \"attributes\" (list of 1 to 4 objects)\n- \"attributes.path\" (list of 1 to 3, each: text, 1 to "
        "3 words)\n"
        "Categories: ");
    for (uint32_t i = 0; i < m->categories; i++)
        buf_printf(system, "%s" STR_FMT, i ? "; " : "", STR_ARG(m->category[i]));
    buf_printf(user, "Question:\n%s\n\nAnswer:\n%s\n", p->question, p->answer);
}

static void schema(const miner *m, const mine_task *k, bool bounded, buf *out) {
    (void)k;
    buf_z(out,
          "{\"type\":\"object\",\"properties\":{\"personal\":{\"type\":\"string\",\"enum\":[\"no\",\"partly\","
          "\"yes\"]},\"attributes\":{\"type\":\"array\",");
    if (bounded) buf_printf(out, "\"maxItems\":%d,", PATHS_MOST);
    buf_z(out, "\"items\":{\"type\":\"object\",\"properties\":{\"category\":");
    mine_enum(out, m->category, m->categories);
    buf_z(out, ",\"path\":{\"type\":\"array\",");
    if (bounded) buf_printf(out, "\"minItems\":1,\"maxItems\":%d,", MINE_LEVELS - 1);
    buf_z(out, "\"items\":");
    mine_string(out, bounded, MINE_NAME_CHARS);
    buf_z(out, "}},\"required\":[\"category\",\"path\"],\"additionalProperties\":false}}},\"required\":"
               "[\"personal\",\"attributes\"],\"additionalProperties\":false}");
}

/* ---- answers ----------------------------------------------------------------------------------------------
 */

static uint32_t category_of(const miner *m, str name) {
    arena *mem = arena_new(0);
    str fold = taxon_fold(mem, name);
    uint32_t found = m->categories;
    for (uint32_t i = 0; i < m->categories && found == m->categories; i++)
        if (str_eq(taxon_fold(mem, m->category[i]), fold)) found = i;
    arena_free(mem);
    return found;
}

/* false: no name, so the path ends before it. */
static bool path_add(miner *m, str part, found_path *out) {
    str name;
    if (out->n == COUNT_OF(out->name) || !mine_name(m->batch, part, &name)) return false;
    if (out->n || category_of(m, name) != out->category) out->name[out->n++] = name;
    return true;
}

/* A list of names, or a text such as "Diet.Allergies", "Diet > Allergies" or "Diet/Allergies", where the server
 * does not hold the model to the schema; perhaps with the category before it. */
static bool path_read(miner *m, const json *said, found_path *out) {
    const json *path = json_get(said, "path");
    out->category = category_of(m, json_str(said, "category"));
    if (out->category == m->categories || !path) return false;
    for (uint32_t i = 0; path->kind == JSON_ARRAY && i < path->n; i++)
        if (path->item[i].kind != JSON_STRING || !path_add(m, path->item[i].text, out)) break;
    str rest = path->kind == JSON_STRING ? path->text : (str){0};
    for (size_t from = 0, i = 0; rest.n && i <= rest.n; i++) {
        if (i < rest.n && rest.p[i] != '.' && rest.p[i] != '>' && rest.p[i] != '/') continue;
        if (!path_add(m, str_part(rest, from, i), out)) break;
        from = i + 1;
    }
    return out->n > 0;
}

static void texts_drop(pair *p) {
    free(p->question);
    free(p->answer);
    p->question = p->answer = NULL;
}

/* Its first letter; 0: none of the three words. */
static char personal_of(str said) {
    static const char *const words[] = {"no", "partly", "yes"};
    arena *mem = arena_new(0);
    str folded = text_fold(mem, str_trim(said));
    char found = '\0';
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_is(folded, words[i])) found = words[i][0];
    arena_free(mem);
    return found;
}

static bool take(miner *m, mine_task *k, const json *object) {
    pair *p = k->item;
    str personal = json_str(object, "personal");
    const json *list = json_get(object, "attributes");
    if (!list || list->kind != JSON_ARRAY || !(p->personal = personal_of(personal))) return false;
    found_path path[PATHS_MOST];
    p->paths = 0;
    for (uint32_t i = 0; i < list->n && p->paths < PATHS_MOST; i++) {
        path[p->paths] = (found_path){0};
        p->paths += path_read(m, &list->item[i], &path[p->paths]);
    }
    /* small models call nearly everything "no", and name attributes that fit: these are the better evidence */
    if (p->personal == 'n' && p->paths) p->personal = 'p';
    p->path = arena_dup(m->batch, path, p->paths * sizeof *path);
    texts_drop(p);
    return true;
}

/* ---- the tree ---------------------------------------------------------------------------------------------
 */

typedef struct planting {
    miner *m;
    arena *mem;
    strmap *known; /* folded path -> node */
} planting;

static void plant(planting *s, const found_path *f) {
    taxon *x = s->m->tree->root->first;
    for (uint32_t i = 0; i < f->category; i++) x = x->next;
    str key = str_printf(s->mem, "%u", f->category);
    for (uint32_t i = 0; i < f->n; i++) {
        str fold = taxon_fold(s->mem, f->name[i]);
        key = str_printf(s->mem, STR_FMT "\n" STR_FMT, STR_ARG(key), STR_ARG(fold));
        taxon *below = strmap_get(s->known, key);
        if (!below) {
            below = taxon_add(s->m->tree, x, f->name[i]);
            strmap_put(s->known, key, below);
        }
        x = below;
    }
    s->m->stats.paths++;
}

static bool end(miner *m) {
    planting s = {.m = m, .mem = arena_new(0), .known = strmap_new(1024)};
    for (size_t i = 0; i < m->tasks; i++) {
        pair *p = m->task[i].item;
        texts_drop(p);
        if (!m->task[i].answered) continue;
        m->stats.personal += p->personal == 'y';
        m->stats.partly += p->personal == 'p';
        m->stats.none += p->personal == 'n';
        for (uint32_t k = 0; k < p->paths; k++) plant(&s, &p->path[k]);
    }
    strmap_free(s.known);
    arena_free(s.mem);
    taxonomy_count(m->tree);
    return false;
}

void mine_pairs_drop(miner *m) {
    for (size_t i = 0; m->stage == 0 && i < m->tasks; i++) texts_drop(m->task[i].item);
}

const mine_stage mine_extract = {.name = "extract",
                                 .max_tokens = 500,
                                 .temperature_milli = 200,
                                 .compose = compose,
                                 .schema = schema,
                                 .take = take,
                                 .end = end};
