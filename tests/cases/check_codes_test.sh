#!/usr/bin/env bash
# `populace check --json` names what is wrong with a broken population file: the first error has the code that is expected, with a place, the value and a text. The broken files here are named for
# their code; where POPULACE_SHARED leads to a collection with its own expected.tsv and sound examples, those are tried too.
. "$(dirname "$0")/../lib.sh"

here=$ROOT/tests/cases/populations/bad

# codes FILE: of its errors, in order
codes() {
    pop check --json "$1"
    jq -r 'select(.severity == "error") | .code' "$work/out"
}

# named NAME FILE CODE
named() {
    local all first
    all=$(codes "$2")
    first=$(head -n 1 <<<"$all")
    pop check --json "$2"
    if [ $status -ne 2 ] && ! { [ $status -eq 3 ] && [[ $3 == Q* ]]; }; then
        bad "$1" "exit status $status"
    else
        is "$1" "$first" "$3"
    fi
}

for f in "$here"/[PQ]*.yaml; do
    name=$(basename "$f" .yaml)
    named "$name" "$f" "${name%%-*}"
    # what a person needs: the place, the sentence, and the code in the text form too
    lacks=$(jq -c 'select(.severity == "error" and (.text == "" or .file == "" or .line == 0))' "$work/out")
    [ -z "$lacks" ] || bad "$name: every error has place and text" "$lacks"
    pop check "$f"
    says "$name: the code stands in the text" "${name%%-*}"
done
pop check "$here/base.yaml"
ends "the file that they are laid over is sound" 0
pop check --json "$here/base.yaml"
is "a sound file has no diagnostics" "$(cat "$work/out")" ""

shared=${POPULACE_SHARED:-}/format
if [ ! -f "$shared/bad/expected.tsv" ]; then
    skip "collection of broken files" "POPULACE_SHARED names none"
    finish
fi
while IFS=$'\t' read -r file code; do named "collection: $file $code" "$shared/bad/$file" "$code"; done <"$shared/bad/expected.tsv"

# populations that include others by name find them beside themselves
mkdir "$work/share"
ln -s "$shared/examples" "$work/share/populations"
for f in "$shared"/examples/*/population.yaml; do
    name=$(basename "$(dirname "$f")")
    all=$(POPULACE_SHARE=$work/share codes "$f" | sort -u | tr '\n' ' ')
    is "example $name is accepted" "$all" ""
done
finish
