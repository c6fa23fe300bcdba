/* language.c: objects when a text is clearly in another language than `is` (the locale's by default).
 *
 * Scripts tell most languages apart: letters are counted by script, and a passage in Latin letters among
 * Chinese characters, or the reverse, is one too. Among languages in Latin letters those are told apart whose
 * most frequent words stand below. Names and single foreign words are no objection: another language must
 * outweigh the one wanted. Languages that are not listed are not checked, nor are texts of less than 8 words.
 */
#include "validators/rule_parts.h"

#include <string.h>

#define WORDS_LEAST   8u
#define HITS_LEAST    4u  /* words of the other language */
#define PASSAGE       12u /* words, or characters, in another script */
#define SHARE_PERCENT 15u /* that they are at least, of all words */

typedef enum script {
    LATIN,
    HAN,
    KANA,
    HANGUL,
    CYRILLIC,
    GREEK,
    ARABIC,
    HEBREW,
    DEVANAGARI,
    THAI,
    SCRIPTS,
    NO_SCRIPT
} script;

typedef struct language {
    const char *code;
    script letters;
    const char *english, *chinese;
    const char *frequent; /* words, of languages in Latin letters that can be told apart by them */
} language;

static const language languages[] = {
    {"en", LATIN, "English", "英语",
     "the and of to a in is was for with that on as her "
     "his she he it at by from be are not but they an this who"},
    {"de", LATIN, "German", "德语",
     "der die das und ist in nicht ein eine mit von den zu "
     "auf sich er sie es im dem des auch als für hat wird bei"},
    {"fr", LATIN, "French", "法语",
     "le la les et est un une des dans du de elle il que "
     "qui pour pas avec sur ne se au ses son sa par mais plus"},
    {"es", LATIN, "Spanish", "西班牙语",
     "el la los las y es un una de del en que con "
     "por para su se no al lo como más pero ella sus está le"},
    {"it", LATIN, "Italian", "意大利语",
     "il la le gli e è un una di del della in che "
     "con per non si al suo sua lo come più ma lei nel anche"},
    {"pt", LATIN, "Portuguese", "葡萄牙语",
     "o a os as e é um uma de do da em que com "
     "por para não se ao seu sua no na mais mas ela ele dos"},
    {"nl", LATIN, "Dutch", "荷兰语",
     "de het een en is van in dat die met op te voor "
     "niet zijn aan haar hij zij ze er ook als maar naar bij"},
    {"zh", HAN, "Chinese", "中文", ""},
    {"ja", KANA, "Japanese", "日语", ""},
    {"ko", HANGUL, "Korean", "韩语", ""},
    {"ru", CYRILLIC, "Russian", "俄语", ""},
    {"uk", CYRILLIC, "Ukrainian", "乌克兰语", ""},
    {"bg", CYRILLIC, "Bulgarian", "保加利亚语", ""},
    {"el", GREEK, "Greek", "希腊语", ""},
    {"ar", ARABIC, "Arabic", "阿拉伯语", ""},
    {"fa", ARABIC, "Persian", "波斯语", ""},
    {"ur", ARABIC, "Urdu", "乌尔都语", ""},
    {"he", HEBREW, "Hebrew", "希伯来语", ""},
    {"hi", DEVANAGARI, "Hindi", "印地语", ""},
    {"th", THAI, "Thai", "泰语", ""},
    {"sv", LATIN, "Swedish", "瑞典语",
     "och att det i en är som på för av med inte hon han den till ett har om sin de var"},
    {"da", LATIN, "Danish", "丹麦语",
     "og at det i en er som på for af med ikke hun han den til et har om sin de var"},
    {"pl", LATIN, "Polish", "波兰语",
     "w i na się z do nie że to jest jak po jej za od co dla ale jego oraz przez jest"},
    {"cs", LATIN, "Czech", "捷克语",
     "a se v na je že to s z do o jako si ale pro za její jeho po když by který"},
    {"tr", LATIN, "Turkish", "土耳其语",
     "ve bir bu da de için çok ile gibi daha ama onun o en her ne kadar olarak sonra"},
    {"fi", LATIN, "Finnish", "芬兰语",
     "ja on ei että hän se oli mutta kun niin myös ovat hänen kuin joka tai mukaan vain"},
    {"vi", LATIN, "Vietnamese", "越南语",
     "và là của có không cho một được người trong đã với những các cô để khi này thì"},
    {"id", LATIN, "Indonesian", "印尼语",
     "yang dan di ke dari ini itu dengan untuk tidak dia pada adalah ia akan juga karena dalam bisa"},
};

#define SLOTS 1024u

typedef struct wanted {
    const language *is;
    uint64_t filter[64]; /* a bit by the highest bits of a hash: clear, and no word below has it */
    struct frequent {
        uint64_t hash;      /* 0: free */
        uint32_t languages; /* bit set over languages[] */
    } word[SLOTS];
} wanted;
_Static_assert(COUNT_OF(languages) <= 32, "a bit for each language");

