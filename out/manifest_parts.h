/* manifest_parts.h (private): the quotas' part of a manifest. */
#ifndef POP_MANIFEST_PARTS_H
#define POP_MANIFEST_PARTS_H

#include "out/out.h"

void quotas_put(const manifest *m, buf *out);

#endif
