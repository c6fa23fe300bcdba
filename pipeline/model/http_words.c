/* http_words.c: URLs as they are asked and as they are shown, the headers with the key, and foreign words made
 * fit to show. A key goes into the header list of a handle and nowhere else; a server that repeats it in its
 * words does not get it printed.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/model/transfer.h"

enum { WORDS_MOST = 400 };

/* Where host and port begin: behind the scheme. */
static size_t host_at(const char *url, size_t end) {
    const char *scheme = strstr(url, "://");
    return scheme && (size_t)(scheme - url) < end ? (size_t)(scheme - url) + 3 : 0;
}

char *url_shown(const char *url) {
    size_t end = strcspn(url, "?#"), head = host_at(url, end);
    if (head > end) head = end;
    const char *slash = memchr(url + head, '/', end - head);
    size_t host_end = slash ? (size_t)(slash - url) : end, host = head;
    for (size_t i = head; i < host_end; i++)
        if (url[i] == '@') host = i + 1;
    char *out = xmalloc(head + end - host + 1);
    memcpy(out, url, head);
    memcpy(out + head, url + host, end - host);
    out[head + end - host] = '\0';
    return out;
}

char *url_route(const char *base, const char *route) {
    size_t n = strcspn(base, "?#"), all = strlen(base), path = n;
    while (path && base[path - 1] == '/') path--;
    buf b = {0};
    buf_put(&b, base, path);
    buf_char(&b, '/');
    buf_z(&b, route);
    buf_put(&b, base + n, all - n);
    buf_char(&b, '\0');
    return b.p;
}

bool url_is_local(const char *url) {
    static const char *const local[] = {"127.0.0.1", "localhost", "[::1]"};
    char *shown = url_shown(url);
    const char *scheme = strstr(shown, "://"), *host = scheme ? scheme + 3 : shown;
    bool is = false;
    for (size_t i = 0; i < COUNT_OF(local); i++) {
        size_t n = strlen(local[i]);
        is = is || (strncmp(host, local[i], n) == 0 && (host[n] == '\0' || host[n] == ':' || host[n] == '/'));
    }
    free(shown);
    return is;
}

struct curl_slist *headers_new(const char *key) {
    for (const char *p = key; p && *p; p++)
        if (*p <= ' ' || *p >= 127) return NULL;
    struct curl_slist *h = curl_slist_append(NULL, "Content-Type: application/json");
    h = curl_slist_append(h, "Accept: application/json");
    h = curl_slist_append(h, "Expect:");
    if (!key || !*key) return h;
    static const char bearer[] = "Authorization: Bearer ";
    size_t n = strlen(key), head = sizeof bearer - 1;
    char *line = xmalloc(head + n + 1);
    memcpy(line, bearer, head);
    memcpy(line + head, key, n + 1);
    h = curl_slist_append(h, line);
    explicit_bzero(line, head + n);
    free(line);
    return h;
}

void headers_free(struct curl_slist *h) {
    for (struct curl_slist *i = h; i; i = i->next) explicit_bzero(i->data, strlen(i->data));
    curl_slist_free_all(h);
}

bool words_say(str words, const char *what) {
    size_t n = 0;
    while (what[n]) n++;
    for (size_t i = 0; i + n <= words.n; i++) {
        size_t k = 0;
        while (k < n && tolower((unsigned char)words.p[i + k]) == (unsigned char)what[k]) k++;
        if (k == n) return true;
    }
    return false;
}

void words_safe(str words, const char *key, char *out, size_t max) {
    size_t k = 0, n = key ? strlen(key) : 0, at = 0;
    if (max > WORDS_MOST) max = WORDS_MOST;
    while (at < words.n && k + 8 < max) {
        unsigned char c = (unsigned char)words.p[at];
        if (n && words.n - at >= n && memcmp(words.p + at, key, n) == 0) {
            memcpy(out + k, "[key]", 5);
            k += 5;
            at += n;
            continue;
        }
        size_t len = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        bool c1 = c == 0xC2 && words.n - at > 1 && (unsigned char)words.p[at + 1] < 0xA0;
        if (c1 || len > words.n - at || (c >= 128 && !text_valid(str_part(words, at, at + len)))) {
            out[k++] = '?';
            at++;
            continue;
        }
        if (c < 32 || c == 127)
            out[k] = ' ';
        else
            memcpy(out + k, words.p + at, len);
        k += len;
        at += len;
    }
    out[k] = '\0';
}

/* No byte becomes more than one, so a name that was made safe stays as it is. */
void model_name_safe(str name, char out[MODEL_NAME_SIZE]) {
    size_t n = name.n;
    if (n > MODEL_NAME_MOST) {
        n = MODEL_NAME_MOST;
        while (n > MODEL_NAME_MOST - 3 && ((unsigned char)name.p[n] & 0xC0) == 0x80) n--;
    }
    words_safe((str){name.p, n}, NULL, out, MODEL_NAME_SIZE);
}
