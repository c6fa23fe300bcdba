/* corpus_parts.h (private): a foreign file while it is read, for corpus.c and corpus_bytes.c. */
#ifndef POP_CORPUS_PARTS_H
#define POP_CORPUS_PARTS_H

#include "out/out.h"

/* A window over the bytes of a file, unpacked; owned by corpus_read. */
typedef struct corpus_bytes {
    const char *path;
    int fd;
    struct ZSTD_DCtx_s *unpack; /* NULL: plain */
    buf packed, window;
    size_t packed_at, at; /* consumed of each */
    bool ended;           /* the window holds all there is */
    bool inside;          /* a frame of zstd has begun and not ended */
    err *e;
} corpus_bytes;

bool corpus_bytes_open(corpus_bytes *b, const char *path, err *e);
void corpus_bytes_close(corpus_bytes *b);
/* More behind the window's end, or `ended`; what was consumed is dropped, so pointers into it die. */
bool corpus_bytes_more(corpus_bytes *b);
str corpus_bytes_rest(const corpus_bytes *b); /* of the window, not consumed */
#endif
