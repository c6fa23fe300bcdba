/* taxon_instance.c: names that stand for one thing, where a category belongs: "Project2Interest", "Python",
 * "2019". Products and companies are told by a short list of those that turn up in lists of interests and
 * skills; it holds none that is a common word as well.
 */
#include "taxonomy/taxon_parts.h"

static const char *const known[] = {
    "adidas",    "adobe",      "airbnb",      "alexa",   "alibaba",    "android",    "autocad",  "azure",
    "bitcoin",   "chatgpt",    "css",         "disney",  "duolingo",   "ebay",       "ethereum", "excel",
    "facebook",  "fortnite",   "github",      "google",  "hbo",        "html",       "ibm",      "ikea",
    "imdb",      "instagram",  "iphone",      "ipad",    "java",       "javascript", "kindle",   "kpop",
    "lego",      "linkedin",   "linux",       "macbook", "marvel",     "mastodon",   "matlab",   "messenger",
    "microsoft", "minecraft",  "mysql",       "netflix", "nike",       "nintendo",   "openai",   "paypal",
    "photoshop", "pinterest",  "playstation", "pokemon", "powerpoint", "python",     "pytorch",  "quickbooks",
    "reddit",    "roblox",     "salesforce",  "samsung", "shopify",    "skype",      "snapchat", "spotify",
    "sql",       "tensorflow", "tesla",       "tiktok",  "tinder",     "toyota",     "tumblr",   "twitch",
    "twitter",   "ubuntu",     "uber",        "ubisoft", "unix",       "vimeo",      "walmart",  "wechat",
    "whatsapp",  "wikipedia",  "wordpress",   "xbox",    "youtube",    "yelp",       "zoom"};

static bool has_digit(str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= '0' && s.p[i] <= '9') return true;
    return false;
}

const char *name_is_instance(str name) {
    arena *mem = arena_new(0);
    fold_words w = fold_words_of(mem, name);
    const char *why = has_digit(name) ? "has a number in it" : NULL;
    for (uint32_t i = 0; !why && i < w.n; i++)
        for (size_t k = 0; !why && k < COUNT_OF(known); k++)
            if (str_is(w.word[i], known[k])) why = "names a product, a company or a language of computers";
    arena_free(mem);
    return why;
}
