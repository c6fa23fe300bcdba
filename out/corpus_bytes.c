/* corpus_bytes.c: the bytes of a foreign file through a window that moves: plain, or frames of zstd one after
 * the other. Whether it is packed is asked of its first bytes, never of its name.
 */
#include "out/corpus_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum { CHUNK = 1 << 18 };

str corpus_bytes_rest(const corpus_bytes *b) {
    return (str){b->window.p ? b->window.p + b->at : NULL, b->window.n - b->at};
}

/* Reads on into `to`; *n: bytes read, 0 at the end. */
static bool read_chunk(corpus_bytes *b, buf *to, size_t *n) {
    buf_reserve(to, CHUNK);
    ssize_t got;
    do got = read(b->fd, to->p + to->n, CHUNK);
    while (got < 0 && errno == EINTR);
    if (got < 0) return err_errno(b->e, errno, "reading", b->path);
    *n = (size_t)got;
    to->n += *n;
    return true;
}

static bool torn(corpus_bytes *b, const char *why) {
    return err_set(b->e, ERR_USAGE, "`zstd -t` says where", "%s is packed by zstd and %s", b->path, why);
}

static bool unpack_more(corpus_bytes *b) {
    size_t before = b->window.n, n = 1;
    while (b->window.n == before) {
        if (b->packed_at == b->packed.n) {
            buf_reset(&b->packed);
            b->packed_at = 0;
            if (!read_chunk(b, &b->packed, &n)) return false;
            b->ended = n == 0;
            if (b->ended) return !b->inside || torn(b, "ends within a frame");
        }
        buf_reserve(&b->window, CHUNK);
        ZSTD_inBuffer in = {b->packed.p, b->packed.n, b->packed_at};
        ZSTD_outBuffer out = {b->window.p + b->window.n, CHUNK, 0};
        size_t left = ZSTD_decompressStream(b->unpack, &out, &in);
        if (ZSTD_isError(left)) return torn(b, "damaged");
        b->inside = left != 0;
        b->packed_at = in.pos;
        b->window.n += out.pos;
    }
    return true;
}

bool corpus_bytes_more(corpus_bytes *b) {
    str rest = corpus_bytes_rest(b);
    if (b->at) memmove(b->window.p, rest.p, rest.n);
    b->window.n = rest.n;
    b->at = 0;
    if (b->unpack) return unpack_more(b);
    size_t n;
    if (!read_chunk(b, &b->window, &n)) return false;
    b->ended = n == 0;
    return true;
}

static bool begins(const buf *b, const char *magic, size_t n) {
    return b->n >= n && memcmp(b->p, magic, n) == 0;
}

/* Files of other kinds are known by their first bytes: better refused by name than as one long broken line. */
static bool kind_known(const corpus_bytes *b) {
    static const struct {
        const char *magic;
        size_t n;
        const char *name, *hint;
    } other[] = {
        {"\x1f\x8b", 2, "gzip", "zcat FILE | zstd >FILE.zst"},
        {"PAR1", 4, "Parquet", "write it as JSON lines or CSV first, with duckdb for example"},
        {"PK\x03\x04", 4, "zip", "unpack it first"},
    };
    for (size_t i = 0; i < COUNT_OF(other); i++)
        if (begins(&b->window, other[i].magic, other[i].n))
            return err_set(b->e, ERR_USAGE, other[i].hint, "%s is %s: JSON and CSV are read, plain or .zst",
                           b->path, other[i].name);
    return true;
}

bool corpus_bytes_open(corpus_bytes *b, const char *path, err *e) {
    *b = (corpus_bytes){.path = path, .e = e, .fd = open(path, O_RDONLY | O_CLOEXEC)};
    if (b->fd < 0) return err_errno(e, errno, "opening", path);
    while (!b->ended && b->window.n < 4)
        if (!corpus_bytes_more(b)) return false;
    bool skippable =
        b->window.n >= 4 && (b->window.p[0] & 0xF0) == 0x50 && memcmp(b->window.p + 1, "\x2A\x4D\x18", 3) == 0;
    if (!begins(&b->window, "\x28\xB5\x2F\xFD", 4) && !skippable) return kind_known(b);
    b->packed = b->window;
    b->window = (buf){0};
    b->ended = false;
    b->unpack = ZSTD_createDCtx();
    return b->unpack ? corpus_bytes_more(b) : err_set(e, ERR_INTERNAL, NULL, "zstd cannot be set up");
}

void corpus_bytes_close(corpus_bytes *b) {
    if (b->fd >= 0) close(b->fd);
    ZSTD_freeDCtx(b->unpack);
    buf_free(&b->packed);
    buf_free(&b->window);
}
