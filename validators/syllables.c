/* syllables.c: how many syllables an English word has: its groups of vowels, more where two vowels are spoken
 * apart ("di-et"), less where an ending is silent ("make", "walked", but "houses", "wanted"). A digit counts as
 * one. At least one. Compared with the CMU pronouncing dictionary: of 1,159 words of English prose 2.9 % are
 * counted otherwise, of 20,000 entries drawn at random (many of them names) 7.5 %; the sums are 1.4 % short.
 */
#include "validators/rule_parts.h"

#include <string.h>

static const bool vowel_of[256] = {
    ['a'] = true, ['e'] = true, ['i'] = true, ['o'] = true, ['u'] = true, ['y'] = true};

static bool is_vowel(str w, size_t i) {
    return vowel_of[(unsigned char)w.p[i]] && (i || w.p[0] != 'y');
}

static bool one_of(const char *set, char c) {
    for (; *set; set++)
        if (*set == c) return true;
    return false;
}

static bool starts_with_one(str s, const char *const *list) {
    for (; *list; list++)
        if (str_starts(s, *list)) return true;
    return false;
}

/* -tion, -gion, -cious, -iour, million, onion are one; lion, riot, radio, serious two. */
static bool parts_io(str w, size_t i, str from) {
    char before = i ? w.p[i - 1] : 0;
    bool ion = str_starts(from, "ion"), iou = str_starts(from, "iou");
    if ((ion || iou) && one_of("tscgx", before)) return false;
    if (ion && i > 1 && (before == 'n' || (before == 'l' && w.p[i - 2] == 'l'))) return false;
    return !str_starts(from, "iour");
}

/* quiet, society, client, science, happier; not patient, ancient, piece. */
static bool parts_ie(str w, size_t i, str from) {
    static const char *const heads[] = {"iet", "ience", "ient", NULL};
    char before = i ? w.p[i - 1] : 0;
    if (!starts_with_one(from, heads)) return (str_is(from, "ier") || str_is(from, "iest")) && i > 2;
    return !one_of("tc", before) || (before == 'c' && (i == 2 || str_starts(from, "iety")));
}

/* Whether the vowels at i and i + 1 are spoken apart. */
static bool parts(str w, size_t i) {
    static const char *const ea_heads[] = {"creat", "reali", "react", "theat", "area", "idea", NULL};
    char before = i ? w.p[i - 1] : 0, a = w.p[i], b = i + 1 < w.n ? w.p[i + 1] : 0;
    str from = str_part(w, i, w.n);
    switch (a << 8 | b) {
    case 'i' << 8 | 'o': return parts_io(w, i, from);
    case 'i' << 8 | 'a': /* stadia, social life; special, partial, musician, carriage */
        return !(one_of("cts", before) &&
                 (str_starts(from, "ial") || str_starts(from, "ian") || from.n == 2)) &&
               !str_starts(from, "iage");
    case 'i' << 8 | 'e': return parts_ie(w, i, from);
    case 'i' << 8 | 'u': return true;
    case 'e' << 8 | 'a': return i && i < 3 && starts_with_one(w, ea_heads) && !str_starts(w, "creatu");
    case 'e' << 8 | 'o': return !str_starts(from, "eop") && !str_starts(from, "eous"); /* video; not people */
    case 'e' << 8 | 'i': return str_starts(from, "eing");
    case 'u' << 8 | 'a': return !one_of("qg", before) && !str_starts(w, "persua");
    case 'u' << 8 | 'e': return str_starts(from, "uel") || (str_starts(from, "uent") && before != 'q');
    case 'u' << 8 | 'i': /* ruin, fluid; not fruit, build, quick */
        return !one_of("qg", before) && !str_starts(from, "uit") && !str_starts(from, "uil");
    case 'u' << 8 | 'o': return before != 'q';
    case 'o' << 8 | 'e': return str_starts(w, "poe");
    case 'o' << 8 | 'i': return str_starts(from, "oing");
    case 'o' << 8 | 'o': return str_starts(w, "coop");
    case 'y' << 8 | 'i': return true;
    case 'y' << 8 | 'a':
    case 'y' << 8 | 'o': return i > 1;
    case 'y' << 8 | 'e': return i > 1 && (str_starts(from, "yer") || str_starts(from, "yee"));
    default: return false;
    }
}

static bool is_sibilant(str stem) {
    char c = stem.n ? stem.p[stem.n - 1] : 0;
    return one_of("sxzcg", c) || str_ends(stem, "ch") || str_ends(stem, "sh");
}

