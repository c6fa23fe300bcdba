/* headers_fuzz.c: whatever a header, a URL or a server's words hold, waits are bounded and what is shown is
 * tame. The input is two lines: a header and a Date, a URL, words and a key.
 */
#include <stdlib.h>
#include <string.h>
#include "pipeline/model/transfer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WAIT_MOST ((uint64_t)600 * 1000000000)

static void must(bool holds) {
    if (!holds) abort();
}

static void check_url(const char *url) {
    char *shown = url_shown(url), *route = url_route(url, "models");
    must(strlen(shown) <= strlen(url) && !strchr(shown, '?') && !strchr(shown, '#'));
    must(strlen(route) <= strlen(url) + 7 && strstr(route, "/models"));
    url_is_local(url);
    free(shown);
    free(route);
}

static void check_words(str words, const char *key) {
    char safe[300];
    words_safe(words, key, safe, sizeof safe);
    str s = str_of(safe);
    must(text_valid(s));
    for (size_t i = 0; i < s.n; i++) must((unsigned char)s.p[i] >= 32 && s.p[i] != 127);
    if (strlen(key) > 5) must(!strstr(safe, key) || !strstr("[key]?", key));
    headers_free(headers_new(key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new(0);
    str all = {(const char *)data, size}, value, other;
    uint64_t ns = 0;
    if (!str_cut(all, '\n', &value, &other)) other = (str){0};
    value = str_dup(a, value);
    other = str_dup(a, other);
    if (header_retry_after(value, other, &ns)) must(ns <= WAIT_MOST);
    if (header_duration(value, &ns)) must(ns <= WAIT_MOST);
    check_url(str_z(a, value));
    check_words(value, str_z(a, other));
    arena_free(a);
    return 0;
}
