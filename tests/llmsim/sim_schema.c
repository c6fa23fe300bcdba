/* sim_schema.c: a JSON value for any schema: object (all properties, in order), array, string, number, integer,
 * boolean, null, enum, const, anyOf and oneOf (first branch), $ref into the document, the bounds of each. What
 * the schema leaves open (limits of texts, lengths of lists) is taken from the field lines of the prompt.
 *
 * Without a schema the field lines alone give the object: a line is a property, indented lines below a list or
 * a section are the properties of its objects.
 */
#include "tests/llmsim/llmsim.h"

#include <string.h>

#define DEEPEST    40u
#define PATH_BYTES 400u

/* Where in the value we are. */
typedef struct place {
    char path[PATH_BYTES];
    size_t n;
    size_t name_at, name_n; /* the last name that is not a number */
    uint32_t item;          /* of the innermost list, from 0 */
    uint32_t depth;
    sim_fault fault; /* that strikes here */
} place;

typedef struct filler {
    const schema_task *task;
    buf *out;
} filler;

static void fill(filler *f, const json *schema, place *at);

static str place_path(const place *at) {
    return (str){at->path, at->n};
}

static str place_name(const place *at) {
    return (str){at->path + at->name_at, at->name_n};
}

static place place_below(const place *at, str name, bool is_item) {
    place b = *at;
    if (b.n + name.n + 2 > PATH_BYTES) return b;
    if (b.n) b.path[b.n++] = '.';
    if (!is_item) b.name_at = b.n, b.name_n = name.n;
    memcpy(b.path + b.n, name.p, name.n);
    b.n += name.n;
    b.depth++;
    return b;
}

static uint64_t place_key(const filler *f, const place *at, uint64_t salt) {
    return hash_64(place_path(at), f->task->key ^ salt);
}

/* ---- leaves --------------------------------------------------------------------------------- */

static void put_text(filler *f, const field_line *line, const place *at, uint32_t min_chars,
                     uint32_t max_chars) {
    const schema_task *t = f->task;
    text_task task = {.prompt = t->prompt,
                      .line = line,
                      .path = place_path(at),
                      .name = place_name(at),
                      .min_chars = min_chars,
                      .max_chars = max_chars,
                      .fault = at->fault};
    task.fact_key = place_key(f, at, 0);
    task.key = t->voice ? hash_64(place_path(at), t->voice) : task.fact_key;
    buf_reset(f->task->scratch);
    sim_text_write(&task, f->task->scratch);
    sim_json_text(f->out, buf_view(f->task->scratch));
}

static uint32_t bound_u32(const json *schema, const char *key) {
    int64_t v;
    return json_i64(schema, key, &v) && v > 0 ? (uint32_t)(v < 1000000 ? v : 1000000) : 0;
}

/* A day in "2023-01-01 to 2025-06-30" by year, else in recent years. */
static void put_date(filler *f, str days, const place *at) {
    int64_t from = 2001, to = 2020;
    if (days.n >= 10) (void)str_i64(str_part(days, 0, 4), &from);
    if (days.n >= 24) (void)str_i64(str_part(days, days.n - 10, days.n - 6), &to);
    if (to < from) to = from;
    uint64_t key = place_key(f, at, 1);
    bool inner = to - from > 1; /* a whole year inside the span; else its first day */
    int64_t year = inner ? from + 1 + (int64_t)rng_below(key, (uint64_t)(to - from - 1)) : from;
    if (!inner && days.n >= 10) {
        buf_json(f->out, str_part(days, 0, 10));
        return;
    }
    buf_printf(f->out, "\"%04d-%02d-%02d\"", (int)year, 1 + (int)rng_below(key << 7, 12),
               1 + (int)rng_below(key << 13, 28));
}

static void put_string(filler *f, const json *schema, const place *at) {
    const field_line *line = sim_prompt_field(f->task->prompt, place_path(at));
    str format = json_str(schema, "format");
    if ((line && line->kind == FIELD_DATE) || str_is(format, "date")) {
        put_date(f, line && line->kind == FIELD_DATE ? line->options : (str){NULL, 0}, at);
        return;
    }
    put_text(f, line, at, bound_u32(schema, "minLength"), bound_u32(schema, "maxLength"));
}

static bool bound_dec(const json *schema, const char *key, dec *d) {
    const json *v = json_get(schema, key);
    return v && v->kind == JSON_NUMBER && dec_parse(v->text, d);
}

