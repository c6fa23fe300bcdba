/* manifest_write.c: DIR/manifest.json: what a run has made, for people, loaders and `verify`.
 *
 * JSON, one line a member of the top, one line a shard, a cell, a drift. No time in it: equal runs have equal
 * manifests.
 *
 *     populace     1, version of this document
 *     version      of the program
 *     name, population, run     the population, its hash, the hash of it with the seed
 *     n, seed, lag, engine, finished, accepted, open     open: slots given up
 *     shards       [{"file","rows","bytes","zbytes","xxh3","file_xxh3","sidecar","sidecar_bytes",
 *                  "sidecar_xxh3","slots":[lowest,highest],"positions":[first,last]}]; files relative to the
 *                  manifest; bytes and xxh3 (XXH3-128, hex) are of the rows, zbytes and file_xxh3 of the file
 *     quotas       manifest_quotas.c
 *     soft         [{"name","weight","cells":[{"cell","asked","fit","drawn","accepted"}]}]: the soft tables,
 * all as shares of the people drift
 * [{"path","drawn","accepted","worst","value","values":[{"value","drawn","accepted"}]}]: accepted against drawn
 * distribution, persons; worst: the largest difference of shares, value: where. Numbers in at most 16 ranges,
 * choices in 16 values, the last one for all further ones
 *     recorded     {"personas","rules":{RULE:personas}}: of the findings that were not enforced
 *     gate, usage  counters
 *
 * Published through .tmp and rename: there is the old one or the new one, whole. It is written after the
 * ledger's commit, so it may lack the last shard after a crash; the next seal or the end of the run writes it
 * anew.
 */
#include "out/manifest_parts.h"

#include <assert.h>

typedef struct number {
    const char *name;
    uint64_t value;
} number;

static void numbers_put(const number *list, size_t n, buf *out) {
    buf_char(out, '{');
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s\"%s\":%llu", i ? "," : "", list[i].name, (unsigned long long)list[i].value);
    buf_char(out, '}');
}

static void hash_put(const char *key, hash128 h, buf *out) {
    char hex[33];
    hash_hex(h, hex);
    buf_printf(out, "\"%s\":\"%s\"", key, hex);
}

static void text_put(const char *key, str text, buf *out) {
    buf_printf(out, "\"%s\":", key);
    buf_json(out, text);
}

static void head_put(const manifest *m, buf *out) {
    const number list[] = {{"n", m->n}, {"seed", m->seed}, {"lag", m->lag}, {"engine", m->engine}};
    buf_z(out, "{\n\"populace\":1,\n");
    text_put("version", m->engine_version, out);
    buf_z(out, ",\n");
    text_put("name", m->name, out);
    buf_z(out, ",\n");
    hash_put("population", m->population, out);
    buf_z(out, ",\n");
    hash_put("run", m->run, out);
    for (size_t i = 0; i < COUNT_OF(list); i++)
        buf_printf(out, ",\n\"%s\":%llu", list[i].name, (unsigned long long)list[i].value);
    buf_printf(out, ",\n\"finished\":%s,\n\"accepted\":%llu,\n\"open\":%llu,\n", m->finished ? "true" : "false",
               (unsigned long long)m->accepted, (unsigned long long)m->open);
}

static void shard_put(const shard_info *s, buf *out) {
    char file[64], side[64];
    shard_name(s->index, false, file);
    shard_name(s->index, true, side);
    buf_printf(out, "{\"file\":\"shards/%s\",\"rows\":%llu,\"bytes\":%llu,\"zbytes\":%llu,", file,
               (unsigned long long)s->rows, (unsigned long long)s->bytes, (unsigned long long)s->zbytes);
    hash_put("xxh3", s->raw_hash, out);
    buf_char(out, ',');
    hash_put("file_xxh3", s->file_hash, out);
    buf_printf(out, ",\"sidecar\":\"shards/%s\",\"sidecar_bytes\":%llu,", side,
               (unsigned long long)s->sidecar_bytes);
    hash_put("sidecar_xxh3", s->sidecar_hash, out);
    buf_printf(out, ",\"slots\":[%llu,%llu],\"positions\":[%llu,%llu]}", (unsigned long long)s->slot_min,
               (unsigned long long)s->slot_max, (unsigned long long)s->pos_first,
               (unsigned long long)s->pos_last);
}

