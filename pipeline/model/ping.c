/* ping.c: a tiny call of our own, sent where a breaker is half open, in place of a waiting one.
 *
 * It tells a dead endpoint from calls that the server cannot answer. At the end of a run only such calls may be
 * left: they alone would keep the breaker open for ever, and nothing else would be answered by which they could
 * be told from an outage. A ping that is answered closes the breaker and stands for the hundred other answers
 * after which a call that failed six times is given up; one that fails keeps the endpoint at rest and decides
 * nothing.
 */
#include "pipeline/model/transfer.h"

static const char ping_messages[] = "[{\"role\":\"user\",\"content\":\"Answer with the word yes.\"}]";

static void ping_done(call *k, const reply *r) {
    (void)r;
    endpoint *e = k->owner;
    e->pinging = false;
    e->client->successes += PING_WORTH;
}

void ping_begin(endpoint *e) {
    e->pinging = true;
    e->ping = (call){.req = {.role = STR("writer"),
                             .messages = str_of(ping_messages),
                             .max_tokens = 4,
                             .temperature_milli = 0,
                             .top_p_milli = 1000,
                             .seed = 1},
                     .owner = e,
                     .done = ping_done};
}