static struct frequent *frequent_find(wanted *x, uint64_t hash) {
    uint32_t i = (uint32_t)hash & (SLOTS - 1);
    while (x->word[i].hash && x->word[i].hash != hash) i = (i + 1) & (SLOTS - 1);
    return &x->word[i];
}

static void frequent_add(wanted *x, uint32_t index, arena *mem) {
    span *word;
    str all = str_of(languages[index].frequent);
    size_t n = text_words(all, mem, &word);
    for (size_t i = 0; i < n; i++) {
        uint64_t hash = word_hash(word_fold(str_part(all, word[i].at, word[i].at + word[i].n), mem));
        struct frequent *f = frequent_find(x, hash);
        f->hash = hash;
        f->languages |= 1u << index;
        x->filter[hash >> 58] |= 1ull << (hash >> 52 & 63);
    }
}

static bool compile(population *p, rule *r, const tree *body, diags *d) {
    const tree *t = tree_get(body, "is");
    wanted *x = r->data = arena_new_of(p->mem, wanted, 1);
    str code = locale_language(p), rest;
    if (t && t->kind != TREE_SCALAR)
        return diag_at(p, d, DIAG_P03, t, STR(""), "is: fr", "`is` is the code of a language");
    if (t && !t->nothing) str_cut(t->text, '-', &code, &rest);
    for (size_t i = 0; i < COUNT_OF(languages); i++)
        if (str_is(code, languages[i].code)) x->is = &languages[i];
    if (t && !t->nothing && !x->is)
        return diag_at(p, d, DIAG_P03, t, t->text, "a code such as en, de, zh",
                       "`" STR_FMT "` is no language that can be told from others", STR_ARG(t->text));
    for (uint32_t i = 0; i < COUNT_OF(languages); i++) frequent_add(x, i, p->mem);
    return rule_reads_text(p, r, body, d);
}

/* ---- quotations ----------------------------------------------------------------------------------------- */

static bool opens_quote(uint32_t cp) {
    return cp == '"' || cp == 0x201C || cp == 0x300C || cp == 0x300E || cp == 0x300A || cp == '(' ||
           cp == 0xFF08 || cp == 0xAB;
}

static bool closes_quote(uint32_t cp) {
    return cp == '"' || cp == 0x201D || cp == 0x300D || cp == 0x300F || cp == 0x300B || cp == ')' ||
           cp == 0xFF09 || cp == 0xBB;
}

/* Whether a quotation or a bracket is open behind the signs between two words. */
static bool quoted_behind(str signs, bool quoted) {
    if (signs.n == 1 && signs.p[0] == ' ') return quoted;
    for (size_t at = 0; at < signs.n;) {
        uint32_t cp = text_next(signs, &at);
        if (quoted ? closes_quote(cp) : opens_quote(cp)) quoted = !quoted;
    }
    return quoted;
}

/* ---- scripts -------------------------------------------------------------------------------------------- */

static script script_of(uint32_t cp) {
    static const struct {
        uint32_t from, to;
        script is;
    } ranges[] = {
        {'A', 'Z', LATIN},          {'a', 'z', LATIN},      {0xC0, 0x24F, LATIN},     {0x370, 0x3FF, GREEK},
        {0x400, 0x52F, CYRILLIC},   {0x590, 0x5FF, HEBREW}, {0x600, 0x6FF, ARABIC},   {0x750, 0x77F, ARABIC},
        {0x900, 0x97F, DEVANAGARI}, {0xE00, 0xE7F, THAI},   {0x1100, 0x11FF, HANGUL}, {0x1E00, 0x1EFF, LATIN},
        {0x3041, 0x30FF, KANA},     {0x3400, 0x4DBF, HAN},  {0x4E00, 0x9FFF, HAN},    {0xAC00, 0xD7A3, HANGUL},
        {0x20000, 0x323AF, HAN},
    };
    for (size_t i = 0; i < COUNT_OF(ranges) && cp >= ranges[i].from; i++)
        if (cp <= ranges[i].to) return ranges[i].is;
    return NO_SCRIPT;
}

/* A character of a script without an alphabet says as much as three letters of one with it. */
static uint32_t weight(script s) {
    return s == HAN ? 3 : s == KANA || s == HANGUL ? 2 : 1;
}

/* Outside of quotations; how many words those are. */
static uint32_t letters_count(const reading *t, bool all, uint32_t count[SCRIPTS]) {
    bool quoted = false;
    uint32_t words = 0;
    for (uint32_t i = 0; i < t->words; i++) {
        size_t at = t->word[i].at, end = at + t->word[i].n, from = i ? t->word[i - 1].at + t->word[i - 1].n : 0;
        if (!all) quoted = quoted_behind(str_part(t->text, from, at), quoted);
        if (quoted) continue;
        words++;
        while (at < end) {
            char c = t->folded.p[at];
            if ((signed char)c >= 0) {
                count[LATIN] += c >= 'a' && c <= 'z';
                at++;
                continue;
            }
            script s = script_of(text_next(t->text, &at));
            if (s < SCRIPTS) count[s] += weight(s);
        }
    }
    return words;
}

