/* dec.c: decimals as whole numbers with a count of places: what a file says is what a row says. */
#include "pipeline/base/base.h"

enum { MOST_PLACES = 9, MOST_DIGITS = 15 };

static const int64_t powers[MOST_PLACES + 1] = {1,      10,      100,      1000,      10000,
                                                100000, 1000000, 10000000, 100000000, 1000000000};

bool dec_parse(str s, dec *d) {
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+');
    bool minus = i && s.p[0] == '-';
    int64_t m = 0;
    unsigned digits = 0, places = 0;
    bool point = false;
    for (; i < s.n; i++) {
        if (s.p[i] == '.' && !point && digits) {
            point = true;
            continue;
        }
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        m = m * 10 + (s.p[i] - '0');
        places += point;
        if (++digits > MOST_DIGITS || places > MOST_PLACES) return false;
    }
    if (!digits || (point && !places)) return false;
    *d = (dec){minus ? -m : m, (uint8_t)places};
    return true;
}

/* Both are exact doubles (15 digits are below 2^53), so the quotient is the nearest double. */
double dec_double(dec d) {
    return (double)d.m / (double)powers[d.places];
}

void dec_print(buf *b, int64_t m, uint8_t places) {
    while (places && m % 10 == 0) {
        m /= 10;
        places--;
    }
    uint64_t u = m < 0 ? 0 - (uint64_t)m : (uint64_t)m;
    char text[24];
    size_t i = sizeof text;
    for (unsigned k = 0; k < places; k++, u /= 10) text[--i] = (char)('0' + u % 10);
    if (places) text[--i] = '.';
    do text[--i] = (char)('0' + u % 10);
    while (u /= 10);
    if (m < 0) text[--i] = '-';
    buf_put(b, text + i, sizeof text - i);
}
