/* Retry-After and rate-limit headers on foreign bytes: no wait beyond 600 s ever comes out. */
#include <stdlib.h>
#include "pipeline/model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    str s = {(const char *)data, n}, left, right;
    uint64_t ns;
    str_cut(s, '\n', &left, &right);
    if (header_retry_after(left, right, &ns) && ns > 600000000000u) abort();
    if (header_duration(s, &ns) && ns > 600000000000u) abort();
    return 0;
}
