/* utf8.h: one code point of UTF-8 as RFC 3629 has it; eight bytes at once. Private to this folder. */
#ifndef POP_UTF8_H
#define POP_UTF8_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EACH(byte) (0x0101010101010101u * (byte)) /* in each place of a word of eight */

/* Eight bytes, the first one lowest. */
static inline uint64_t eight_at(const char *p) {
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return le64toh(w);
}

/* Bytes of the code point at p (n >= 1 bytes left), 1..4, and its value. 0: not UTF-8 (overlong, a surrogate,
 * over U+10FFFF, a stray byte); -1: good as far as it goes, but the input ends inside it. */
static inline int utf8_step(const char *at, size_t n, uint32_t *cp) {
    const unsigned char *p = (const unsigned char *)at;
    unsigned lead = p[0];
    if (lead < 0x80) {
        *cp = lead;
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) return 0;
    int len = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    /* the second byte has a narrower range behind four lead bytes: no overlong forms, surrogates, > U+10FFFF */
    unsigned from = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned to = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    uint32_t value = lead & (0x7Fu >> len);
    for (int i = 1; i < len; i++) {
        if ((size_t)i >= n) return -1;
        if (p[i] < from || p[i] > to) return 0;
        value = value << 6 | (p[i] & 0x3Fu);
        from = 0x80;
        to = 0xBF;
    }
    *cp = value;
    return len;
}

#endif
