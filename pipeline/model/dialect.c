/* dialect.c: what is left out of a request, or asked for in another way, after an endpoint has refused it in
 * these words. The steps end: each takes something away for good.
 */
#include "pipeline/model/transfer.h"

bool dialect_step(endpoint_config *e, dialect *d, str words) {
    if (words_say(words, "max_completion_tokens") && !e->token_limit_new) return e->token_limit_new = true;
    bool schema = words_say(words, "schema") || words_say(words, "response_format") ||
                  words_say(words, "json") || words_say(words, "maxlength") || words_say(words, "minlength") ||
                  words_say(words, "structured") || words_say(words, "grammar") || words_say(words, "guided");
    if (!schema && words_say(words, "temperature") && !d->no_temperature) return d->no_temperature = true;
    if (!schema && words_say(words, "top_p") && !d->no_top_p) return d->no_top_p = true;
    if (!schema && words_say(words, "seed") && !d->no_seed) return d->no_seed = true;
    if (e->bounds) {
        e->bounds = false;
        return true;
    }
    if (e->form == FORM_NONE) return false;
    e->form = e->form == FORM_JSON_SCHEMA ? FORM_JSON_OBJECT : FORM_NONE;
    return true;
}
