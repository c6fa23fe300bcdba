/* shard_parts.h (private): the two files of a shard, in memory: seek table and sidecar. */
#ifndef POP_SHARD_PARTS_H
#define POP_SHARD_PARTS_H

#include "out/out.h"

enum {
    SHARD_FRAME = 1 << 20,     /* raw bytes from which a frame is closed */
    SHARD_ROW_MOST = 64 << 20, /* a longer row is refused, so that a reader can bound a frame */
    SHARD_FRAME_MOST = SHARD_FRAME + SHARD_ROW_MOST
};

/* ---- little endian --------------------------------------------------------------------------------------- */

static inline uint32_t get32(const void *at) {
    const unsigned char *p = at;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint64_t get64(const void *at) {
    const unsigned char *p = at;
    return (uint64_t)get32(p) | (uint64_t)get32(p + 4) << 32;
}
static inline void put32(buf *b, uint32_t v) {
    unsigned char p[4] = {(unsigned char)v, (unsigned char)(v >> 8), (unsigned char)(v >> 16),
                          (unsigned char)(v >> 24)};
    buf_put(b, p, sizeof p);
}
static inline void put64(buf *b, uint64_t v) {
    put32(b, (uint32_t)v);
    put32(b, (uint32_t)(v >> 32));
}

/* ---- seek_table.c ---------------------------------------------------------------------------------------- */

enum { SEEK_FOOTER = 9 };
typedef struct seek_table {
    uint32_t frames, cap;
    uint64_t *z_at, *raw_at; /* where frame i starts; [frames] is the end of the last */
    uint32_t *check;         /* low half of XXH64 of the raw bytes */
} seek_table;
void seek_table_add(seek_table *t, uint64_t z, uint64_t raw, uint32_t check);
void seek_table_free(seek_table *t);
void seek_table_put(const seek_table *t, buf *out);
uint32_t seek_check(str raw);
/* From a file's last SEEK_FOOTER bytes: how many bytes the table takes, 0: there is none. */
uint64_t seek_table_size(str footer, uint64_t file_bytes);
/* `data` is those bytes. false: damaged; nothing is kept then. */
bool seek_table_read(str data, uint64_t file_bytes, seek_table *out);

/* ---- sidecar.c ------------------------------------------------------------------------------------------- */

enum { SIDECAR_HEAD = 256, SIDECAR_ROWS_MOST = 1 << 28 };
typedef struct sidecar {
    shard_info info; /* without sidecar_hash */
    hash128 idf, run;
    uint64_t frames;
    /* offsets in the file, and where it ends */
    uint64_t hot, exact, slots, firsts, checks, sketches, end;
    hash128 warm_hash;         /* of [SIDECAR_HEAD, sketches) */
    const unsigned char *warm; /* those bytes, borrowed */
} sidecar;

/* frame_first: number of the first row of each frame. */
void sidecar_build(const sidecar *head, const shard_item *item, const uint64_t *frame_first, buf *out);
/* head: the first SIDECAR_HEAD bytes. */
bool sidecar_head_read(str head, uint64_t file_bytes, const char *path, sidecar *out, err *e);
/* Checks `warm` and keeps it. */
bool sidecar_warm_read(sidecar *s, str warm, const char *path, err *e);
const void *sidecar_hot(const sidecar *s, uint64_t row);
const void *sidecar_exact(const sidecar *s, uint64_t row);
uint64_t sidecar_find(const sidecar *s, uint64_t slot); /* row, UINT64_MAX: none */
/* k-th in order of slots. */
void sidecar_slot(const sidecar *s, uint64_t k, uint64_t *slot, uint32_t *row, uint32_t *attempt);
uint64_t sidecar_frame(const sidecar *s, uint64_t row);   /* the frame that holds it */
uint64_t sidecar_first(const sidecar *s, uint64_t frame); /* its first row; of `frames`: rows */
bool sidecar_sketch_fits(const sidecar *s, uint64_t row, const void *sketch);

/* ---- shard_open.c, for shard_verify.c -------------------------------------------------------------------- */

struct shard {
    char *path, *side_path;
    sidecar side;
    unsigned char *warm;
    seek_table table;
    buf raw, packed; /* the frame that was read last */
    uint64_t frame;  /* its number, UINT64_MAX: none */
    uint32_t *line;  /* where its rows start, and the end */
    uint64_t lines;
};
bool shard_frame(shard *s, uint64_t frame, err *e); /* loads it */
bool shard_damaged(err *e, const char *path, const char *fmt, ...) PRINTF_LIKE(3, 4);
bool shard_bytes(const char *path, uint64_t at, void *to, size_t n, err *e);

#endif