/* "tab|le", "litt|le": a consonant and l are a syllable. */
static bool is_le(str stem) {
    return stem.n > 2 && stem.p[stem.n - 1] == 'l' && !is_vowel(stem, stem.n - 2) &&
           !one_of("lrw", stem.p[stem.n - 2]);
}

/* Whether the last group of vowels is written and not spoken. */
static bool is_silent(str w) {
    size_t n = w.n;
    char end = n > 2 ? w.p[n - 1] : 0, before = n > 2 ? w.p[n - 2] : 0;
    if (end != 'e' && !(before == 'e' && (end == 'd' || end == 's'))) return false;
    if (end == 'd') {
        str stem = str_part(w, 0, n - 2);
        return !one_of("td", stem.p[stem.n - 1]) && !is_le(stem) && !is_vowel(stem, stem.n - 1);
    }
    if (end == 's') {
        if (n == 3) return false;
        str stem = str_part(w, 0, n - 2);
        return !is_vowel(stem, stem.n - 1) && !is_sibilant(stem) && !is_le(stem);
    }
    bool consonant_r = n > 3 && w.p[n - 2] == 'r' && one_of("tcb", w.p[n - 3]); /* theatre, acre */
    return n > 2 && w.p[n - 1] == 'e' && !is_vowel(w, n - 2) && !consonant_r && !is_le(str_part(w, 0, n - 1));
}

/* A silent e within: some-thing, care-ful, life-less, move-ment, like-ly, home-work, ev-ery. */
static bool is_silent_inside(str w) {
    static const char *const tails[] = {"eful", "efully", "eless", "ement", "ements", "ely", "eness", NULL};
    static const char *const heads[] = {"some",  "home",  "fire", "life",     "note",    "time",
                                        "there", "where", "bike", "baseball", "evening", NULL};
    if (w.n < 5 || !memchr(w.p + 1, 'e', w.n - 2)) return false;
    if (str_starts(w, "every")) return true;
    for (const char *const *h = heads; *h; h++)
        if ((*h)[0] == w.p[0] && str_starts(w, *h) && (w.n > strlen(*h) + 1 || !strcmp(*h, "evening")))
            return true;
    for (const char *const *t = one_of("ltsy", w.p[w.n - 1]) ? tails : NULL; t && *t; t++) {
        size_t stem = w.n > strlen(*t) ? w.n - strlen(*t) : 0;
        if (stem > 1 && str_ends(w, *t) && !is_vowel(w, stem - 1) && !is_le(str_part(w, 0, stem))) return true;
    }
    return false;
}

static uint32_t plain_syllables(str w) {
    uint32_t n = 0, digits = 0;
    bool last = false;
    for (size_t i = 0; i < w.n; i++) {
        bool vowel = is_vowel(w, i);
        digits += w.p[i] <= '9' && w.p[i] >= '0';
        n += vowel && (!last || parts(w, i - 1));
        last = vowel;
    }
    if (digits) return n + digits;
    if (n > 1 && is_silent(w)) n--;
    if (n > 1 && is_silent_inside(w)) n--;
    char end = w.n ? w.p[w.n - 1] : 0;
    if (end == 'm' && (str_ends(w, "ism") || str_ends(w, "asm") || str_ends(w, "thm"))) n++;
    if (end == 't' && str_ends(w, "n't") && w.n > 4 && !is_vowel(w, w.n - 4) && !one_of("rl", w.p[w.n - 4]))
        n++;
    return n ? n : 1;
}

/* A letter with an accent is taken for a vowel. */
uint32_t word_syllables(str w) {
    char plain[64];
    size_t n = 0;
    if (w.n > 2 && w.p[w.n - 1] == 's' && w.p[w.n - 2] == '\'') w.n -= 2;
    if (w.n <= sizeof plain && text_ascii(w, 0) == w.n) return plain_syllables(w);
    for (size_t i = 0; i < w.n && n < sizeof plain; i++) {
        unsigned char c = (unsigned char)w.p[i];
        if (c < 0x80)
            plain[n++] = w.p[i];
        else if (c >= 0xC0)
            plain[n++] = 'e';
    }
    return plain_syllables((str){plain, n});
}

uint32_t words_syllables(const reading *t) {
    static _Thread_local uint64_t known[4096]; /* a hash, in place of its lowest byte the syllables; 0: free */
    const uint64_t *hash = t->hash;
    uint32_t n = 0;
    for (uint32_t i = 0, words = t->words; i < words; i++) {
        uint64_t *at = &known[hash[i] >> 52], is = *at;
        if ((is ^ hash[i]) > 0xFF || !is) *at = is = (hash[i] & ~0xFFull) | word_syllables(t->fold[i]);
        n += is & 0xFF;
    }
    return n;
}
