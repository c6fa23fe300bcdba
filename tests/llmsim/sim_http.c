/* sim_http.c: HTTP/1.1 requests out of bytes, heads of answers. Bodies by Content-Length or in chunks, which
 * are put together in place. A head is at most 64 KB, a body 16 MB.
 */
#include "tests/llmsim/llmsim.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#define MOST_HEAD (64u << 10)
#define MOST_BODY (16u << 20)

static http_state refuse(http_request *r, int status) {
    r->bad = status;
    return HTTP_BAD;
}

static bool is_name(str name, const char *lower) {
    return name.n == strlen(lower) && strncasecmp(name.p, lower, name.n) == 0;
}

static bool read_header(http_request *r, str line) {
    str name, value;
    if (!str_cut(line, ':', &name, &value)) return false;
    value = str_trim(value);
    if (is_name(name, "content-length")) {
        int64_t v;
        if (!str_i64(value, &v) || v < 0) return false;
        r->body_n = (size_t)v;
    } else if (is_name(name, "transfer-encoding")) {
        r->chunked = is_name(value, "chunked");
        return r->chunked;
    } else if (is_name(name, "authorization")) {
        r->auth = value;
    } else if (is_name(name, "expect")) {
        r->expects_continue = is_name(value, "100-continue");
    } else if (is_name(name, "connection")) {
        r->close = is_name(value, "close");
    }
    return true;
}

/* The request line and the headers; `head` without the empty line. */
static bool read_head(http_request *r, str head) {
    str line, rest, target, version;
    (void)str_cut(head, '\n', &line, &rest);
    line = str_trim(line);
    if (!str_cut(line, ' ', &r->method, &target) || !str_cut(target, ' ', &r->path, &version)) return false;
    if (!str_starts(version, "HTTP/1.")) return false;
    r->close = str_is(version, "HTTP/1.0");
    str query;
    if (str_cut(r->path, '?', &line, &query)) r->path = line;
    while (rest.n > 0) {
        head = rest;
        if (!str_cut(head, '\n', &line, &rest)) {
            line = head;
            rest = (str){NULL, 0};
        }
        if (!read_header(r, str_trim(line))) return false;
    }
    return true;
}

/* One chunk header at in[*at]: false if it is not whole yet; *size UINT32_MAX if it is broken. */
static bool chunk_size(const char *in, size_t n, size_t *at, size_t *size) {
    const char *end = memchr(in + *at, '\n', n - *at);
    if (!end) return false;
    size_t v = 0, digits = 0;
    for (const char *p = in + *at; p < end && digits < 8; p++, digits++) {
        int c = *p >= '0' && *p <= '9'                 ? *p - '0'
                : (*p | 32) >= 'a' && (*p | 32) <= 'f' ? (*p | 32) - 'a' + 10
                                                       : -1;
        if (c < 0) break;
        v = v * 16 + (size_t)c;
    }
    *size = digits ? v : UINT32_MAX;
    *at = (size_t)(end - in) + 1;
    return true;
}

/* Goes over the chunks from `at`; with `join` it moves them together. *used: behind the last one. */
static http_state walk_chunks(http_request *r, char *in, size_t n, bool join, size_t *used) {
    size_t at = r->head_n, to = r->head_n, size;
    for (;;) {
        if (!chunk_size(in, n, &at, &size)) return HTTP_MORE;
        if (size > MOST_BODY || to - r->head_n > MOST_BODY) return refuse(r, size == UINT32_MAX ? 400 : 413);
        if (size == 0) break;
        if (n - at < size + 2) return HTTP_MORE;
        if (join) memmove(in + to, in + at, size);
        to += size;
        at += size + 2;
    }
    for (;;) { /* trailers, up to an empty line */
        const char *end = memchr(in + at, '\n', n - at);
        if (!end) return HTTP_MORE;
        size_t line = (size_t)(end - (in + at));
        at += line + 1;
        if (line <= 1) break;
    }
    r->body = (str){in + r->head_n, to - r->head_n};
    *used = at;
    return HTTP_READY;
}

static http_state read_body(http_request *r, char *in, size_t n, size_t *used) {
    if (r->chunked) {
        http_state state = walk_chunks(r, in, n, false, used);
        return state == HTTP_READY ? walk_chunks(r, in, n, true, used) : state;
    }
    if (r->body_n > MOST_BODY) return refuse(r, 413);
    if (n < r->head_n + r->body_n) return HTTP_MORE;
    r->body = (str){in + r->head_n, r->body_n};
    *used = r->head_n + r->body_n;
    return HTTP_READY;
}

http_state sim_http_read(http_request *r, char *in, size_t n, size_t *used) {
    size_t skip = 0;
    while (skip < n && (in[skip] == '\r' || in[skip] == '\n')) skip++; /* empty lines before a request */
    if (skip == n) return HTTP_MORE;
    const char *end = memmem(in + skip, n - skip, "\r\n\r\n", 4);
    if (!end) return n > MOST_HEAD ? refuse(r, 431) : HTTP_MORE;
    *r = (http_request){.head_n = (size_t)(end - in) + 4};
    if (r->head_n > MOST_HEAD) return refuse(r, 431);
    if (!read_head(r, (str){in + skip, (size_t)(end - in) - skip})) return refuse(r, 400);
    return read_body(r, in, n, used);
}

static void put_date(buf *out, const char *name, time_t at) {
    char text[64];
    struct tm tm;
    gmtime_r(&at, &tm);
    size_t n = strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
    buf_z(out, name);
    buf_put(out, text, n);
}

/* The Date header, kept for its second. */
static void put_now(buf *out) {
    static time_t last;
    static buf line;
    time_t now = time(NULL);
    if (now != last) {
        buf_reset(&line);
        put_date(&line, "Date: ", now);
        last = now;
    }
    buf_str(out, buf_view(&line));
}

void sim_http_head(buf *out, int status, size_t body_n, double retry_after, bool as_date, const char *more,
                   bool close) {
    buf_str(out, STR("HTTP/1.1 "));
    buf_i64(out, status);
    buf_char(out, ' ');
    buf_z(out, sim_reply_status_text(status));
    buf_str(out, STR("\r\nContent-Type: application/json\r\nContent-Length: "));
    buf_i64(out, (int64_t)body_n);
    buf_str(out, STR("\r\n"));
    put_now(out);
    if (retry_after >= 0 && as_date)
        put_date(out, "Retry-After: ", time(NULL) + (time_t)(retry_after + 0.999));
    else if (retry_after >= 0)
        buf_printf(out, "Retry-After: %g\r\n", retry_after);
    buf_z(out, more);
    if (close) buf_str(out, STR("Connection: close\r\n"));
    buf_str(out, STR("\r\n"));
}