static int64_t scaled(dec d, uint8_t places) {
    int64_t m = d.m;
    for (uint8_t p = d.places; p < places; p++) m *= 10;
    return m;
}

static uint8_t most_places(dec a, dec b, dec c) {
    uint8_t n = a.places > b.places ? a.places : b.places;
    return n > c.places ? n : c.places;
}

static dec dec_sum(dec a, dec b, int sign) {
    uint8_t places = most_places(a, b, a);
    return (dec){scaled(a, places) + sign * scaled(b, places), places};
}

static void put_number_in(filler *f, const place *at, dec lo, dec hi, dec step) {
    uint8_t places = most_places(lo, hi, step);
    int64_t first = scaled(lo, places), last = scaled(hi, places), by = scaled(step, places);
    if (by <= 0) by = 1;
    int64_t offset = first % by;
    if (offset) first += offset > 0 ? by - offset : -offset;
    uint64_t steps = last >= first ? (uint64_t)(last - first) / (uint64_t)by + 1 : 1;
    dec_print(f->out, first + by * (int64_t)rng_below(place_key(f, at, 2), steps), places);
}

static void put_number(filler *f, const json *schema, const field_line *line, const place *at) {
    dec lo = {0, 0}, hi = {100, 0}, step = {1, 0}, one = {1, 0};
    bool has_lo = line && line->kind == FIELD_NUMBER && line->has_lo,
         has_hi = line && line->kind == FIELD_NUMBER && line->has_hi;
    if (has_lo) lo = line->lo;
    if (has_hi) hi = line->hi;
    if (line && line->step.m > 0) step = line->step;
    has_lo |= bound_dec(schema, "minimum", &lo);
    has_hi |= bound_dec(schema, "maximum", &hi);
    (void)bound_dec(schema, "multipleOf", &step);
    dec open;
    if (bound_dec(schema, "exclusiveMinimum", &open)) lo = dec_sum(open, step, 1), has_lo = true;
    if (bound_dec(schema, "exclusiveMaximum", &open)) hi = dec_sum(open, step, -1), has_hi = true;
    if (has_lo && !has_hi) hi = (dec){lo.m + 100 * scaled(one, lo.places), lo.places};
    if (has_hi && !has_lo && dec_double(hi) < 0) lo = (dec){hi.m - 100 * scaled(one, hi.places), hi.places};
    put_number_in(f, at, lo, hi, step);
}

/* The item-th of n options, all different while item < n. */
static uint32_t pick_option(const filler *f, const place *at, uint32_t n) {
    uint64_t list = hash_64(place_name(at), f->task->key ^ 3);
    return (uint32_t)rng_permute(list, at->item % n, n);
}

static void put_option(filler *f, str options, const place *at) {
    str each[64], rest;
    uint32_t n = 0;
    for (bool more = true; more && n < COUNT_OF(each); options = rest) {
        more = str_cut(options, '|', &each[n], &rest);
        if (!more) each[n] = options;
        each[n] = str_trim(each[n]);
        n++;
    }
    buf_json(f->out, each[pick_option(f, at, n)]);
}

static void put_wrong_type(filler *f, const json *schema) {
    str type = json_str(schema, "type");
    buf_z(f->out, str_is(type, "string") ? "7" : str_is(type, "array") ? "\"none\"" : "[\"none\"]");
}

/* ---- arrays and objects --------------------------------------------------------------------- */

static uint32_t list_length(const filler *f, const json *schema, const json *items, const field_line *line,
                            const place *at) {
    uint32_t lo = bound_u32(schema, "minItems"), hi = bound_u32(schema, "maxItems");
    if (line && line->is_list) {
        if (line->list.lo > lo) lo = line->list.lo;
        if (line->list.hi && (hi == 0 || line->list.hi < hi)) hi = line->list.hi;
    }
    bool bounded = json_get(schema, "maxItems") || (line && line->is_list);
    if (!bounded) hi = lo > 3 ? lo : 3;
    if (hi < lo) hi = lo;
    if (!bounded && lo < 2) lo = 2;
    const json *options = json_get(items, "enum");
    if (options && options->n < hi) hi = options->n;
    if (lo > hi) lo = hi;
    return lo + (uint32_t)rng_below(place_key(f, at, 4), hi - lo + 1);
}

