/* source_options.c: options that change the population for once: --set, what is short for it with tables; and
 * --single-shot, which is a row of those commands that speak of texts or of what they cost.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"

void source_opts(source_options *s, opt out[SOURCE_OPTS]) {
    const opt rows[SOURCE_OPTS] = {
        {"--set", NULL, OPT_LIST, &s->set, NULL, NULL},
        {"--soft", NULL, OPT_LIST, &s->soft, NULL, NULL},
        {"--scale", NULL, OPT_FLAG, &s->scale, NULL, NULL},
    };
    memcpy(out, rows, sizeof rows);
}

/* "tables.NAME.soft=WEIGHT" of NAME or NAME=WEIGHT. */
static char *soft_text(const char *name) {
    const char *eq = strchr(name, '=');
    size_t n = strlen(name) + 32;
    char *text = malloc(n);
    if (!text) abort();
    snprintf(text, n, "tables.%.*s.soft=%s", (int)(eq ? eq - name : (long)strlen(name)), name,
             eq ? eq + 1 : "1");
    return text;
}

int source_of(const command *c, source_options *s, const char *file, pop_source *out) {
    if (s->set.n + s->soft.n + s->scale + s->single_shot > LIST_MOST)
        return usage_error(c, "more than %d of --set, --soft, --scale and --single-shot together", LIST_MOST);
    for (size_t i = 0; i < s->soft.n; i++) {
        s->text[s->texts] = soft_text(s->soft.item[i]);
        s->set.item[s->set.n++] = s->text[s->texts++];
    }
    if (s->scale) s->set.item[s->set.n++] = "tables.*.scale=true";
    if (s->single_shot) s->set.item[s->set.n++] = "@single-shot";
    *out = (pop_source){file, s->set.item, s->set.n};
    return 0;
}

void source_options_free(source_options *s) {
    for (size_t i = 0; i < s->texts; i++) free(s->text[i]);
}
