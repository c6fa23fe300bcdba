/* out.h: what leaves a run: provenance, rows, shards with their sidecars, the manifest, cards.
 *
 * A row is one JSON object on a line, keys in a fixed order, numbers and strings in canonical form; nothing in
 * it depends on time, load or endpoint. Sealed files are never changed. Each file that writes a format
 * specifies it in its head comment.
 */
#ifndef POP_OUT_H
#define POP_OUT_H

#include "taxonomy/taxonomy.h"

/* ---- rows ------------------------------------------------------------------------------------------------ */

typedef struct provenance {
    uint32_t attempt, calls, revisions;
    const str *model; /* sorted, distinct */
    uint32_t models;
    str findings; /* JSON array of soft findings, or empty */
} provenance;

/* id, slot, columns, attributes, the facets' fields, links, narrative, provenance; without the line end. */
void row_render(const record *r, hash128 run, const provenance *pv, buf *out);
/* A line of a shard -> record (slot and attempt too; its cell is UINT32_MAX, plan_find knows it; links without
 * what they show). Values are
 * copied into `mem`; `tree` borrows from `line`. false: not a row of this population, with what and where. */
bool row_read(const population *p, str line, arena *mem, record *out, json *tree, err *e);

/* ---- shards ---------------------------------------------------------------------------------------------- */

/* One persona as sealed: its row and what the gate keeps of it. Opaque to out/: hot 48 bytes, exact 72,
 * sketch 512. */
enum { SHARD_HOT = 48, SHARD_EXACT = 72, SHARD_SKETCH = 512 };
typedef struct shard_item {
    str row; /* without line end */
    uint64_t slot, pos;
    uint32_t attempt;
    const void *hot, *exact, *sketch;
} shard_item;

typedef struct shard_info {
    uint32_t index;
    uint64_t rows, bytes, zbytes; /* raw and compressed */
    hash128 raw_hash;             /* XXH3-128 of the uncompressed bytes */
    hash128 file_hash;            /* of the file; sidecar likewise */
    hash128 sidecar_hash;
    uint64_t sidecar_bytes;
    uint64_t slot_min, slot_max, pos_first, pos_last;
} shard_info;

/* Writes shard-%05u.jsonl.zst and .sig below dir through .tmp, fsync, rename, fsync of dir. Crash points:
 * "shard:after_sidecar", "shard:after_rename". idf: hash of the table the signatures were made with. */
bool shard_seal(const char *dir, uint32_t index, const shard_item *item, size_t items, hash128 idf, hash128 run,
                shard_info *out, err *e);
void shard_name(uint32_t index, bool sidecar, char out[64]);
/* The same in parts: rows are packed and written as they come, so that a seal has one frame and the sidecar
 * left to do. Writes DIR/shard-NNNNN.jsonl.zst.tmp; freeing an unsealed writer removes it. seal: item[i].row is
 * not read. */
typedef struct shard_writer shard_writer;
shard_writer *shard_writer_new(const char *dir, uint32_t index, err *e);
bool shard_writer_row(shard_writer *w, str row, err *e);
bool shard_writer_seal(shard_writer *w, const shard_item *item, size_t items, hash128 idf, hash128 run,
                       shard_info *out, err *e);
void shard_writer_free(shard_writer *w);

typedef struct shard shard;
/* Opens by footer and sidecar (sizes, magic, version, counts); contents are checked as they are read. */
shard *shard_open(const char *dir, uint32_t index, err *e);
void shard_close(shard *s);
uint64_t shard_rows(const shard *s);
hash128 shard_idf(const shard *s);
hash128 shard_run(const shard *s);
/* All but sidecar_hash, as its sidecar has it: what a lost ledger held. */
shard_info shard_says(const shard *s);
/* Row i in order of acceptance; and by slot (UINT64_MAX: not in it). Reads one frame, keeps it for the next
 * call. Open, a shard holds 140 bytes a row and that frame, and no descriptor. */
bool shard_row(shard *s, uint64_t i, str *row, err *e);
uint64_t shard_find(const shard *s, uint64_t slot);
const void *shard_hot(const shard *s, uint64_t i);
const void *shard_exact(const shard *s, uint64_t i);
bool shard_sketch(shard *s, uint64_t i, void *out, err *e); /* pread */
/* Reads all: frame checksums, hashes against `want` (may be NULL), rows and sidecar agree. */
bool shard_verify(shard *s, const shard_info *want, err *e);
/* All rows in order, without a sidecar: for files that have lost theirs. each returns false to stop. */
bool shard_scan(const char *path, bool (*each)(void *arg, str row), void *arg, err *e);

/* ---- manifest -------------------------------------------------------------------------------------------- */

/* What was recorded and not enforced: how many personas break each rule. */
typedef struct rule_count {
    str rule;
    uint64_t personas;
} rule_count;
typedef struct rule_counts {
    uint64_t personas; /* that break any */
    const rule_count *rule;
    size_t rules;
} rule_counts;
void rule_counts_json(const rule_counts *c, buf *out); /* {"personas":n,"rules":{RULE:n}} */