static void fill_array(filler *f, const json *schema, const place *at) {
    static const json ANY = {.kind = JSON_OBJECT};
    const json *items = json_get(schema, "items");
    if (!items) items = &ANY;
    uint32_t n = list_length(f, schema, items, sim_prompt_field(f->task->prompt, place_path(at)), at);
    buf_char(f->out, '[');
    for (uint32_t i = 0; i < n; i++) {
        char digits[12];
        size_t len = 0;
        for (uint32_t v = i + 1; v || len == 0; v /= 10) digits[11 - ++len] = (char)('0' + v % 10);
        place below = place_below(at, (str){digits + 11 - len, len}, true);
        below.item = i;
        if (i) buf_char(f->out, ',');
        fill(f, items, &below);
    }
    buf_char(f->out, ']');
}

static bool is_plain_text(const json *schema) {
    return str_is(json_str(schema, "type"), "string") && !json_get(schema, "enum");
}

/* Which property of the top object a fault strikes: a text where there is one. */
static uint32_t pick_victim(const filler *f, const json *properties) {
    uint64_t key = rng_u64(f->task->key, 5, 0, 0, 0);
    uint32_t texts = 0;
    for (uint32_t i = 0; i < properties->n; i++) texts += is_plain_text(&properties->member[i].value);
    if (texts == 0) return (uint32_t)rng_below(key, properties->n);
    uint32_t skip = (uint32_t)rng_below(key, texts);
    for (uint32_t i = 0; i < properties->n; i++) {
        if (is_plain_text(&properties->member[i].value) && skip-- == 0) return i;
    }
    return 0;
}

/* "event.2.story" part by part. */
static place place_of_path(const place *top, str path) {
    place at = *top;
    str part, rest;
    for (bool more = true; more; path = rest) {
        more = str_cut(path, '.', &part, &rest);
        if (!more) part = path;
        at = place_below(&at, part, part.n && (unsigned)(part.p[0] - '0') < 10);
    }
    return at;
}

static bool is_property(const json *properties, str path) {
    for (uint32_t i = 0; properties && properties->kind == JSON_OBJECT && i < properties->n; i++)
        if (str_eq(properties->member[i].key, path)) return true;
    return false;
}

/* Members that the schema leaves open: what is asked for by path. */
static bool is_open(const filler *f, const json *schema, const place *at, uint32_t i, const field_line **line) {
    const prompt *p = f->task->prompt;
    if (at->depth || !str_is(json_str(json_get(schema, "additionalProperties"), "type"), "string"))
        return false;
    *line = &p->fields[p->asked[i]];
    return (*line)->kind == FIELD_TEXT && !is_property(json_get(schema, "properties"), (*line)->path);
}

static void fill_open(filler *f, const json *schema, const place *at, bool first) {
    const prompt *p = f->task->prompt;
    const field_line *line = NULL;
    uint32_t n = 0, seen = 0;
    for (uint32_t i = 0; i < p->n_asked; i++) n += is_open(f, schema, at, i, &line);
    uint32_t victim =
        n && at->fault != SIM_NONE ? (uint32_t)rng_below(rng_u64(f->task->key, 5, 0, 0, 0), n) : n;
    for (uint32_t i = 0; i < p->n_asked; i++) {
        if (!is_open(f, schema, at, i, &line)) continue;
        bool struck = seen++ == victim;
        if (at->fault == SIM_MISSING_KEY && struck) continue;
        place below = place_of_path(at, line->path);
        if (!struck && at->fault != SIM_WRONG_VALUE) below.fault = SIM_NONE;
        if (!first) buf_char(f->out, ',');
        first = false;
        buf_json(f->out, line->path);
        buf_char(f->out, ':');
        if (struck && at->fault == SIM_WRONG_TYPE)
            buf_z(f->out, "7");
        else
            put_text(f, line, &below, 0, 0);
    }
}

static void fill_object(filler *f, const json *schema, const place *at) {
    const json *properties = json_get(schema, "properties");
    uint32_t n = properties && properties->kind == JSON_OBJECT ? properties->n : 0;
    bool top = at->depth == 0 && at->fault != SIM_NONE;
    uint32_t victim = top && n ? pick_victim(f, properties) : UINT32_MAX;
    bool first = true;
    buf_char(f->out, '{');
    for (uint32_t i = 0; i < n; i++) {
        const json_member *m = &properties->member[i];
        if (at->fault == SIM_MISSING_KEY && i == victim) continue;
        place below = place_below(at, m->key, false);
        if (top && i != victim && at->fault != SIM_WRONG_VALUE) below.fault = SIM_NONE;
        if (!first) buf_char(f->out, ',');
        first = false;
        buf_json(f->out, m->key);
        buf_char(f->out, ':');
        if (below.fault == SIM_WRONG_TYPE && top)
            put_wrong_type(f, &m->value);
        else
            fill(f, &m->value, &below);
    }
    fill_open(f, schema, at, first);
    first = first && f->out->p[f->out->n - 1] == '{';
    if (top && at->fault == SIM_EXTRA_KEY)
        buf_z(f->out, first ? "\"remark\":\"none\"" : ",\"remark\":\"none\"");
    buf_char(f->out, '}');
}

