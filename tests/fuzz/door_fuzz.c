/* The door, the envelope and the classes of refusals on foreign bytes: no crash, and what opens is an object that is read again
 * the same from its own printing.
 */
#include <stdlib.h>
#include "pipeline/model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    str s = {(const char *)data, n};
    arena *a = arena_new(0);
    json j, again;
    reply r;
    bool final;
    outcome o;
    str words;
    if (door_open(s, a, &j) == DOOR_OPEN) {
        buf b = {0};
        json_write(&b, &j);
        if (j.kind != JSON_OBJECT || json_read(buf_view(&b), NULL, a, &again, NULL) != JSON_FAULT_NONE) abort();
        buf_free(&b);
    }
    door_envelope(s, a, &r);
    for (int status = 400; status < 520; status += 1) door_fault(status, s, a, &final, &o, &words);
    arena_free(a);
    return 0;
}
