/* call_end.c: what becomes of a call when its transfer ends: an outcome for the caller, another try later, or
 * the end of the run.
 *
 * Server words reach messages only through words_safe. The answer is opened in the client's arena, which is
 * used again for the next one, so what `done` is given lives until it returns.
 */
#include <string.h>
#include "pipeline/model/transfer.h"

enum { TRIES_UNREACHABLE = 6, OTHERS_UNREACHABLE = PING_WORTH };
enum { REPLIES_PROVEN = 20, REFUSED_FEW = 8 };
/* longer than a slow model takes for its first answer */
#define REFUSED_WAIT ((uint64_t)60000000000)
/* a reset header tells when a limit is whole again, not when the next call may go */
#define RESET_MOST ((uint64_t)5000000000)

static void call_finish(client *c, call *k, const reply *r) {
    c->outcomes[r->outcome]++;
    k->in.transfer = NULL;
    k->done(k, r);
}

static uint64_t wait_told(const transfer *t) {
    uint64_t ns = 0, more = 0;
    if (t->retry_after[0] && header_retry_after(str_of(t->retry_after), str_of(t->date), &ns)) return ns;
    if (t->reset_requests[0]) header_duration(str_of(t->reset_requests), &ns);
    if (t->reset_tokens[0] && header_duration(str_of(t->reset_tokens), &more) && more > ns) ns = more;
    return ns > RESET_MOST ? RESET_MOST : ns;
}

/* Counts this failure of the call; true: it is given up, while the endpoint serves others. */
static bool given_up(client *c, endpoint *e, call *k, bool resting) {
    if (resting) return false;
    if (k->in.tries++ == 0) k->in.others_at_first_failure = c->successes;
    if (k->in.tries < TRIES_UNREACHABLE || c->successes - k->in.others_at_first_failure < OTHERS_UNREACHABLE)
        return false;
    client_event(c, "unreachable", e, "one call failed six times while a hundred others were answered");
    return true;
}

/* It has answered no call, and refused more than those that may be left at the end of a resumed run. */
static bool refuses_many(const endpoint *e) {
    return e->replies == e->pings && e->refused > REFUSED_FEW;
}

/* Is this refusal of one request only? An endpoint that answers others does take our requests. While it has
 * answered none, a ping in this one's form decides; and if it takes the form but none of many calls, time does.
 */
static bool refuses_one(endpoint *e, const call *k, uint64_t now) {
    uint64_t answered = e->replies - e->pings;
    if (k == &e->ping) return answered > 0;
    if (answered == 0 && k->in.tries == 0 && e->refused++ == 0) e->refused_ns = now;
    if (refuses_many(e) && now - e->refused_ns > REFUSED_WAIT) return false;
    /* the ping also stands for the others that must have been answered before this call is given up */
    if (answered < REPLIES_PROVEN || k->in.tries + 2 >= TRIES_UNREACHABLE) ping_ask(e, &k->req);
    return true;
}

/* A fault that no further try can cure. */
static bool fault_ends_run(client *c, const endpoint *e, fault f, const char *words) {
    switch (f) {
    case FAULT_AUTH:
        client_fatal(c, ERR_ENDPOINT,
                     "set OPENAI_API_KEY, or name the variable with --key-env or a file with --key-file",
                     e->cfg->key ? "%s refuses the key: %s" : "%s wants a key, and none is set: %s", e->shown,
                     words);
        return true;
    case FAULT_NO_MODEL:
        client_fatal(c, ERR_ENDPOINT,
                     "name one with --model; `populace check FILE --llm URL` asks the server which there are",
                     "%s does not know the model %s: %s", e->shown, e->model[0] ? e->model : "that it has",
                     words);
        return true;
    case FAULT_QUOTA:
        client_fatal(c, ERR_ENDPOINT,
                     "raise the quota, or set another key in OPENAI_API_KEY; then run the same command again",
                     "%s: the account's quota is used up: %s", e->shown, words);
        return true;
    case FAULT_BAD_REQUEST:
        client_fatal(c, ERR_ENDPOINT, "`populace preview` shows the request", "%s refuses a request: %s",
                     e->shown, words);
        return true;
    default: return false;
    }
}

/* false: nothing is left that could be changed, so it is not the form that is refused. */
static bool dialect_change(client *c, transfer *t, str words, const char *safe) {
    endpoint *e = t->of;
    /* of many in flight the first one changes it; the others were sent before that */
    if (t->dialect != e->dialect.version) return true;
    if (!dialect_step(e->cfg, &e->dialect, words)) return false;
    e->dialect.version++;
    client_event(c, "dialect", e, safe);
    return true;
}

