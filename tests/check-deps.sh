#!/usr/bin/env bash
# The header graph: a folder may include its own headers, and of other folders only their faces (the header with the
# folder's own name), along these edges. The folders of taxonomy/ but solve are parts of one library: along an edge they see all
# headers of one another. Prints what breaks it.
set -eu
cd "$(dirname "$0")/.."
edges='pipeline/base:
pipeline/model: pipeline/base
taxonomy/solve: pipeline/base
taxonomy/compose: pipeline/base taxonomy
taxonomy/compile: pipeline/base taxonomy taxonomy/compose
taxonomy/plan: pipeline/base taxonomy taxonomy/compile taxonomy/solve
taxonomy/draw: pipeline/base taxonomy taxonomy/compile taxonomy/plan
taxonomy/taxon: pipeline/base taxonomy taxonomy/compose taxonomy/compile
taxonomy: pipeline/base taxonomy/compose taxonomy/compile taxonomy/plan taxonomy/draw
validators: pipeline/base taxonomy
out: pipeline/base taxonomy
stages: pipeline/base taxonomy validators
pipeline: pipeline/base pipeline/model taxonomy validators stages out include
cli: include
include:'
{ echo "$edges"; echo ==; grep -rHoE --include='*.[ch]' '^ *# *include +"[^"]+"' pipeline taxonomy validators out stages cli include || true; } | awk '
    function part(f) { return f ~ /^taxonomy/ && f != "taxonomy/solve" }
    /^==/ { body = 1; next }
    !body { split($0, a, ":"); n = split(a[2], b, " "); known[a[1]] = 1; for (i = 1; i <= n; i++) ok[a[1], b[i]] = 1; next }
    {
        i = index($0, ":"); f = substr($0, 1, i - 1); h = $0
        sub(/.*include +"/, "", h); sub(/".*/, "", h)
        d = f; sub(/\/[^\/]*$/, "", d)
        t = h
        if (!sub(/\/[^\/]*$/, "", t)) { print f ": \"" h "\" is not named from the root"; bad = 1; next }
        face = t; sub(/.*\//, "", face); face = t "/" face ".h"
        if (t == d) next
        if (!((d, t) in ok)) { print f ": " d " must not include " h; bad = 1 }
        else if (part(d) && part(t)) next
        else if (h != face && h != "include/populace.h") { print f ": " h " is private to " t; bad = 1 }
    }
    END { exit bad }'
