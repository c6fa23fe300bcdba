/* taxon_instance.c: names that stand for one thing, where a category belongs: "Project2Interest", "Python",
 * "2019". Products and companies are told by a short list of those that turn up in lists of interests and
 * skills; it holds none that is a common word as well.
 */
#include "taxonomy/taxon/taxon_parts.h"

static const char *const known[] = {
    "adidas",   "adobe",    "airbnb",     "alibaba",   "android",    "autocad",     "bitcoin",   "chatgpt",
    "css",      "disney",   "duolingo",   "ebay",      "ethereum",   "facebook",    "fortnite",  "github",
    "google",   "hbo",      "html",       "ibm",       "ikea",       "imdb",        "instagram", "iphone",
    "ipad",     "java",     "javascript", "kindle",    "kpop",       "lego",        "linkedin",  "linux",
    "macbook",  "mastodon", "matlab",     "microsoft", "minecraft",  "mysql",       "netflix",   "nike",
    "nintendo", "openai",   "paypal",     "photoshop", "pinterest",  "playstation", "pokemon",   "powerpoint",
    "python",   "pytorch",  "quickbooks", "reddit",    "roblox",     "salesforce",  "samsung",   "shopify",
    "skype",    "snapchat", "spotify",    "sql",       "tensorflow", "tesla",       "tiktok",    "tinder",
    "toyota",   "tumblr",   "twitch",     "twitter",   "ubuntu",     "uber",        "ubisoft",   "unix",
    "vimeo",    "walmart",  "wechat",     "whatsapp",  "wikipedia",  "wordpress",   "xbox",      "youtube",
    "yelp"};

static bool has_digit(str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= '0' && s.p[i] <= '9') return true;
    return false;
}

static bool is_known(str word) {
    for (size_t k = 0; k < COUNT_OF(known); k++)
        if (str_is(word, known[k])) return true;
    return false;
}

/* Words as they are written, and parted at capitals: "iPhone", "DisneyPlus". */
static bool names_known(arena *mem, str name) {
    fold_words w = fold_words_of(mem, name);
    str folded = text_fold(mem, name);
    span *at;
    bool found = false;
    for (uint32_t i = 0; i < w.n && !found; i++) found = is_known(w.word[i]);
    for (size_t i = 0, n = text_words(folded, mem, &at); i < n && !found; i++)
        found = is_known((str){folded.p + at[i].at, at[i].n});
    return found;
}

const char *name_is_instance(str name) {
    if (has_digit(name)) return "has a number in it";
    arena *mem = arena_new(0);
    bool found = names_known(mem, name);
    arena_free(mem);
    return found ? "names a product, a company or a language of computers" : NULL;
}
