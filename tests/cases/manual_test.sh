#!/usr/bin/env bash
# Every population in the README and the manual passes `populace check`.
. "$(dirname "$0")/../lib.sh"

n=0
for f in "$ROOT/README.md" "$ROOT/docs/population-file.md"; do
    awk -v out="$work/block" '/^```yaml/ { k++; f = 1; next } /^```/ { f = 0 } f { print > (out k ".yaml") }' "$f"
    for b in "$work"/block*.yaml; do
        n=$((n + 1))
        pop check "$b"
        ends "${f##*/}: $(head -n 1 "$b")" 0 ": ok"
        rm "$b"
    done
done
[ $n -ge 2 ] && ok "there are examples" || bad "there are examples" "$n"

# what the documents point to is there
for f in README.md ARCHITECTURE.md CONTRIBUTING.md docs/*.md; do
    for l in $(cd "$ROOT" && grep -oE '\]\([^)#:]+\)' "$f" | sed -E 's/^\]\(//; s/\)$//'); do
        [ -e "$ROOT/$(dirname "$f")/$l" ] || bad "$f points to $l" "it is not there"
    done
done
ok "links"
finish
