#!/usr/bin/env bash
# The examples of the manual are files that can be used: every block of docs/*.md and README.md that begins with a comment
# `# NAME.yaml` is accepted by `populace check` without a warning; one marked `bad CODE` is refused, with that code as its first.
# A block ```csv NAME.csv is a file beside them. The blocks of a page lie in one folder, so that they may include one another.
set -u
root=${POP_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
populace=${POPULACE:-$root/build/obj/populace}
[ -x "$populace" ] || { echo "not ok manual - $populace is missing: make build"; exit 1; }
for v in ${!POPULACE_@}; do unset "$v"; done
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

not_ok() {
    echo "not ok $1 - $2"
    failures=$((failures + 1))
}

# extract PAGE DIR: its blocks, and `list`: a line "NAME CODE" for each population, CODE `-` for a good one
extract() {
    awk -v dir="$2" '
        function end() { if (out) close(out); out = ""; inside = 0 }
        /^```/ && inside { end(); next }
        /^```/ {
            inside = first = 1
            n = split(substr($0, 4), word, " ")
            code = word[2] == "bad" ? word[3] : "-"
            if (word[1] == "csv" && n == 2) { out = dir "/" word[2]; first = 0 }
            next
        }
        !inside { next }
        first {
            first = 0
            if (word[1] == "yaml" && $0 ~ /^# [a-z0-9-]+\.yaml( |:|$)/) {
                name = $2
                sub(/:$/, "", name)
                if (seen[name]++) print name " twice" >> (dir "/list")
                else print name " " code >> (dir "/list")
                out = dir "/" name
            } else if (code != "-") print "line" NR " unnamed" >> (dir "/list")
        }
        out { print > out }
    ' "$1"
}

check_one() {
    local page=$1 file=$2 code=$3 status first
    "$populace" check --json "$file" >"$work/out" 2>"$work/err"
    status=$?
    first=$(grep -o '"code":"[A-Z][0-9]*"' "$work/out" | head -n 1 | cut -d'"' -f4)
    if [ "$code" = - ] && [ $status -eq 0 ] && [ -z "$first" ]; then
        echo "ok $page: ${file##*/}"
    elif [ "$code" != - ] && { [ $status -eq 2 ] || [ $status -eq 3 ]; } && [ "$first" = "$code" ]; then
        echo "ok $page: ${file##*/} is refused with $code"
    else
        not_ok "$page: ${file##*/}" "wanted $code, status $status, first code '$first': $(head -n 1 "$work/out" "$work/err" | tr '\n' ' ')"
    fi
}

total=0
for page in "$root"/docs/*.md "$root"/README.md; do
    name=$(basename "$page" .md)
    mkdir "$work/$name"
    extract "$page" "$work/$name"
    [ -f "$work/$name/list" ] || continue
    while read -r file code; do
        total=$((total + 1))
        case $code in
        twice | unnamed) not_ok "$name: $file" "a block of an example is $code" ;;
        *) check_one "$name" "$work/$name/$file" "$code" ;;
        esac
    done <"$work/$name/list"
done
[ $total -ge 20 ] && echo "ok $total examples were found" || not_ok "examples" "only $total were found"
exit $((failures > 0))