/* What the language is written in, of the letters counted. */
static uint32_t own_letters(script s, const uint32_t count[SCRIPTS]) {
    if (s == KANA) return count[KANA] ? count[KANA] + count[HAN] : count[HAN] / 2;
    if (s == HAN) return count[KANA] * 4 > count[HAN] ? 0 : count[HAN];
    return s == HANGUL ? count[HANGUL] + count[HAN] : count[s];
}

static const language *language_in(script s) {
    for (size_t i = 0; i < COUNT_OF(languages); i++)
        if (languages[i].letters == s) return &languages[i];
    return NULL;
}

static const language *by_script(const reading *t, script own) {
    uint32_t count[SCRIPTS] = {0};
    uint32_t all = 0;
    script most = LATIN;
    if (letters_count(t, false, count) < WORDS_LEAST) { /* little but quotations: what they are in */
        memset(count, 0, sizeof count);
        letters_count(t, true, count);
    }
    for (script s = LATIN; s < SCRIPTS; s++) {
        all += count[s];
        if (count[s] > count[most]) most = s;
    }
    if (own_letters(own, count) * 2 >= all) return NULL;
    if (count[KANA] * 4 > count[HAN] && most == HAN) most = KANA;
    return most == own ? NULL : language_in(most);
}

/* ---- a passage ------------------------------------------------------------------------------------------ */

static script word_script(const reading *t, uint32_t i) {
    size_t at = t->word[i].at;
    return script_of(text_next(t->text, &at));
}

/* So many words on end in another script, outside of quotations: a sentence in which the writer slipped. Latin
 * in Han or the reverse; names and titles are shorter. */
static const language *by_passage(const reading *t, script own) {
    uint32_t run = 0;
    bool quoted = false;
    if (own != LATIN && own != HAN) return NULL;
    for (uint32_t i = 0, end = 0; i < t->words; end = t->word[i].at + t->word[i].n, i++) {
        script is = word_script(t, i);
        bool before = quoted;
        quoted = quoted_behind(str_part(t->text, end, t->word[i].at), quoted);
        if (quoted || before) run = 0;
        if (is == NO_SCRIPT) continue;
        run = !quoted && is == (own == LATIN ? HAN : LATIN) ? run + 1 : 0;
        if (run == PASSAGE) return language_in(is);
    }
    return NULL;
}

/* ---- frequent words ------------------------------------------------------------------------------------- */

static const language *by_words(wanted *x, const reading *t) {
    uint32_t count[COUNT_OF(languages)] = {0}, most = 0, own = (uint32_t)(x->is - languages);
    for (uint32_t i = 0; i < t->words; i++) {
        uint64_t hash = t->hash[i];
        if (!(x->filter[hash >> 58] >> (hash >> 52 & 63) & 1)) continue;
        for (uint32_t set = frequent_find(x, hash)->languages; set; set &= set - 1) count[__builtin_ctz(set)]++;
    }
    for (uint32_t i = 0; i < COUNT_OF(languages); i++)
        if (count[i] > count[most]) most = i;
    if (most == own || count[most] < HITS_LEAST || count[most] < 2 * count[own]) return NULL;
    return count[most] * 100 >= t->words * SHARE_PERCENT ? &languages[most] : NULL;
}

static const char *name_of(const language *l, const population *p) {
    return str_is(locale_language(p), "zh") ? l->chinese : l->english;
}

static void check(const rule *r, check_ctx *c) {
    wanted *x = r->data;
    const population *p = c->rec->pop;
    reading **text;
    for (uint32_t i = 0; x->is && i < r->of.n; i++)
        for (uint32_t k = 0, texts = check_texts(c, r->of.leaf[i], &text); k < texts; k++) {
            if (text[k]->words < WORDS_LEAST) continue;
            const language *other = NULL;
            if (x->is->letters != LATIN || !text[k]->latin) { /* else: no letters but its own */
                other = by_script(text[k], x->is->letters);
                if (!other) other = by_passage(text[k], x->is->letters);
            }
            if (!other && x->is->frequent[0]) other = by_words(x, text[k]);
            if (!other) continue;
            str want = str_of(name_of(x->is, p));
            check_report(r, c, r->of.leaf[i],
                         message_of(c->mem, p, SAY_LANGUAGE, want, str_of(name_of(other, p))),
                         message_of(c->mem, p, SAY_LANGUAGE_HINT, want));
        }
}

static const char *const keys[] = {"is", NULL};
const rule_kind rule_kind_language = {
    .name = "language", .keys = keys, .needs_of = true, .by_field = true, .compile = compile, .check = check};