/* ---- any schema ----------------------------------------------------------------------------- */

/* The keys of a schema that decide what is written, found in one pass. */
typedef struct shape {
    const json *ref, *branches, *fixed, *options, *properties;
    bool is_array;
    str type;
} shape;

static shape shape_of(const json *schema) {
    shape s = {0};
    for (uint32_t i = 0; schema->kind == JSON_OBJECT && i < schema->n; i++) {
        str key = schema->member[i].key;
        const json *v = &schema->member[i].value;
        if (str_eq(key, STR("type")))
            s.type = v->kind == JSON_ARRAY && v->n ? v->item[0].text : v->text;
        else if (str_eq(key, STR("enum")))
            s.options = v->kind == JSON_ARRAY && v->n ? v : NULL;
        else if (str_eq(key, STR("properties")))
            s.properties = v;
        else if (str_eq(key, STR("items")))
            s.is_array = true;
        else if (str_eq(key, STR("const")))
            s.fixed = v;
        else if (str_eq(key, STR("$ref")))
            s.ref = v;
        else if (str_ends(key, "Of") && v->kind == JSON_ARRAY && v->n)
            s.branches = v; /* anyOf, oneOf, allOf */
    }
    if (s.type.n == 0) s.type = s.properties ? STR("object") : s.is_array ? STR("array") : s.type;
    return s;
}

/* "#/$defs/name"; NULL if it leads nowhere. */
static const json *follow(const filler *f, str ref) {
    const json *v = f->task->root;
    str part, rest = str_part(ref, ref.n > 1 ? 2 : ref.n, ref.n);
    for (bool more = str_starts(ref, "#") && rest.n > 0; more && v; rest = ref) {
        char name[128];
        more = str_cut(rest, '/', &part, &ref);
        if (!more) part = rest;
        if (part.n >= sizeof name) return NULL;
        memcpy(name, part.p, part.n);
        name[part.n] = 0;
        v = json_get(v, name);
    }
    return v == f->task->root && ref.n > 1 ? NULL : v;
}

static bool put_fixed(filler *f, const shape *s, const place *at) {
    if (!s->fixed && !s->options) return false;
    if (at->fault == SIM_WRONG_VALUE)
        buf_str(f->out, STR("\"something else\""));
    else
        json_write(f->out, s->fixed ? s->fixed : &s->options->item[pick_option(f, at, s->options->n)]);
    return true;
}

static void fill(filler *f, const json *schema, place *at) {
    shape s = shape_of(schema);
    if (at->depth > DEEPEST || (s.ref && !follow(f, s.ref->text))) {
        buf_str(f->out, STR("null"));
        return;
    }
    if (s.ref || (s.branches && !s.properties)) {
        place below = *at;
        below.depth += at->depth > 0 || s.ref; /* a schema may lead to itself */
        fill(f, s.ref ? follow(f, s.ref->text) : &s.branches->item[0], &below);
        return;
    }
    if (put_fixed(f, &s, at)) return;
    if (str_eq(s.type, STR("string")))
        put_string(f, schema, at);
    else if (str_eq(s.type, STR("object")))
        fill_object(f, schema, at);
    else if (str_eq(s.type, STR("array")))
        fill_array(f, schema, at);
    else if (str_eq(s.type, STR("number")) || str_eq(s.type, STR("integer")))
        put_number(f, schema, sim_prompt_field(f->task->prompt, place_path(at)), at);
    else if (str_eq(s.type, STR("boolean")))
        buf_z(f->out, place_key(f, at, 6) & 64 ? "true" : "false");
    else if (str_eq(s.type, STR("null")))
        buf_str(f->out, STR("null"));
    else if (at->depth == 0)
        fill_object(f, schema, at);
    else
        put_string(f, schema, at);
}

