/* model_headers_test.c: when a server says to come back; how URLs, keys and foreign words are shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "pipeline/model/transfer.h"

#define MS 1000000u

static void duration_is(const char *text, uint64_t ms) {
    uint64_t ns = 0;
    if (!header_duration(str_of(text), &ns)) fail_msg("%s is no duration", text);
    if (ns / MS < (ms ? ms - 1 : 0) || ns / MS > ms + 1)
        fail_msg("%s is %llu ms", text, (unsigned long long)(ns / MS));
}

static void durations(void **state) {
    (void)state;
    uint64_t ns;
    duration_is("1s", 1000);
    duration_is("6m0s", 360000);
    duration_is("12ms", 12);
    duration_is("1.5s", 1500);
    duration_is(" 2m ", 120000);
    duration_is("1h", 600000); /* clamped */
    duration_is("0s", 0);
    duration_is("7", 7000);
    static const char *const bad[] = {"", "soon", "-1", "s", "1x", "1s2", "..", "1 s", "ms", "1sms"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (header_duration(str_of(bad[i]), &ns)) fail_msg("'%s' is a duration", bad[i]);
}

static void retry_after(void **state) {
    (void)state;
    uint64_t ns;
    str date = STR("Wed, 21 Oct 2026 07:28:00 GMT");
    assert_true(header_retry_after(STR("7"), STR(""), &ns));
    assert_int_equal(ns / MS, 7000);
    assert_true(header_retry_after(STR("0.5"), STR(""), &ns));
    assert_int_equal(ns / MS, 500);
    assert_true(header_retry_after(STR("Wed, 21 Oct 2026 07:28:05 GMT"), date, &ns));
    assert_int_equal(ns / MS, 5000);
    assert_true(header_retry_after(STR("Wed, 21 Oct 2026 07:27:05 GMT"), date, &ns)); /* past */
    assert_int_equal(ns, 0);
    assert_true(header_retry_after(STR("Thu, 21 Oct 2027 07:28:05 GMT"), date, &ns));
    assert_int_equal(ns / MS, 600000);
    assert_true(header_retry_after(STR("99999999999"), STR(""), &ns));
    assert_int_equal(ns / MS, 600000);
    /* a date without the server's own clock says nothing */
    assert_false(header_retry_after(STR("Wed, 21 Oct 2026 07:28:05 GMT"), STR(""), &ns));
    static const char *const bad[] = {"", "-1", "soon", "1e9x", "7 apples", "\xff\xfe"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) assert_false(header_retry_after(str_of(bad[i]), date, &ns));
}

static void shown_is(const char *url, const char *want) {
    char *got = url_shown(url);
    assert_string_equal(got, want);
    free(got);
}

static void route_is(const char *base, const char *want) {
    char *got = url_route(base, "chat/completions");
    assert_string_equal(got, want);
    free(got);
}

static void urls(void **state) {
    (void)state;
    shown_is("http://h:1/v1", "http://h:1/v1");
    shown_is("https://user:p@ss@h/v1?key=secret#x", "https://h/v1");
    shown_is("http://h/a@b", "http://h/a@b"); /* not user info */
    shown_is("h", "h");
    shown_is("", "");
    route_is("http://h/v1", "http://h/v1/chat/completions");
    route_is("http://h/v1///", "http://h/v1/chat/completions");
    route_is("http://h/v1/?api-version=2", "http://h/v1/chat/completions?api-version=2");
    assert_true(url_is_local("http://127.0.0.1:80/v1"));
    assert_true(url_is_local("http://u:p@localhost/v1"));
    assert_true(url_is_local("http://[::1]:8000/v1"));
    assert_false(url_is_local("http://localhost.example/v1"));
    assert_false(url_is_local("http://example/127.0.0.1"));
}

static void keys_stand_in_headers(void **state) {
    (void)state;
    struct curl_slist *h = headers_new("sk-1");
    bool found = false;
    for (struct curl_slist *i = h; i; i = i->next)
        found = found || strcmp(i->data, "Authorization: Bearer sk-1") == 0;
    assert_true(found);
    headers_free(h);
    h = headers_new(NULL);
    for (struct curl_slist *i = h; i; i = i->next) assert_null(strstr(i->data, "Authorization"));
    headers_free(h);
    assert_null(headers_new("a b"));
    assert_null(headers_new("a\r\nHost: x"));
    assert_null(headers_new("caf\xc3\xa9"));
}

static void words_are(str words, const char *key, const char *want) {
    char out[512];
    words_safe(words, key, out, sizeof out);
    assert_string_equal(out, want);
}

static void foreign_words_are_tame(void **state) {
    (void)state;
    words_are(STR("plain"), NULL, "plain");
    words_are(STR("a\x1b[31mb\nc\0d"), NULL, "a [31mb c d");
    words_are(STR("caf\xc3\xa9 \xff\xc3"), NULL, "caf\xc3\xa9 ??");
    words_are(STR("c1 \xc2\x9b"), NULL, "c1 ??");
    words_are(STR("bad key sk-123, really sk-123"), "sk-123", "bad key [key], really [key]");
    char long_words[5000], out[512];
    memset(long_words, 'x', sizeof long_words);
    words_safe((str){long_words, sizeof long_words}, NULL, out, sizeof out);
    assert_in_range(strlen(out), 100, 400);
    words_safe((str){long_words, sizeof long_words}, NULL, out, 20);
    assert_true(strlen(out) < 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations),
        cmocka_unit_test(retry_after),
        cmocka_unit_test(urls),
        cmocka_unit_test(keys_stand_in_headers),
        cmocka_unit_test(foreign_words_are_tame),
    };
    return cmocka_run_group_tests_name("model_headers", tests, NULL, NULL);
}
