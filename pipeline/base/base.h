/* base.h: what every folder stands on: errors, memory, strings, maps, strict JSON, hashing,
 * counter-based random numbers, decimal-exact arithmetic, text measures, files, frames, queues.
 *
 * Rules that hold for all of it:
 *  - Functions that can fail return false or NULL and fill an `err`; nothing prints or exits.
 *  - Out of memory aborts. A run is crash-only: what was durable is found again on resume, so an
 *    unwinding path for malloc would be code that no test reaches.
 *  - `str` borrows: whoever hands one over says how long it lives. Model text passes only as `str`.
 *  - No function of libm is used here but sqrt: log, exp and friends differ in their last bits between CPUs,
 *    and what is computed here reaches rows. num_log and its kin use only + - * / and bit patterns.
 */
#ifndef POP_BASE_H
#define POP_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdarg.h>

#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define COUNT_OF(a)       (sizeof(a) / sizeof((a)[0]))

/* ---- errors --------------------------------------------------------------------------------- */

/* code, exit status of the command (DESIGN: 0 done, 1 internal, 2 usage or population, 3 shortfall or
 * infeasible, 4 budget, 5 no endpoint, 6 locked or another population, 75 run again), short name */
#define ERR_MAP(X)                                                                                             \
    X(OK, 0, "ok")                                                                                             \
    X(INTERNAL, 1, "internal error")                                                                           \
    X(IO, 1, "input or output failed")                                                                         \
    X(FORMAT, 1, "a file of ours is damaged")                                                                  \
    X(LEDGER, 1, "the ledger cannot be read")                                                                  \
    X(REPLAY, 1, "the run cannot be reproduced")                                                               \
    X(USAGE, 2, "usage")                                                                                       \
    X(POPULATION, 2, "population file")                                                                        \
    X(PLAN, 3, "quotas cannot be met")                                                                         \
    X(SHORTFALL, 3, "finished with a shortfall")                                                               \
    X(VERIFY, 1, "verification failed")                                                                        \
    X(BUDGET, 4, "budget or time reached")                                                                     \
    X(ENDPOINT, 5, "no endpoint usable")                                                                       \
    X(LOCKED, 6, "directory locked")                                                                           \
    X(MISMATCH, 6, "directory of another population")                                                          \
    X(DISK_FULL, 75, "disk full, checkpointed")                                                                \
    X(STOPPED, 75, "stopped, checkpointed")

#define ERR_ENUM(name, status, text) ERR_##name,
typedef enum err_code { ERR_MAP(ERR_ENUM) ERR_COUNT } err_code;
#undef ERR_ENUM

/* One error: the sentence carries the offending value, the hint says what to do about it. */
typedef struct err {
    err_code code;
    char text[1536];
    char hint[512];
} err;

/* Fills `e` (may be NULL) and returns false, so that `return err_set(...)` forwards. hint may be NULL. */
bool err_set(err *e, err_code code, const char *hint, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* As err_set with ERR_IO (ERR_DISK_FULL for ENOSPC and EDQUOT), "what path: strerror". */
bool err_errno(err *e, int errnum, const char *what, const char *path);
int err_status(err_code code); /* exit status, 0..255 */
const char *err_name(err_code code);

/* ---- memory --------------------------------------------------------------------------------- */

void *xmalloc(size_t n);
char *xstrdup(const char *z); /* NULL gives NULL */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);

/* A bump allocator. Everything in it dies at once; nothing in it is freed alone. One owner, one thread. */
typedef struct arena arena;
arena *arena_new(size_t first_block);  /* 0: 16 KB */
void arena_reset(arena *a);            /* keeps the largest block */
void arena_free(arena *a);             /* NULL is fine */
size_t arena_bytes(const arena *a);    /* held from malloc, for memory budgets */
void *arena_alloc(arena *a, size_t n); /* zeroed, 16-byte aligned, never NULL */
void *arena_room(arena *a, size_t n);  /* the same, not zeroed: for what is written at once */
void *arena_dup(arena *a, const void *p, size_t n);
#define arena_new_of(a, type, n)  ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))
#define arena_room_of(a, type, n) ((type *)arena_room((a), sizeof(type) * (size_t)(n)))