static void shards_put(const manifest *m, buf *out) {
    buf_z(out, "\"shards\":[");
    for (size_t i = 0; i < m->shards; i++) {
        buf_z(out, i ? ",\n" : "\n");
        shard_put(&m->shard[i], out);
    }
    buf_z(out, "],\n");
}

static double share_of(uint64_t part, uint64_t all) {
    return all ? (double)part / (double)all : 0;
}

static void soft_put(const manifest *m, buf *out) {
    buf cell = {0};
    buf_z(out, "\"soft\":[");
    for (uint32_t t = 0; m->soft && t < plan_softs(m->plan); t++) {
        const soft_drift *s = &m->soft[t];
        buf_z(out, t ? ",\n{" : "\n{");
        text_put("name", plan_soft_name(m->plan, t), out);
        buf_printf(out, ",\"weight\":%.9g,\"cells\":[", plan_soft_weight(m->plan, t));
        for (uint32_t c = 0; c < plan_soft_cells(m->plan, t); c++) {
            buf_reset(&cell);
            plan_soft_cell_print(m->plan, t, c, &cell);
            buf_z(out, c ? ",\n{" : "\n{");
            text_put("cell", buf_view(&cell), out);
            buf_printf(out, ",\"asked\":%.6f,\"fit\":%.6f,\"drawn\":%.6f,\"accepted\":%.6f}",
                       plan_soft_share(m->plan, t, c), plan_soft_fit(m->plan, t, c),
                       share_of(s->drawn[c], s->drawn_all), share_of(s->accepted[c], s->accepted_all));
        }
        buf_z(out, "]}");
    }
    buf_z(out, "],\n");
    buf_free(&cell);
}

static void drift_put(const manifest *m, buf *out) {
    assert(m->drifts == 0 || m->pop);
    buf_z(out, "\"drift\":[");
    for (size_t i = 0; i < m->drifts; i++) {
        const drift *d = &m->drift[i];
        buf_z(out, i ? ",\n{" : "\n{");
        text_put("path", leaf_node(m->pop, d->leaf)->path, out);
        buf_printf(out, ",\"drawn\":%llu,\"accepted\":%llu,\"worst\":", (unsigned long long)d->drawn,
                   (unsigned long long)d->accepted);
        dec_print(out, d->worst_ppm, 6);
        buf_char(out, ',');
        text_put("value", d->value, out);
        buf_z(out, ",\"values\":[");
        for (uint32_t k = 0; k < d->parts; k++) {
            buf_z(out, k ? ",{" : "{");
            text_put("value", d->part[k].value, out);
            buf_printf(out, ",\"drawn\":%llu,\"accepted\":%llu}", (unsigned long long)d->part[k].drawn,
                       (unsigned long long)d->part[k].accepted);
        }
        buf_z(out, "]}");
    }
    buf_z(out, "],\n");
}

void rule_counts_json(const rule_counts *c, buf *out) {
    buf_printf(out, "{\"personas\":%llu,\"rules\":{", (unsigned long long)c->personas);
    for (size_t i = 0; i < c->rules; i++) {
        if (i) buf_char(out, ',');
        buf_json(out, c->rule[i].rule);
        buf_printf(out, ":%llu", (unsigned long long)c->rule[i].personas);
    }
    buf_z(out, "}}");
}

bool manifest_publish(const char *dir, const manifest *m, err *e) {
    const number gate[] = {{"compared", m->compared}, {"within_radius", m->within_radius},
                           {"verified", m->verified}, {"duplicates", m->duplicates},
                           {"exact", m->exact},       {"echoes", m->echoes}};
    const number usage[] = {{"calls", m->calls},
                            {"prompt_tokens", m->prompt_tokens},
                            {"completion_tokens", m->completion_tokens},
                            {"cached_tokens", m->cached_tokens}};
    buf out = {0};
    head_put(m, &out);
    shards_put(m, &out);
    quotas_put(m, &out);
    soft_put(m, &out);
    drift_put(m, &out);
    buf_z(&out, "\"recorded\":");
    rule_counts_json(&m->recorded, &out);
    buf_z(&out, ",\n\"gate\":");
    numbers_put(gate, COUNT_OF(gate), &out);
    buf_z(&out, ",\n\"usage\":");
    numbers_put(usage, COUNT_OF(usage), &out);
    buf_z(&out, "\n}\n");
    bool ok = file_publish(dir, "manifest.json", buf_view(&out), e);
    buf_free(&out);
    return ok;
}