static void call_failed(client *c, transfer *t, fault f, str words) {
    endpoint *e = t->of;
    call *k = t->call;
    uint64_t now = clock_ns();
    char safe[512];
    words_safe(words, e->cfg->key, safe, sizeof safe);
    if (f == FAULT_SCHEMA && !dialect_change(c, t, words, safe)) f = FAULT_BAD_REQUEST;
    bool resting = admission_open(e->admission, now);
    uint64_t delay =
        admission_fault(e->admission, now, f, k->in.tries + k->in.refusals, t->reserved, wait_told(t));
    e->faults[f]++;
    bool of_one = (f == FAULT_BAD_REQUEST || f == FAULT_NO_MODEL) && refuses_one(e, k, now);
    if (!of_one && fault_ends_run(c, e, f, safe)) return;
    if (k == &e->ping) {
        e->pinging = false;
        return;
    }
    if (f == FAULT_RATE || f == FAULT_OVERLOAD) {
        k->in.refusals++; /* says nothing of this call */
    } else if (f != FAULT_SCHEMA && given_up(c, e, k, resting || refuses_many(e))) {
        reply r = {.outcome = OUTCOME_UNREACHABLE,
                   .text = str_of(safe),
                   .finish = str_of(fault_name(f)),
                   .model = str_of(e->model),
                   .endpoint = e->index};
        call_finish(c, k, &r);
        return;
    }
    k->in.not_before_ns = now + delay;
    k->in.transfer = NULL;
    call_heap_push(&c->later, k);
}

/* What the server did not count; four bytes are about one token. */
static void usage_guess_rest(const transfer *t, reply *r) {
    if (!r->usage.prompt) r->usage.prompt = (t->body.n + 3) / 4;
    if (r->outcome == OUTCOME_TOO_BIG) r->usage.completion = (t->answer.n + 3) / 4;
}

/* refused: without the model's having worked on it, so its latency is none. */
static void call_answered(client *c, transfer *t, reply *r, bool refused) {
    endpoint *e = t->of;
    if (!refused) usage_guess_rest(t, r);
    uint64_t now = clock_ns(), took = now - t->started_ns, used = r->usage.prompt + r->usage.completion;
    admission_done(e->admission, now, refused ? 0 : took, t->reserved, used ? (uint32_t)used : t->reserved,
                   (uint32_t)r->usage.completion);
    r->endpoint = e->index;
    r->ms = (uint32_t)(took / 1000000);
    if (!r->model.n) r->model = str_of(e->model);
    r->usage.calls = 1;
    e->replies++;
    e->usage.calls++;
    e->usage.prompt += r->usage.prompt;
    e->usage.completion += r->usage.completion;
    e->usage.cached += r->usage.cached;
    e->usage.reasoning += r->usage.reasoning;
    c->successes++;
    c->last_success_ns = now;
    call_finish(c, t->call, r);
}

static fault fault_of(CURLcode code) {
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return FAULT_TIMEOUT;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_FAILED_INIT: return FAULT_CONNECT;
    default: return FAULT_BROKEN;
    }
}

static void transfer_judge(client *c, transfer *t, CURLcode code, long status) {
    str body = buf_view(&t->answer), words = STR("");
    reply r = {0};
    bool final;
    arena_reset(c->mem);
    if (t->too_big) {
        r.outcome = OUTCOME_TOO_BIG;
        r.finish = STR("cut");
        call_answered(c, t, &r, false);
    } else if (code != CURLE_OK) {
        call_failed(c, t, fault_of(code), str_of(curl_easy_strerror(code)));
    } else if (status == 200) {
        if (door_envelope(body, c->mem, &r))
            call_answered(c, t, &r, false);
        else
            call_failed(c, t, FAULT_ENVELOPE, body);
    } else {
        fault f = door_fault((int)status, body, c->mem, &final, &r.outcome, &words);
        if (final) {
            char *safe = arena_alloc(c->mem, 512); /* it goes into a log: valid UTF-8 */
            words_safe(words, t->of->cfg->key, safe, 512);
            r.text = str_of(safe);
            r.finish = STR("error");
            call_answered(c, t, &r, true);
        } else {
            call_failed(c, t, f, words);
        }
    }
}

void transfer_done(transfer *t, CURLcode code, long status) {
    client *c = t->of->client;
    c->in_flight--;
    /* while the caller works on the reply it may submit: what that adds is dispatched once, behind it */
    bool outer = c->dispatching;
    c->dispatching = true;
    transfer_judge(c, t, code, status);
    c->dispatching = outer;
    transfer_put(t);
    client_dispatch(c);
}
