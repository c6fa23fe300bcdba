/* seek_table.c: the table at the end of a shard, in zstd's seekable format, so that any reader of that can seek
 * in it and those who do not know it skip it. All numbers little endian:
 *
 *     4  0x184D2A5E          magic of a skippable frame
 *     4  n * 12 + 9          bytes that follow
 *     12 each frame          compressed size (4), raw size (4), low half of XXH64 of the raw bytes (4)
 *     4  n
 *     1  0x80                entries have checksums; all other bits 0
 *     4  0x8F92EAB1
 */
#include "out/shard_parts.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define MAGIC_TABLE  0x184D2A5Eu
#define MAGIC_FOOTER 0x8F92EAB1u
enum { HEAD = 8, ENTRY = 12, HAS_CHECKS = 0x80 };

uint32_t seek_check(str raw) {
    return (uint32_t)XXH64(raw.n ? raw.p : "", raw.n, 0);
}

static void room(seek_table *t, uint32_t frames) {
    if (t->cap > frames) return;
    t->cap = frames + frames / 2 + 16;
    t->z_at = xrealloc(t->z_at, (t->cap + 1) * sizeof *t->z_at);
    t->raw_at = xrealloc(t->raw_at, (t->cap + 1) * sizeof *t->raw_at);
    t->check = xrealloc(t->check, t->cap * sizeof *t->check);
    if (t->frames == 0) t->z_at[0] = t->raw_at[0] = 0;
}

void seek_table_add(seek_table *t, uint64_t z, uint64_t raw, uint32_t check) {
    room(t, t->frames + 1);
    uint32_t i = t->frames++;
    t->check[i] = check;
    t->z_at[i + 1] = t->z_at[i] + z;
    t->raw_at[i + 1] = t->raw_at[i] + raw;
}

void seek_table_free(seek_table *t) {
    free(t->z_at);
    free(t->raw_at);
    free(t->check);
    *t = (seek_table){0};
}

void seek_table_put(const seek_table *t, buf *out) {
    put32(out, MAGIC_TABLE);
    put32(out, t->frames * ENTRY + SEEK_FOOTER);
    for (uint32_t i = 0; i < t->frames; i++) {
        put32(out, (uint32_t)(t->z_at[i + 1] - t->z_at[i]));
        put32(out, (uint32_t)(t->raw_at[i + 1] - t->raw_at[i]));
        put32(out, t->check[i]);
    }
    put32(out, t->frames);
    buf_char(out, (char)HAS_CHECKS);
    put32(out, MAGIC_FOOTER);
}

uint64_t seek_table_size(str footer, uint64_t file_bytes) {
    if (footer.n != SEEK_FOOTER || get32(footer.p + 5) != MAGIC_FOOTER) return 0;
    if ((unsigned char)footer.p[4] != HAS_CHECKS) return 0;
    uint64_t bytes = HEAD + (uint64_t)get32(footer.p) * ENTRY + SEEK_FOOTER;
    return bytes <= file_bytes && bytes - HEAD <= UINT32_MAX ? bytes : 0;
}

bool seek_table_read(str data, uint64_t file_bytes, seek_table *out) {
    *out = (seek_table){0};
    if (data.n < HEAD + SEEK_FOOTER || data.n > file_bytes) return false;
    if (seek_table_size(str_part(data, data.n - SEEK_FOOTER, data.n), file_bytes) != data.n) return false;
    if (get32(data.p) != MAGIC_TABLE || get32(data.p + 4) != data.n - HEAD) return false;
    uint32_t frames = get32(data.p + data.n - SEEK_FOOTER);
    bool good = true;
    room(out, 0);
    for (uint32_t i = 0; good && i < frames; i++) {
        const char *at = data.p + HEAD + (size_t)i * ENTRY;
        good = get32(at) > 0 && get32(at + 4) <= SHARD_FRAME_MOST;
        seek_table_add(out, get32(at), get32(at + 4), get32(at + 8));
    }
    good = good && out->z_at[out->frames] + data.n == file_bytes;
    if (!good) seek_table_free(out);
    return good;
}
