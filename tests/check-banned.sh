#!/usr/bin/env bash
# Functions that this project does not use, and why: unbounded or locale-bound string calls, a shell, stack allocation by input;
# rename outside the file layer; libm where its last bits could reach a row; and marks of unfinished merges. Comments and strings are left out of the search.
set -eu
cd "$(dirname "$0")/.."
bad=0
code() { # files -> file:line:text without comments and string literals
    awk 'FNR == 1 { c = 0 } {
        s = $0; out = ""
        while (length(s)) {
            if (c) { i = index(s, "*/"); if (!i) { s = ""; break } s = substr(s, i + 2); c = 0; continue }
            if (match(s, /^"([^"\\]|\\.)*"/)) { out = out "\"\""; s = substr(s, RLENGTH + 1); continue }
            if (substr(s, 1, 2) == "/*") { c = 1; s = substr(s, 3); continue }
            if (substr(s, 1, 2) == "//") break
            out = out substr(s, 1, 1); s = substr(s, 2)
        }
        print FILENAME ":" FNR ":" out }' "$@"
}
all=$(git ls-files '*.c' '*.h' 2>/dev/null || find . -name '*.[ch]' -not -path './build/*')
found=$(code $all | grep -E '[^A-Za-z0-9_](strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|rand|srand|system|alloca|popen)[ ]*\(' || true)
[ -n "$found" ] && { echo "banned calls:"; echo "$found"; bad=1; }
found=$(code $(echo "$all" | grep -vE '^(\./)?pipeline/base/file\.c$|^(\./)?tests/') | grep -E '[^A-Za-z0-9_](rename|renameat)[ ]*\(' || true)
[ -n "$found" ] && { echo "files are published only by pipeline/base/file.c:"; echo "$found"; bad=1; }
found=$(code $(echo "$all" | grep -E '^(\./)?(taxonomy|stages|validators|out|pipeline/base)/') |
    grep -E '[^A-Za-z0-9_>.](log|log2|log10|exp|exp2|pow|sin|cos|tan|erf|erfc|tgamma|lgamma|log1p|expm1|cbrt|fma|floor|ceil|round|lround|llround|rint|fmod)[ ]*\(' || true)
[ -n "$found" ] && { echo "libm in code whose results reach rows:"; echo "$found"; bad=1; }
# marks that a merge left
found=$(git grep -nE '^(<{7}|>{7}|\|{7}) ' 2>/dev/null || true)
[ -n "$found" ] && { echo "marks of an unfinished merge:"; echo "$found"; bad=1; }
exit $bad
