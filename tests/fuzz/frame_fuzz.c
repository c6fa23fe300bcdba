/* frame_fuzz.c: whatever the bytes, walking frames ends, stays inside, and a torn frame changes nothing. */
#include "pipeline/base/base.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 1 << 20 };

static void must(bool holds) {
    if (!holds) abort();
}

static void walk(str s) {
    buf out = {0};
    size_t at = 0;
    for (;;) {
        size_t from = at, had = out.n, sized = at;
        frame_state state = frame_next(s, &at, LIMIT, &out);
        frame_state bare = frame_next(s, &sized, LIMIT, NULL);
        must(at <= s.n && at >= from && out.n - had <= LIMIT);
        if (state == FRAME_WHOLE) must(bare == FRAME_WHOLE && sized == at && at > from);
        if (state == FRAME_TORN) must(at == from && out.n == had);
        if (state == FRAME_END) must(at == s.n && bare == FRAME_END);
        if (state != FRAME_WHOLE) break;
        if (out.n > 4 * LIMIT) buf_reset(&out);
    }
    buf_free(&out);
}

/* The input packed is found again, also behind a skippable frame, and not when its last byte is missing. */
static void round_trip(str s) {
    buf packed = {0}, out = {0};
    size_t at = 0;
    buf_put(&packed, "\x5e\x2a\x4d\x18\x02\x00\x00\x00..", 10);
    frame_pack(&packed, s, 1);
    must(frame_next(str_part(buf_view(&packed), 0, packed.n - 1), &at, LIMIT, &out) == FRAME_TORN && at == 0);
    if (s.n <= LIMIT) {
        must(frame_next(buf_view(&packed), &at, LIMIT, &out) == FRAME_WHOLE && at == packed.n);
        must(str_eq(buf_view(&out), s));
    }
    buf_free(&packed);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *copy = xmalloc(size);
    if (size) memcpy(copy, data, size);
    walk((str){copy, size});
    round_trip((str){copy, size});
    free(copy);
    return 0;
}
