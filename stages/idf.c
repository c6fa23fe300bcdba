/* idf.c: how much a feature says: rare ones weigh more. A ladder of three tables by position, the last one
 * frozen.
 *
 * Rung 0 weighs all features alike. Rungs 1 and 2 are learned from the documents accepted so far: the rarity of
 * a bucket (text_features.c), whose count of documents ends at 65,535. Fewer than IDF_LEAST documents say
 * nothing about rarity: the step is then taken, but the weights stay.
 *
 * Saved form (little-endian), also that of a table given by the user:
 *     0  8  magic "POPIDF\r\n"
 *     8  4  version, 1
 *    12  4  rung, 0..2
 *    16  8  documents
 *    24  2^20 weights, one byte a bucket; bucket = top 20 bits of the feature's hash
 *     .. 8  XXH3-64 of all before
 * It is written with the shards that were made with it, by the publisher of those; a torn one fails its
 * checksum.
 */
#include "stages/gate_parts.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD = 24, SAVED = HEAD + IDF_BUCKETS + 8, EVEN = 128 };

static const char magic[8] = "POPIDF\r\n";

static uint32_t bucket_of(uint64_t hash) {
    return (uint32_t)(hash >> 44);
}

idf *idf_new(void) {
    idf *t = xcalloc(1, sizeof *t);
    memset(t->weight, EVEN, sizeof t->weight);
    return t;
}

void idf_free(idf *t) {
    if (!t) return;
    free(t->count);
    free(t);
}

void idf_learn(idf *t, const features *one) {
    if (!t->count) t->count = xcalloc(IDF_BUCKETS, sizeof *t->count);
    for (uint32_t i = 0; i < one->n; i++) {
        uint16_t *c = &t->count[bucket_of(one->row[i].hash)];
        *c = (uint16_t)(*c + (*c < UINT16_MAX));
    }
    t->counted++;
}

void idf_step(idf *t, uint32_t rung) {
    t->rung = rung;
    if (t->counted >= IDF_LEAST) {
        for (uint32_t b = 0; b < IDF_BUCKETS; b++) t->weight[b] = feature_rarity(t->counted, t->count[b]);
        t->documents = t->counted;
    }
    free(t->count);
    t->count = NULL;
    t->counted = 0;
}

int16_t idf_weigh(const idf *t, const feature *f) {
    return feature_weigh(f, t->weight[bucket_of(f->hash)]);
}

/* ---- saved form -------------------------------------------------------------------------------- */

static void put_le(buf *out, uint64_t v, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++) buf_char(out, (char)(unsigned char)(v >> 8 * i));
}

static uint64_t get_le(const char *p, unsigned bytes) {
    uint64_t v = 0;
    for (unsigned i = bytes; i--;) v = v << 8 | (unsigned char)p[i];
    return v;
}

void idf_save(const idf *t, buf *out) {
    size_t start = out->n;
    buf_reserve(out, SAVED);
    buf_put(out, magic, sizeof magic);
    put_le(out, 1, 4);
    put_le(out, t->rung, 4);
    put_le(out, t->documents, 8);
    buf_put(out, t->weight, sizeof t->weight);
    put_le(out, hash_64((str){out->p + start, out->n - start}, 0), 8);
}

bool idf_load(idf *t, str saved, err *e) {
    const char *hint = "take the table from the run again; it is written beside its shards";
    if (saved.n < HEAD || memcmp(saved.p, magic, sizeof magic) != 0)
        return err_set(e, ERR_FORMAT, hint, "not a table of feature weights (%zu bytes without its magic)",
                       saved.n);
    uint64_t version = get_le(saved.p + 8, 4), rung = get_le(saved.p + 12, 4);
    if (version != 1)
        return err_set(e, ERR_MISMATCH, "use the populace that wrote it",
                       "table of feature weights of version %u; this one reads 1", (unsigned)version);
    if (saved.n != SAVED)
        return err_set(e, ERR_FORMAT, hint, "table of feature weights has %zu bytes instead of %d", saved.n,
                       SAVED);
    if (get_le(saved.p + SAVED - 8, 8) != hash_64(str_part(saved, 0, SAVED - 8), 0) || rung >= IDF_RUNGS)
        return err_set(e, ERR_FORMAT, hint, "table of feature weights is damaged: its checksum differs");
    memcpy(t->weight, saved.p + HEAD, sizeof t->weight);
    t->rung = (uint32_t)rung;
    t->documents = get_le(saved.p + 16, 8);
    return true;
}

hash128 idf_hash(const idf *t) {
    hash128 h = hash_128((str){(const char *)t->weight, sizeof t->weight});
    h.lo ^= t->rung;
    return h;
}
