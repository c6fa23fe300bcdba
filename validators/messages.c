/* messages.c: messages.def as two books, English and Chinese; a population in any other language gets the
 * English one. */
#include "validators/messages.h"

#define MESSAGE(name, en, zh) en,
static const char *const book_en[SAY_COUNT] = {
#include "validators/messages.def"
};
#undef MESSAGE
#define MESSAGE(name, en, zh) zh,
static const char *const book_zh[SAY_COUNT] = {
#include "validators/messages.def"
};
#undef MESSAGE

str message_plain(const population *p, message_id id) {
    return str_of(str_is(locale_language(p), "zh") ? book_zh[id] : book_en[id]);
}

str message_make(arena *mem, const population *p, message_id id, const str *arg, size_t args) {
    str text = message_plain(p, id);
    buf b = {0};
    for (size_t i = 0; i < text.n; i++) {
        size_t which = i + 2 < text.n && text.p[i] == '{' && text.p[i + 2] == '}'
                           ? (size_t)(text.p[i + 1] - '1')
                           : SIZE_MAX;
        if (which >= args) {
            buf_char(&b, text.p[i]);
            continue;
        }
        buf_str(&b, arg[which]);
        i += 2;
    }
    str made = str_dup(mem, buf_view(&b));
    buf_free(&b);
    return made;
}

str message_number(arena *mem, int64_t v) {
    return str_printf(mem, "%lld", (long long)v);
}