typedef struct manifest {
    str name, engine_version;
    hash128 population, run;
    uint64_t n, seed, lag;
    uint32_t engine;
    bool finished;
    const shard_info *shard;
    size_t shards;
    const population *pop; /* may be NULL if drifts is 0 */
    const plan *plan;
    const uint64_t *got; /* accepted, one a plan cell */
    /* reason x plan cell counts of what was not accepted: counts[reason * cells + cell]; names of reasons */
    const uint64_t *lost;
    const char *const *reason;
    size_t reasons;
    uint64_t accepted, open; /* open: given up, the shortfall */
    const struct drift *drift;
    size_t drifts;
    const struct soft_drift *soft; /* one a soft table of the plan; NULL: not measured */
    rule_counts recorded;          /* in the shards */
    uint64_t compared, within_radius, verified, duplicates, exact, echoes; /* of the gate */
    uint64_t calls, prompt_tokens, completion_tokens, cached_tokens;
} manifest;
/* Accepted against drawn distribution, one a drawn attribute that no hard table fixes: both, value by value or
 * range by range, and the largest difference of shares (in 1e-6) with its place. */
typedef struct drift_part {
    str value;
    uint64_t drawn, accepted;
} drift_part;
typedef struct drift {
    uint32_t leaf;
    uint64_t drawn, accepted;
    uint32_t worst_ppm;
    str value;
    const drift_part *part;
    uint32_t parts;
} drift;
/* The same of a soft table: one count a cell. */
typedef struct soft_drift {
    const uint64_t *drawn, *accepted;
    uint64_t drawn_all, accepted_all; /* people, in its cells or not */
} soft_drift;
bool manifest_publish(const char *dir, const manifest *m, err *e);
/* Shards that a manifest lists, into `a`. */
bool manifest_read(const char *dir, arena *a, json *tree, shard_info **shard, size_t *shards, err *e);

/* ---- corpora of others --------------------------------------------------------------------------------- */

/* JSON lines, one JSON array of objects, or RFC 4180 with a header; each plain or packed by zstd. What a file
 * is follows from its first bytes, and from its name where these leave it open. */
typedef enum corpus_form { CORPUS_LINES, CORPUS_ARRAY, CORPUS_CSV } corpus_form;

/* A record longer than this is none. */
enum { CORPUS_RECORD_MOST = 16 << 20 };

/* Valid during the callback. */
typedef struct corpus_record {
    const char *path;
    corpus_form form;
    str head;      /* of a CSV: its header as it stands, without the line end */
    uint64_t line; /* where it starts, from 1 */
    str bytes;     /* as it stands, without line end or comma */
    const json
        *value; /* an object; of a CSV the cells by header, empty ones null. NULL: not parsed, or a fault */
    const char *fault; /* why it is no record, NULL: it is one */
} corpus_record;
typedef bool (*corpus_each)(void *arg, const corpus_record *r); /* false: enough */
/* Every record in order, in memory that does not depend on the length of the file. A record that cannot be read
 * is handed over with its fault; false: what lies behind could not be told apart (`e` says where), or a read
 * failed. parse: without it records are only told apart. */
bool corpus_read(const char *path, bool parse, corpus_each each, void *arg, err *e);
/* One record of JSON that lies in memory, such as a row of ours. */
bool corpus_one(const char *path, uint64_t line, str bytes, bool parse, corpus_each each, void *arg);

/* Where a population's attributes stand in foreign records. Its own order: a header that was mapped to it; its
 * path, as one key or down through objects, at the top or in `attributes`; its column; its last name, if no
 * other attribute has it. */
typedef struct corpus_map corpus_map;
/* map: "HEADER=REF"; recode: "HEADER:CELL=VALUE" (VALUE "~": no value). */
corpus_map *corpus_map_new(const population *p, const char *const *map, size_t maps, const char *const *recode,
                           size_t recodes, err *e);
void corpus_map_free(corpus_map *m); /* NULL is fine */
typedef enum corpus_found { CORPUS_VALUE, CORPUS_NONE, CORPUS_UNKNOWN } corpus_found;
/* The value of a drawn leaf, by its kind. NONE: no such key, null, empty. UNKNOWN: *text is what stood there.
 */
corpus_found corpus_value(corpus_map *m, const json *row, uint32_t leaf, arena *mem, value *out, str *text);
/* Whether any record so far had a key for the leaf. */
bool corpus_has(const corpus_map *m, uint32_t leaf);

/* ---- fit ----------------------------------------------------------------------------------------------- */

/* metrics.c defines each of them. */
typedef struct metrics {
    uint32_t cells, unfilled;
    bool r2_known; /* neither side is the same everywhere */
    double n, tae, sae, pdiff, rmse, srmse, r2, chi2, neyman, ft2, g2, hellinger, jsd, most, unwanted, z_share;
} metrics;
/* target[], got[]: one a cell. noise: N / R where the targets come from R draws, else 0. */
void metrics_make(const double *target, const double *got, uint32_t cells, double noise, metrics *out);
double metrics_z(double target, double got, double n, double noise); /* infinite where nothing may differ */
double metrics_cramer(const double *count, uint32_t rows, uint32_t cols); /* Cramer's V, 0..1 */

/* ---- cards ----------------------------------------------------------------------------------------------- */

/* A persona as a person would want to read it: who, the facts by section, each text under its label, wrapped to
 * `columns` (0: 80); control characters shown, never sent. color: ANSI. */
void card_render(const population *p, const record *r, const json *row, uint32_t columns, bool color, buf *out);
/* Text of others as one line, as safe as cards are, cut to `cells` (0: no limit). Returns the cells it takes at
 * most. */
uint32_t card_line(str s, uint32_t cells, buf *out);

#endif
