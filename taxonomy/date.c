/* date.c: days of the proleptic Gregorian calendar, counted from 1970-01-01, and how they are written: as ISO
 * 8601 does, YYYY-MM-DD, years 0001 to 9999. Integers only; days_of and its inverse go by eras of 400 years
 * (146,097 days) whose years begin in March, so that the leap day is the last of its year.
 */
#include "taxonomy/date.h"

#define ERA_DAYS 146097
#define MARCH_0  719468 /* days from 0000-03-01 to 1970-01-01 */

static int64_t days_of(int64_t y, int64_t m, int64_t d) {
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400, year = y - era * 400;
    int64_t day = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * ERA_DAYS + year * 365 + year / 4 - year / 100 + day - MARCH_0;
}

bool date_make(int64_t y, int64_t m, int64_t d, int64_t *days) {
    static const uint8_t length[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (y < 1 || y > 9999 || m < 1 || m > 12 || d < 1 || d > length[m - 1]) return false;
    if (m == 2 && d == 29 && (y % 4 || (y % 100 == 0 && y % 400))) return false;
    *days = days_of(y, m, d);
    return true;
}

static bool digits(str s, size_t from, size_t to, int64_t *v) {
    *v = 0;
    for (size_t i = from; i < to; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        *v = *v * 10 + (s.p[i] - '0');
    }
    return true;
}

bool date_parse(str s, int64_t *days) {
    int64_t y, m, d;
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-') return false;
    return digits(s, 0, 4, &y) && digits(s, 5, 7, &m) && digits(s, 8, 10, &d) && date_make(y, m, d, days);
}

void date_print(buf *b, int64_t days) {
    int64_t z = days + MARCH_0, era = (z >= 0 ? z : z - (ERA_DAYS - 1)) / ERA_DAYS, doe = z - era * ERA_DAYS;
    int64_t year = (doe - doe / 1460 + doe / 36524 - doe / (ERA_DAYS - 1)) / 365;
    int64_t day = doe - (365 * year + year / 4 - year / 100), month = (5 * day + 2) / 153;
    int64_t m = month < 10 ? month + 3 : month - 9;
    buf_printf(b, "%04lld-%02lld-%02lld", (long long)(era * 400 + year + (m <= 2)), (long long)m,
               (long long)(day - (153 * month + 2) / 5 + 1));
}
