/* frame.c: zstd frames with content size and checksum, one after the other: the form of logs and shards.
 *
 * A file of frames is valid up to its longest prefix of whole frames. A frame counts as whole if its magic, its
 * declared content size, all its blocks and its checksum are right; zeros, half a frame and flipped bits are
 * TORN. Frames that do not declare their size are not ours and are TORN too. Asked only for the size (out is
 * NULL), the block headers are walked and the checksum is not compared.
 *
 * Contexts are kept for each thread: making one costs more than packing a group of replies.
 */
#include "pipeline/base/base.h"

#include <pthread.h>
#include <stdlib.h>
#include <zstd.h>

#define MAGIC_SKIPPABLE 0x184D2A50u /* to ...5F */
#define MAGIC_FRAME     0xFD2FB528u
enum { BLOCK_HEADER = 3, BLOCK_MOST = 128 << 10 };

typedef struct contexts {
    ZSTD_CCtx *pack;
    ZSTD_DCtx *unpack;
} contexts;

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void drop(void *p) {
    contexts *c = p;
    if (!c) return;
    ZSTD_freeCCtx(c->pack);
    ZSTD_freeDCtx(c->unpack);
    free(c);
}

static void make_key(void) {
    if (pthread_key_create(&key, drop) != 0) abort();
}

/* Key destructors do not run for the thread that leaves main. */
__attribute__((destructor)) static void drop_of_main(void) {
    pthread_once(&once, make_key);
    drop(pthread_getspecific(key));
    pthread_setspecific(key, NULL);
}

static contexts *mine(void) {
    pthread_once(&once, make_key);
    contexts *c = pthread_getspecific(key);
    if (c) return c;
    c = xmalloc(sizeof *c);
    *c = (contexts){ZSTD_createCCtx(), ZSTD_createDCtx()};
    if (!c->pack || !c->unpack || pthread_setspecific(key, c) != 0) abort();
    return c;
}

void frame_pack(buf *out, str raw, int level) {
    ZSTD_CCtx *c = mine()->pack;
    ZSTD_CCtx_reset(c, ZSTD_reset_session_and_parameters);
    ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, 1);
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
    size_t room = ZSTD_compressBound(raw.n);
    buf_reserve(out, room);
    /* with the room that compressBound asks for, only a lack of memory can make it fail */
    size_t n = ZSTD_compress2(c, out->p + out->n, room, raw.n ? raw.p : "", raw.n);
    if (ZSTD_isError(n)) abort();
    out->n += n;
}

static uint32_t little32(const char *at) {
    const unsigned char *p = (const unsigned char *)at;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Moves `s` behind skippable frames; false if one is cut off. */
static bool pass_skippable(str *s) {
    while (s->n >= 4 && (little32(s->p) & ~0xFu) == MAGIC_SKIPPABLE) {
        if (s->n < 8 || s->n - 8 < little32(s->p + 4)) return false;
        *s = str_part(*s, 8 + (size_t)little32(s->p + 4), s->n);
    }
    return true;
}

static bool unpack(str frame, size_t content, buf *out) {
    /* a damaged header must not make us reserve what so few blocks cannot hold */
    if (content / BLOCK_MOST > frame.n / BLOCK_HEADER) return false;
    buf_reserve(out, content);
    char none;
    char *to = content ? out->p + out->n : &none;
    size_t n = ZSTD_decompressDCtx(mine()->unpack, to, content, frame.p, frame.n);
    if (ZSTD_isError(n) || n != content) return false;
    out->n += content;
    return true;
}

frame_state frame_next(str data, size_t *at, size_t limit, buf *out) {
    str rest = str_part(data, *at, data.n);
    if (!pass_skippable(&rest)) return FRAME_TORN;
    if (rest.n == 0) {
        *at = data.n;
        return FRAME_END;
    }
    if (rest.n < 4 || little32(rest.p) != MAGIC_FRAME) return FRAME_TORN;
    unsigned long long content = ZSTD_getFrameContentSize(rest.p, rest.n);
    if (content == ZSTD_CONTENTSIZE_ERROR || content == ZSTD_CONTENTSIZE_UNKNOWN || content > limit)
        return FRAME_TORN;
    size_t packed = ZSTD_findFrameCompressedSize(rest.p, rest.n);
    if (ZSTD_isError(packed)) return FRAME_TORN;
    if (out && !unpack(str_part(rest, 0, packed), (size_t)content, out)) return FRAME_TORN;
    *at = data.n - rest.n + packed;
    return FRAME_WHOLE;
}
