/* client_stats.c: numbers of the client for displays and for the window. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/model/transfer.h"

uint32_t client_in_flight(const client *c) {
    return c->in_flight;
}

uint32_t client_queued(const client *c) {
    size_t n = c->later.n;
    for (size_t i = 0; i < c->queues; i++) n += c->queue[i].heap.n;
    return (uint32_t)n;
}

uint32_t client_limit(const client *c) {
    uint32_t sum = 0;
    for (size_t i = 0; i < c->endpoints; i++) sum += admission_limit(c->endpoint[i].admission);
    return sum < c->files ? sum : c->files;
}

int64_t client_room(const client *c) {
    return (int64_t)client_limit(c) - c->in_flight - client_queued(c);
}

uint64_t client_outcomes(const client *c, outcome o) {
    return c->outcomes[o];
}

void client_stats(const client *c, size_t i, endpoint_stats *out) {
    const endpoint *e = &c->endpoint[i];
    *out = (endpoint_stats){.in_flight = admission_in_flight(e->admission),
                            .limit = admission_limit(e->admission),
                            .open = admission_open(e->admission, clock_ns()),
                            .replies = e->replies,
                            .usage = e->usage};
    snprintf(out->url, sizeof out->url, "%s", e->shown);
    snprintf(out->model, sizeof out->model, "%s", e->model);
    out->p50_ms = admission_quantile_ms(e->admission, 0.5);
    out->p99_ms = admission_quantile_ms(e->admission, 0.99);
    memcpy(out->faults, e->faults, sizeof out->faults);
}

void endpoint_config_free(endpoint_config *e) {
    if (e->key) explicit_bzero(e->key, strlen(e->key));
    free(e->url);
    free(e->model);
    free(e->key);
    free(e->roles);
    free(e->sampling);
    *e = (endpoint_config){0};
}