/* ---- strings -------------------------------------------------------------------------------- */

/* Borrowed bytes with a length; not terminated unless said. p may be NULL only if n is 0. */
typedef struct str {
    const char *p;
    size_t n;
} str;

#define STR(lit)   ((str){(lit), sizeof(lit) - 1})
#define STR_FMT    "%.*s"
#define STR_ARG(s) (int)(s).n, ((s).p ? (s).p : "")

str str_of(const char *z); /* NULL gives the empty one */
str str_part(str s, size_t from, size_t to);
str str_trim(str s); /* ASCII white space at both ends */
bool str_eq(str a, str b);
bool str_is(str a, const char *z);
int str_cmp(str a, str b); /* bytes, then length */
bool str_starts(str s, const char *prefix);
bool str_ends(str s, const char *suffix);
/* What follows a noun after n: "" of 1, else "s". */
static inline const char *plural(uint64_t n) {
    return n == 1 ? "" : "s";
}
bool str_find(str hay, str needle, size_t *at);
bool str_cut(str s, char at, str *left, str *right); /* false if `at` does not occur: left = s */
bool str_i64(str s, int64_t *v);                     /* the whole of s, base 10, no blanks */
str str_dup(arena *a, str s);                        /* terminated with a NUL beyond n */
char *str_z(arena *a, str s);
str str_printf(arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
size_t str_distance(str a, str b); /* edit distance, for "did you mean" */

/* A growable buffer; the owner calls buf_free. buf_str is valid until the next put. */
typedef struct buf {
    char *p;
    size_t n, cap;
} buf;

void buf_reserve(buf *b, size_t more);
void buf_put(buf *b, const void *p, size_t n);
void buf_str(buf *b, str s);
void buf_z(buf *b, const char *z);
void buf_char(buf *b, char c);
void buf_i64(buf *b, int64_t v);
void buf_printf(buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_json(buf *b, str s);     /* with quotes, canonical escapes, UTF-8 kept as it is; s is valid UTF-8 */
void buf_json_raw(buf *b, str s); /* the same without the quotes */
str buf_view(const buf *b);
void buf_reset(buf *b); /* n = 0, memory kept */
void buf_free(buf *b);

/* ---- maps ----------------------------------------------------------------------------------- */

/* str -> pointer. Keys are borrowed and must outlive the map. */
typedef struct strmap strmap;
strmap *strmap_new(size_t expected);
void strmap_free(strmap *m);
void *strmap_get(const strmap *m, str key);        /* NULL: not there */
void *strmap_put(strmap *m, str key, void *value); /* returns the older value, or NULL */
size_t strmap_size(const strmap *m);

/* uint64 -> uint64. The value 0 is allowed; presence is told apart. */
typedef struct u64map u64map;
u64map *u64map_new(size_t expected);
void u64map_free(u64map *m);
bool u64map_get(const u64map *m, uint64_t key, uint64_t *value);
bool u64map_put(u64map *m, uint64_t key, uint64_t value); /* false if it was there: value replaced */
bool u64map_del(u64map *m, uint64_t key, uint64_t *value);
size_t u64map_size(const u64map *m);
bool u64map_first(const u64map *m, uint64_t *key); /* any one key; false: empty */

/* ---- hashing -------------------------------------------------------------------------------- */

typedef struct hash128 {
    uint64_t lo, hi;
} hash128;

/* XXH3-64. The seed is for constants: with counters or addresses as seeds short texts collide; mix those in by
 * rng_u64. */
uint64_t hash_64(str s, uint64_t seed);
hash128 hash_128(str s);                /* XXH3-128 */
bool hash_eq(hash128 a, hash128 b);
void hash_hex(hash128 h, char out[33]); /* 32 hex digits, high word first, NUL */
bool hash_parse(str hex, hash128 *h);

/* ---- random numbers: pure functions of their keys -------------------------------------------- */

/* One 64-bit draw for a key of five words; a change of any bit of any word changes half of the bits. */
uint64_t rng_u64(uint64_t seed, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
/* For many draws with the same first words: rng_more(rng_start(seed, a, b), word), two words never alike. */
uint64_t rng_start(uint64_t seed, uint64_t a, uint64_t b);
uint64_t rng_more(uint64_t start, uint64_t word);
double rng_unit(uint64_t r);                /* (0, 1): 53 bits, never 0 or 1 */
uint64_t rng_below(uint64_t r, uint64_t n); /* [0, n): multiply-shift; n >= 1 */
/* A keyed permutation of [0, n) (Feistel network with cycle walking); n >= 1, i < n. */
uint64_t rng_permute(uint64_t key, uint64_t i, uint64_t n);
/* For one i and n under many keys, which are random words: where i is found once, then moved by each key;
 * `to` may be `key`. */
typedef struct rng_place {
    uint64_t width, rows, last; /* of a rectangle; places in its last row */
    uint64_t column, row;
    uint32_t rounds;
} rng_place;
rng_place rng_place_of(uint64_t i, uint64_t n);
void rng_moves(const rng_place *p, const uint64_t *key, size_t keys, uint64_t *to);

/* ---- numbers without libm ------------------------------------------------------------------- */

double num_log(double x);         /* x > 0; relative error below 1e-14 */
double num_exp(double x);         /* |x| <= 700 */
double num_normal_cdf(double z);  /* absolute error below 1e-13 */
double num_normal_inv(double p);  /* 0 < p < 1; AS 241 form, relative error below 1e-9 */
uint32_t num_log2_q8(uint32_t x); /* floor(256 * log2(x)) for x >= 1, from an integer table */

/* A decimal: value = m / 10^places. The text form of numbers in population files and rows. */
typedef struct dec {
    int64_t m;
    uint8_t places; /* 0..9 */
} dec;
bool dec_parse(str s, dec *d); /* [-+]digits[.digits], at most 9 places and 15 digits */
double dec_double(dec d);
void dec_print(buf *b, int64_t m, uint8_t places); /* canonical: no trailing zeros, no "-0" */

/* ---- JSON, strict --------------------------------------------------------------------------- */

typedef enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
} json_kind;

/* A tree in an arena. `text` of a number is as written; of a string unescaped, valid UTF-8 without NUL and C0
 * controls other than \t \n \r. Members keep their order; no key occurs twice (case counts). */
typedef struct json json;
typedef struct json_member json_member;
struct json {
    json_kind kind;
    uint32_t n;            /* items or members */
    uint32_t line, column; /* where it starts, from 1 */
    str text;
    union {
        json *item;
        json_member *member;
    };
};
struct json_member {
    str key;
    uint32_t line, column; /* of the key */
    json value;
};

typedef struct json_limits {
    uint32_t depth, members, string_bytes, nodes; /* 0: no limit, except depth: 64 */
} json_limits;

#define JSON_FAULT_MAP(X)                                                                                      \
    X(NONE, "ok")                                                                                              \
    X(SYNTAX, "not JSON")                                                                                      \
    X(TRUNCATED, "ends too early")                                                                             \
    X(TRAILING, "text after the value")                                                                        \
    X(DEPTH, "nested too deep")                                                                                \
    X(MEMBERS, "too many members")                                                                             \
    X(LONG, "string too long")                                                                                 \
    X(NODES, "too many values")                                                                                \
    X(UTF8, "not UTF-8")                                                                                       \
    X(CONTROL, "control character")                                                                            \
    X(ESCAPE, "bad escape")                                                                                    \
    X(NUMBER, "bad number")                                                                                    \
    X(DUPLICATE, "a key twice")
#define JSON_FAULT_ENUM(name, text) JSON_FAULT_##name,
typedef enum json_fault { JSON_FAULT_MAP(JSON_FAULT_ENUM) JSON_FAULT_COUNT } json_fault;
#undef JSON_FAULT_ENUM

/* Reads one value from the start of `s` (white space allowed around it). *end, if not NULL, receives the
 * offset behind the value and trailing text is then allowed; else it is JSON_FAULT_TRAILING.
 * On a fault *end (if given) is the offset of the fault. Strings without escapes point into `s`. */
json_fault json_read(str s, const json_limits *limits, arena *a, json *out, size_t *end);
const char *json_fault_text(json_fault f);
const json *json_get(const json *object, const char *key); /* NULL: no such member, or not an object */
str json_str(const json *object, const char *key);         /* string member, else empty */
bool json_i64(const json *object, const char *key, int64_t *v);
void json_write(buf *b, const json *v); /* compact, canonical */

/* ---- text: Unicode measures (utf8proc) -------------------------------------------------------- */

typedef struct span {
    uint32_t at, n; /* bytes */
} span;

typedef struct text_size {
    uint32_t words, chars, sentences, paragraphs, lines;
} text_size;

bool text_valid(str s);                /* UTF-8 as RFC 3629, no surrogates, no NUL */
str text_nfc(arena *a, str s);         /* s is valid; returns s itself where it is NFC already (ASCII is) */
str text_fold(arena *a, str s);        /* NFC, full case folding */
size_t text_ascii(str s, size_t from); /* where the first byte beyond ASCII stands, s.n: none does */
void text_small(str s, char *to);      /* s.n bytes: ASCII letters small, all else as it is */
str text_bare(arena *a, str s);        /* without accents and the like: NFKC less its marks */
/* Words with a letter or digit (UAX 29: apostrophes and inner points join; each Han or kana character is one
 * word; a hyphen divides). *out lives in `a`. */
size_t text_words(str s, arena *a, span **out);
/* Sentences: end at . ! ? … 。 ！ ？ with closing quotes, not behind common abbreviations and initials. */
size_t text_sentences(str s, arena *a, span **out);
text_size text_measure(str s, arena *scratch);
uint32_t text_columns(str s);               /* terminal cells */
bool text_dense(uint32_t codepoint);        /* Han, kana, Thai and other scripts written without spaces */
uint32_t text_next_wide(str s, size_t *at); /* text_next beyond ASCII */
/* The code point at *at, *at moves behind it; s is valid. */
static inline uint32_t text_next(str s, size_t *at) {
    unsigned char c = (unsigned char)s.p[*at];
    if (c >= 0x80) return text_next_wide(s, at);
    ++*at;
    return c;
}

/* ---- text: what texts are compared by ----------------------------------------------------------- */

/* The function words of a language ("en"), folded, divided by blanks; empty for languages we have no list of.
 */
str function_words(str language);

enum { FEATURES_MAX = 65536, FEATURE_WEIGHT_MAX = 511 }; /* of one text; what comes after them is not read */

typedef enum feature_kind { FEATURE_WORD, FEATURE_PAIR, FEATURE_GRAM } feature_kind;

/* A distinct feature of a text. Words and pairs say where they stand, for evidence. */
typedef struct feature {
    uint64_t hash;
    uint32_t at, n; /* bytes in the text: of its first occurrence */
    uint16_t times;
    uint8_t kind;
    bool telling; /* fit to be shown as evidence: no silent word in it */
} feature;

/* Reused from text to text. */
typedef struct features {
    feature *row;
    uint32_t n, cap;
    uint32_t *place; /* hash table of row index + 1 */
    uint32_t places;
} features;

/* Words that give no features: the function words of a language, and those that were added. */
typedef struct silent_words silent_words;
silent_words *silent_new(str language);
void silent_add(silent_words *s, str text); /* its words, and pairs of them */
void silent_free(silent_words *s);          /* NULL is fine */

void features_free(features *f);
/* text: folded words divided by one blank, fields by '\n'. */
void features_read(features *f, const silent_words *s, str text);
const feature *features_find(const features *f, uint64_t hash); /* NULL: not there */
uint8_t feature_rarity(uint64_t documents, uint32_t df);        /* of a feature that df of them have */
int16_t feature_weigh(const feature *f, uint8_t rarity); /* 0..FEATURE_WEIGHT_MAX: rarity x damped frequency */

/* ---- files ---------------------------------------------------------------------------------- */

bool file_read(const char *path, size_t limit, buf *out, err *e); /* appends; over the limit: ERR_FORMAT */
bool file_write_all(int fd, const void *p, size_t n, const char *path, err *e);
/* write DIR/name.tmp, fsync, rename, fsync DIR: after a crash there is the old file or the new one, whole. */
bool file_publish(const char *dir, const char *name, str content, err *e);
/* The second half alone, for a .tmp that the caller wrote and left open (it is fsynced, not closed). */
bool file_publish_fd(int fd, const char *dir, const char *tmp, const char *name, err *e);
bool file_sync_dir(const char *dir, err *e);
/* DIR/name becomes DIR/name+suffix (with a number if that is taken); DIR is synced. Never deletes. */
bool file_set_aside(const char *dir, const char *name, const char *suffix, err *e);
/* As file_publish without any sync: for what may be lost (displays). */
bool file_replace(const char *dir, const char *name, str content, err *e);
bool file_make_dir(const char *path, err *e); /* with parents; fine if it exists */
bool file_dir_holds(const char *path);        /* a file that is not empty */
bool file_dir_vacant(const char *path);       /* nothing is there, or an empty folder */
char *path_join(arena *a, const char *dir, const char *name);
/* The full path of a file that is installed with populace ("populations/NAME/population.yaml",
 * "embedded/fetch.py"): looked for in $POPULACE_SHARE, then relative to the executable. NULL: not found. */
char *share_path(arena *a, const char *rel);
/* Named places where a test may kill the process: exits at once with 137 if POP_CRASH_AT names it
 * ("name" or "name:N" for the Nth time). */
void crash_point(const char *name);

/* ---- zstd frames ---------------------------------------------------------------------------- */

/* Appends one frame with content size and checksum. level 1..19. */
void frame_pack(buf *out, str raw, int level);
typedef enum frame_state { FRAME_WHOLE, FRAME_END, FRAME_TORN } frame_state;
/* Reads the frame that starts at data[*at]: appends its content to `out` (may be NULL: only sized), moves *at
 * behind it. Skippable frames are passed over. FRAME_TORN: cut off, damaged, or over `limit` bytes of content.
 */
frame_state frame_next(str data, size_t *at, size_t limit, buf *out);

/* ---- batch queue between two threads ---------------------------------------------------------- */

/* A bounded first-in-first-out queue of intrusive nodes. push blocks never: it reports fullness so that the
 * producer stops admitting (a full queue never drops). `wake` runs on the pushing thread after a push that
 * found the queue empty; it must not block (uv_async_send, or nothing for consumers that wait). */
typedef struct queue_node {
    struct queue_node *next;
    size_t bytes; /* what it counts for against the limit */
} queue_node;
typedef struct queue queue;
queue *queue_new(size_t max_nodes, size_t max_bytes, void (*wake)(void *), void *wake_arg);
void queue_free(queue *q); /* must be empty */
void queue_push(queue *q, queue_node *n);
bool queue_full(queue *q);        /* at or over either limit */
queue_node *queue_take(queue *q); /* all there is, in order; NULL if none */
queue_node *queue_wait(queue *q,
                       int ms); /* waits up to ms (-1: for ever) until something is there or it is closed */
void queue_close(queue *q);     /* wakes the waiter; queue_wait then returns what is left, then NULL */
size_t queue_size(queue *q);

/* ---- time ----------------------------------------------------------------------------------- */

uint64_t clock_ns(void); /* CLOCK_MONOTONIC */

#endif