bool sim_schema_is_judge(const json *schema) {
    const json *p = json_get(schema, "properties");
    return p && p->n == 1 && json_get(p, "findings") != NULL;
}

/* The text value behind a key, which is there. */
static str value_behind(str object, str key) {
    size_t at;
    if (!str_find(object, key, &at)) return (str){0};
    str rest = str_part(object, at + key.n, object.n);
    size_t from = 0, to;
    while (from < rest.n && rest.p[from] != '"') from++;
    for (to = from + 1; to < rest.n && rest.p[to] != '"';) to++;
    return str_part(rest, from + 1, to < rest.n ? to : rest.n);
}

/* The fields that the instructions name for a rule: of a line "R1: text [a, b]" what stands in brackets. */
static str rule_fields(str instructions, str rule) {
    for (size_t at = 0; at < instructions.n;) {
        size_t end = at;
        while (end < instructions.n && instructions.p[end] != '\n') end++;
        str line = str_part(instructions, at, end);
        at = end + 1;
        if (line.n < rule.n + 2 || memcmp(line.p, rule.p, rule.n) != 0 || line.p[rule.n] != ':') continue;
        size_t open = line.n;
        while (open && line.p[open - 1] != '[') open--;
        return open && line.p[line.n - 1] == ']' ? str_part(line, open, line.n - 1) : (str){0};
    }
    return (str){0};
}

static str one_of(str list, uint64_t key) {
    uint64_t n = 1, i = 0;
    for (size_t k = 0; k < list.n; k++) n += list.p[k] == ',';
    size_t from = 0, to = 0;
    for (; i <= key % n; i++) {
        from = to;
        while (to < list.n && list.p[to] != ',') to++;
        if (i < key % n) to++;
    }
    return str_trim(str_part(list, from, to));
}

/* One finding of a judge: the rule from the enum of the schema, the field from those that the instructions name
 * for it, else from the enum too. */
static void fill_finding(filler *f, const json *schema, place *at) {
    const json *items = json_get(json_get(json_get(schema, "properties"), "findings"), "items");
    if (!f->task->judge_objects || !items) {
        buf_str(f->out, STR("{\"findings\":[]}"));
        return;
    }
    place below = place_below(at, STR("findings"), false);
    buf_str(f->out, STR("{\"findings\":["));
    buf one = {0}, *out = f->out;
    f->out = &one;
    fill(f, items, &below);
    f->out = out;
    str made = buf_view(&one), field = value_behind(made, STR("\"field\""));
    str fields = rule_fields(f->task->prompt->instructions, value_behind(made, STR("\"rule\"")));
    if (field.n && fields.n) {
        buf_str(out, str_part(made, 0, (size_t)(field.p - made.p)));
        buf_str(out, one_of(fields, place_key(f, at, 21)));
        buf_str(out, str_part(made, (size_t)(field.p + field.n - made.p), made.n));
    } else {
        buf_str(out, made);
    }
    buf_free(&one);
    buf_str(out, STR("]}"));
}

void sim_schema_fill(const schema_task *t, const json *schema, buf *out) {
    filler f = {.task = t, .out = out};
    place at = {.fault = t->fault};
    bool broken = t->fault == SIM_EXTRA_KEY || t->fault == SIM_MISSING_KEY || t->fault == SIM_WRONG_TYPE;
    if (sim_schema_is_judge(schema) && !broken)
        fill_finding(&f, schema, &at);
    else
        fill(&f, schema, &at);
}

/* ---- without a schema ----------------------------------------------------------------------- */

static void fill_lines(filler *f, uint32_t from, uint32_t to, const place *at);

static void fill_line_value(filler *f, uint32_t i, uint32_t end, const place *at) {
    const field_line *line = &f->task->prompt->fields[i];
    static const json NO_BOUNDS = {.kind = JSON_OBJECT};
    if (end > i + 1) {
        fill_lines(f, i + 1, end, at);
        return;
    }
    switch (line->kind) {
    case FIELD_NUMBER: put_number(f, &NO_BOUNDS, line, at); break;
    case FIELD_FLAG: buf_z(f->out, place_key(f, at, 6) & 64 ? "true" : "false"); break;
    case FIELD_DATE: put_date(f, line->options, at); break;
    case FIELD_CHOICE: put_option(f, line->options, at); break;
    default: put_text(f, line, at, 0, 0); break;
    }
}

