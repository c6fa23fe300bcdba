/* ping.c: a tiny call of our own, sent where a breaker is half open, in place of a waiting one.
 *
 * It tells a dead endpoint from calls that the server cannot answer. At the end of a run only such calls may be
 * left: they alone would keep the breaker open for ever, and nothing else would be answered by which they could
 * be told from an outage. A ping that is answered closes the breaker and stands for the hundred other answers
 * after which a call that failed six times is given up; one that fails keeps the endpoint at rest and decides
 * nothing.
 *
 * The same of refusals (400, 404): a ping in the form of the refused request, with words that nobody objects
 * to, tells an endpoint that takes none of our requests from a request that it does not take.
 */
#include "pipeline/model/transfer.h"

static const char ping_messages[] = "[{\"role\":\"user\",\"content\":\"Answer with the word yes.\"}]";

static void ping_done(call *k, const reply *r) {
    (void)r;
    endpoint *e = k->owner;
    e->pinging = false;
    e->pings++;
    e->client->successes += PING_WORTH;
}

static void ping_set(endpoint *e, const request *r) {
    e->ping = (call){.req = *r, .owner = e, .done = ping_done};
    e->ping.req.role = STR("writer");
    e->ping.req.messages = str_of(ping_messages);
}

void ping_begin(endpoint *e) {
    e->pinging = true;
    if (!e->ping_wanted)
        ping_set(e, &(request){.max_tokens = 4, .temperature_milli = 0, .top_p_milli = 1000, .seed = 1});
    e->ping_wanted = false;
}

void ping_ask(endpoint *e, const request *form) {
    if (e->pinging || e->ping_wanted) return;
    e->ping_wanted = true;
    ping_set(e, form);
    /* the call may be gone when the ping is sent */
    request *r = &e->ping.req;
    str *const part[] = {&r->schema, &r->bounded, &r->schema_name};
    buf_reset(&e->ping_form);
    for (size_t i = 0; i < COUNT_OF(part); i++) buf_str(&e->ping_form, *part[i]);
    size_t at = 0;
    for (size_t i = 0; i < COUNT_OF(part); at += part[i++]->n)
        if (part[i]->n) part[i]->p = e->ping_form.p + at;
}
