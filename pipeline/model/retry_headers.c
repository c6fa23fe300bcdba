/* retry_headers.c: what a server says about when to come back. All of it is foreign: anything unreadable is
 * ignored, any wait is clamped to 600 s.
 */
#include <curl/curl.h>
#include <string.h>
#include "pipeline/model/model.h"

#define WAIT_MOST 600000000000u

static uint64_t clamp_s(double s) {
    if (!(s > 0)) return 0;
    return s >= 600 ? WAIT_MOST : (uint64_t)(s * 1e9);
}

/* digits[.digits] at *at; moves behind. */
static bool decimal(str s, size_t *at, double *v) {
    size_t from = *at;
    double x = 0, unit = 1;
    while (*at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9' && *at - from < 15)
        x = x * 10 + (s.p[(*at)++] - '0');
    if (*at == from) return false;
    if (*at < s.n && s.p[*at] == '.')
        for ((*at)++; *at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9'; (*at)++)
            x += (s.p[*at] - '0') * (unit /= 10);
    *v = x;
    return true;
}

bool header_duration(str value, uint64_t *ns) {
    str s = str_trim(value);
    double sum = 0, v;
    size_t at = 0;
    if (s.n == 0) return false;
    while (at < s.n) {
        if (!decimal(s, &at, &v)) return false;
        str rest = str_part(s, at, s.n);
        if (str_starts(rest, "ms"))
            sum += v / 1000, at += 2;
        else if (str_starts(rest, "h"))
            sum += v * 3600, at += 1;
        else if (str_starts(rest, "m"))
            sum += v * 60, at += 1;
        else if (str_starts(rest, "s"))
            sum += v, at += 1;
        else if (rest.n == 0 && sum <= 0)
            sum = v; /* seconds */
        else
            return false;
    }
    *ns = clamp_s(sum);
    return true;
}

static bool date_read(str s, int64_t *t) {
    char z[64];
    s = str_trim(s);
    if (s.n == 0 || s.n >= sizeof z) return false;
    memcpy(z, s.p, s.n);
    z[s.n] = '\0';
    time_t when = curl_getdate(z, NULL);
    *t = (int64_t)when;
    return when != -1;
}

bool header_retry_after(str value, str date, uint64_t *ns) {
    str s = str_trim(value);
    size_t at = 0;
    double v;
    if (decimal(s, &at, &v) && at == s.n) {
        *ns = clamp_s(v);
        return true;
    }
    int64_t until, now;
    /* a date counts against the server's own clock; without that it says nothing */
    if (!date_read(s, &until) || !date_read(date, &now)) return false;
    *ns = until > now ? clamp_s((double)(until - now)) : 0;
    return true;
}
