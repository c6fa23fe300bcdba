/* messages.h (private): what the checks themselves say, in the population's language; a row of messages.def
 * each. */
#ifndef POP_MESSAGES_H
#define POP_MESSAGES_H

#include "validators/validators.h"

#define MESSAGE(name, en, zh) SAY_##name,
typedef enum message_id {
#include "validators/messages.def"
    SAY_COUNT
} message_id;
#undef MESSAGE

/* `{1}` .. `{9}` of the message become the arguments. Terminated, in `mem`. */
str message_make(arena *mem, const population *p, message_id id, const str *arg, size_t args);
#define message_of(mem, p, id, ...)                                                                            \
    message_make((mem), (p), (id), (const str[]){__VA_ARGS__}, sizeof((const str[]){__VA_ARGS__}) / sizeof(str))
str message_plain(const population *p, message_id id); /* one without arguments; static */
str message_number(arena *mem, int64_t v);

#endif
