/* options.c: a table of options to typed places. Precedence: flag over environment over what the place held
 * before. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"

/* "10k", "1M", "2.5M", "1G": SI, decimal. */
static bool count_read(const char *s, uint64_t *v) {
    char *end;
    errno = 0;
    if (!isdigit((unsigned char)s[0])) return false;
    unsigned long long whole = strtoull(s, &end, 10);
    if (errno) return false;
    unsigned long long part = 0, unit = 1;
    if (*end == '.') {
        for (end++; isdigit((unsigned char)*end) && unit < 1000000000; end++) {
            part = part * 10 + (unsigned)(*end - '0');
            unit *= 10;
        }
    }
    unsigned long long by = 1;
    switch (*end) {
    case 'k':
    case 'K':
        by = 1000;
        end++;
        break;
    case 'M':
        by = 1000000;
        end++;
        break;
    case 'G':
        by = 1000000000;
        end++;
        break;
    default: break;
    }
    if (*end || part * by % unit != 0 || whole > UINT64_MAX / by / 2) return false;
    *v = whole * by + part * by / unit;
    return true;
}

bool value_store(const opt *o, const char *s) {
    uint64_t v;
    char *end;
    switch (o->kind) {
    case OPT_FLAG: *(bool *)o->to = strcmp(s, "0") != 0 && *s; return true;
    case OPT_TEXT: *(const char **)o->to = s; return true;
    case OPT_COUNT: return count_read(s, o->to);
    case OPT_NUMBER:
        if (!count_read(s, &v) || v > UINT32_MAX) return false;
        *(uint32_t *)o->to = (uint32_t)v;
        return true;
    case OPT_MONEY: *(double *)o->to = strtod(s, &end); return end != s && !*end && *(double *)o->to >= 0;
    case OPT_LIST: {
        opt_list *l = o->to;
        if (l->n == LIST_MOST) return false;
        l->item[l->n++] = s;
        return true;
    }
    }
    return false;
}

static size_t distance(const char *a, const char *b) {
    size_t n = strlen(b), row[64];
    if (n >= 63) return 99;
    for (size_t j = 0; j <= n; j++) row[j] = j;
    for (size_t i = 1; *a; a++, i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t cost = diagonal + (*a != b[j - 1]);
            diagonal = row[j];
            if (row[j - 1] + 1 < cost) cost = row[j - 1] + 1;
            if (row[j] + 1 < cost) cost = row[j] + 1;
            row[j] = cost;
        }
    }
    return row[n];
}

static int unknown(const command *c, const char *arg, const opt *table, size_t n) {
    const char *best = NULL;
    size_t least = 4;
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(arg, table[i].name);
        if (d < least) {
            least = d;
            best = table[i].name;
        }
    }
    if (best) return usage_error(c, "there is no option %s (did you mean %s?)", arg, best);
    return usage_error(c, "there is no option %s", arg);
}

static const opt *find(const opt *table, size_t n, const char *arg, size_t len) {
    for (size_t i = 0; i < n; i++) {
        if (strlen(table[i].name) == len && strncmp(table[i].name, arg, len) == 0) return &table[i];
        if (table[i].brief && strlen(table[i].brief) == len && strncmp(table[i].brief, arg, len) == 0)
            return &table[i];
    }
    return NULL;
}

static int env_read(const command *c, const opt *table, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const char *v = table[i].env ? getenv(table[i].env) : NULL;
        if (!v || !*v) continue;
        if (!value_store(&table[i], v)) return usage_error(c, "%s=%s cannot be read", table[i].env, v);
        if (table[i].given) *table[i].given = true;
    }
    return 0;
}

/* One option at argv[*i]; its value may be the next argument. */
static int one_read(const command *c, int argc, char **argv, int *i, const opt *table, size_t n, bool *seen) {
    const char *arg = argv[*i], *eq = strchr(arg, '=');
    size_t len = eq && arg[1] == '-' ? (size_t)(eq - arg) : strlen(arg);
    const opt *o = find(table, n, arg, len);
    if (!o) return unknown(c, arg, table, n);
    const char *v = arg[len] == '=' ? arg + len + 1 : NULL;
    if (o->kind == OPT_FLAG)
        v = v ? v : "1";
    else if (!v)
        v = *i + 1 < argc ? argv[++*i] : NULL;
    if (!v) return usage_error(c, "%s needs a value", o->name);
    /* the first flag replaces what the environment listed */
    if (o->kind == OPT_LIST && !seen[o - table]) ((opt_list *)o->to)->n = 0;
    seen[o - table] = true;
    if (!value_store(o, v)) return usage_error(c, "%s %s cannot be read", o->name, v);
    if (o->given) *o->given = true;
    return 0;
}

int options_read(const command *c, int argc, char **argv, const opt *table, size_t n, opt_list *rest) {
    bool seen[64] = {0};
    int status = env_read(c, table, n);
    bool ended = false;
    rest->n = 0;
    for (int i = 1; i < argc && status == 0; i++) {
        const char *arg = argv[i];
        if (!ended && (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0)) {
            fputs(c->usage, stdout);
            return 1;
        }
        if (!ended && strcmp(arg, "--") == 0)
            ended = true;
        else if (!ended && arg[0] == '-' && arg[1])
            status = one_read(c, argc, argv, &i, table, n, seen);
        else if (rest->n == LIST_MOST)
            status = usage_error(c, "too many arguments: %s", arg);
        else
            rest->item[rest->n++] = arg;
    }
    return status;
}