static void fill_line(filler *f, uint32_t i, uint32_t end, const place *at) {
    static const json NO_BOUNDS = {.kind = JSON_OBJECT};
    const field_line *line = &f->task->prompt->fields[i];
    if (!line->is_list) {
        fill_line_value(f, i, end, at);
        return;
    }
    uint32_t n = list_length(f, &NO_BOUNDS, &NO_BOUNDS, line, at);
    buf_char(f->out, '[');
    for (uint32_t item = 0; item < n; item++) {
        place below = place_below(at, STR("1"), true);
        below.path[below.n - 1] = (char)('1' + item % 9);
        below.item = item;
        if (item) buf_char(f->out, ',');
        fill_line_value(f, i, end, &below);
    }
    buf_char(f->out, ']');
}

/* The name of a line's property below `at`; a section if more names follow it. */
static str name_below(str path, const place *at, bool *is_section) {
    str name = path, rest;
    if (at->n && path.n > at->n && path.p[at->n] == '.' && memcmp(path.p, at->path, at->n) == 0)
        name = str_part(path, at->n + 1, path.n);
    *is_section = str_cut(name, '.', &name, &rest);
    return name;
}

/* The lines that belong to the property of line i: its indented ones, or all of its section. */
static uint32_t lines_end(const prompt *p, uint32_t i, uint32_t to, str name, bool is_section) {
    size_t prefix = (size_t)(name.p - p->fields[i].path.p) + name.n + 1;
    uint32_t end = i + 1;
    for (; end < to; end++) {
        const field_line *line = &p->fields[end];
        bool same =
            is_section && line->path.n > prefix && memcmp(line->path.p, p->fields[i].path.p, prefix) == 0;
        if (!same && line->indent <= p->fields[i].indent) break;
    }
    return end;
}

static void fill_lines(filler *f, uint32_t from, uint32_t to, const place *at) {
    const prompt *p = f->task->prompt;
    bool first = true, top = at->depth == 0, is_section;
    uint32_t end;
    buf_char(f->out, '{');
    for (uint32_t i = from; i < to; i = end) {
        str name = name_below(p->fields[i].path, at, &is_section);
        if (p->flat) name = p->fields[i].path, is_section = false;
        end = lines_end(p, i, to, name, is_section);
        if (top && at->fault == SIM_MISSING_KEY && i == from) continue;
        place below = place_below(at, name, false);
        if (!first) buf_char(f->out, ',');
        first = false;
        buf_json(f->out, name);
        buf_char(f->out, ':');
        if (top && at->fault == SIM_WRONG_TYPE && i == from)
            buf_str(f->out, STR("[7]"));
        else if (is_section)
            fill_lines(f, i, end, &below);
        else
            fill_line(f, i, end, &below);
    }
    if (top && at->fault == SIM_EXTRA_KEY)
        buf_z(f->out, first ? "\"remark\":\"none\"" : ",\"remark\":\"none\"");
    buf_char(f->out, '}');
}

void sim_schema_fill_lines(const schema_task *t, buf *out) {
    filler f = {.task = t, .out = out};
    place at = {.fault = t->fault};
    const prompt *p = t->prompt;
    if (p->n_fields == 0)
        buf_z(out, sim_prompt_wants_findings(p) ? "{\"findings\":[]}" : "{}");
    else
        fill_lines(&f, 0, p->n_fields, &at);
}

/* ---- looking at values ---------------------------------------------------------------------- */

uint64_t sim_schema_hash(const json *v, uint64_t seed) {
    seed = hash_64(v->text, seed + (uint64_t)v->kind * 0x9e3779b97f4a7c15u + v->n);
    for (uint32_t i = 0; v->kind == JSON_ARRAY && i < v->n; i++) seed = sim_schema_hash(&v->item[i], seed);
    for (uint32_t i = 0; v->kind == JSON_OBJECT && i < v->n; i++)
        seed = sim_schema_hash(&v->member[i].value, hash_64(v->member[i].key, seed));
    return seed;
}

bool sim_schema_has_key(const json *v, const char *key) {
    if (json_get(v, key)) return true;
    for (uint32_t i = 0; v->kind == JSON_ARRAY && i < v->n; i++) {
        if (sim_schema_has_key(&v->item[i], key)) return true;
    }
    for (uint32_t i = 0; v->kind == JSON_OBJECT && i < v->n; i++) {
        if (sim_schema_has_key(&v->member[i].value, key)) return true;
    }
    return false;
}
