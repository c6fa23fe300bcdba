/* taxon_fold.c: what a name says, whatever its spelling: "UserPreferences", "user_preference" and "The User
 * Preferences" fold to the same. Words are told apart at white space, punctuation and where a capital begins
 * one within; case is folded; English plurals lose their ending; articles, conjunctions and prepositions are
 * left out where other words remain. In languages without these endings only the first two do anything.
 */
#include "taxonomy/taxon/taxon_parts.h"

#include <string.h>

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

/* A blank wherever a word of a run such as "HTMLSkillLevel" begins, and for ASCII punctuation. */
static void parts_put(str s, buf *out) {
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i], before = i ? s.p[i - 1] : ' ', after = i + 1 < s.n ? s.p[i + 1] : ' ';
        bool ascii = !((unsigned char)c & 0x80);
        bool digit = c >= '0' && c <= '9';
        if (is_upper(c) && (is_lower(before) || (is_upper(before) && is_lower(after)))) buf_char(out, ' ');
        buf_char(out, !ascii || is_upper(c) || is_lower(c) || digit || c == '\'' ? c : ' ');
    }
}

static str singular(str w) {
    static const struct {
        const char *end;
        size_t cut;
        const char *then;
        size_t least;
    } rows[] = {{"'s", 2, "", 3},   {"ies", 3, "y", 5}, {"sses", 2, "", 6}, {"shes", 2, "", 6},
                {"ches", 2, "", 6}, {"xes", 2, "", 5},  {"ss", 0, "", 0},   {"us", 0, "", 0},
                {"is", 0, "", 0},   {"s", 1, "", 4}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (!str_ends(w, rows[i].end) || w.n < rows[i].least) continue;
        w.n -= rows[i].cut;
        if (!rows[i].then[0]) return w;
        /* "ies" -> "y": the word is a copy of ours, and has room */
        ((char *)(uintptr_t)w.p)[w.n] = rows[i].then[0];
        w.n++;
        return w;
    }
    return w;
}

static bool is_silent(str w) {
    static const char *const silent[] = {"and", "or", "of", "the", "a",  "an",  "in",
                                         "for", "to", "on", "at",  "by", "with"};
    for (size_t i = 0; i < COUNT_OF(silent); i++)
        if (str_is(w, silent[i])) return true;
    return false;
}

/* Folded words as they stand. */
fold_words name_words_of(arena *mem, str name) {
    fold_words f = {0};
    buf parts = {0};
    span *at;
    parts_put(name, &parts);
    str folded = text_fold(mem, buf_view(&parts));
    size_t n = text_words(folded, mem, &at);
    f.word = arena_new_of(mem, str, n + 1);
    for (size_t i = 0; i < n; i++) f.word[f.n++] = str_dup(mem, (str){folded.p + at[i].at, at[i].n});
    buf_free(&parts);
    return f;
}

fold_words fold_words_of(arena *mem, str name) {
    fold_words all = name_words_of(mem, name), f = {.word = all.word};
    uint32_t told = 0;
    for (uint32_t i = 0; i < all.n; i++) told += !is_silent(all.word[i]);
    for (uint32_t i = 0; i < all.n; i++)
        if (!told || !is_silent(all.word[i])) f.word[f.n++] = singular(all.word[i]);
    return f;
}

str taxon_fold(arena *mem, str name) {
    arena *scratch = arena_new(0);
    fold_words f = fold_words_of(scratch, name);
    buf b = {0};
    for (uint32_t i = 0; i < f.n; i++) {
        if (i) buf_char(&b, ' ');
        buf_str(&b, f.word[i]);
    }
    /* a name of signs alone stands for itself */
    str s = str_dup(mem, f.n ? buf_view(&b) : name);
    buf_free(&b);
    arena_free(scratch);
    return s;
}
