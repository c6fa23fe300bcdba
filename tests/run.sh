#!/usr/bin/env bash
# Runs every test and ends with "N passed, N failed". A test prints lines "ok ..." and "not ok ..." (TAP); a program that ends
# badly without a "not ok" counts as one failure. Usage: tests/run.sh BUILD_DIR [name...]   (names: parts of test names)
set -u
cd "$(dirname "$0")/.."
b=$1
shift
export POP_BUILD=$PWD/$b LLMSIM=$PWD/$b/llmsim POPULACE=$PWD/$b/populace POP_ROOT=$PWD
[ -d ../shared ] && export POPULACE_SHARED=${POPULACE_SHARED:-$(cd ../shared && pwd)}
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work

wanted() {
    [ ${#names[@]} -eq 0 ] && return 0
    for n in "${names[@]}"; do [[ $1 == *"$n"* ]] && return 0; done
    return 1
}
names=("$@")

one() { # name command...
    local name=$1 out=$work/out start=$SECONDS
    shift
    wanted "$name" || return 0
    CMOCKA_MESSAGE_OUTPUT=TAP timeout 420 "$@" >"$out" 2>&1
    local status=$? good bad skipped
    good=$(grep -cE '^ok ' "$out")
    # cmocka prints a skipped test as "not ok N # SKIP"
    bad=$(grep -E '^not ok ' "$out" | grep -vcE '^not ok [0-9]+ # SKIP')
    skipped=$(grep -cE '^not ok [0-9]+ # SKIP' "$out")
    if [ $status -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ $status -eq 0 ] && [ "$good$bad$skipped" = 000 ]; then
        echo "no test ran" >>"$out"
        bad=1
    fi
    passed=$((passed + good)) failed=$((failed + bad))
    printf '%-44s %4d ok %3d failed %4d s\n' "$name" "$good" "$bad" $((SECONDS - start))
    grep -E '# SKIP' "$out" | sed 's/^/    /' | head -5
    if [ "$bad" -gt 0 ]; then
        echo "---- $name (status $status)"
        grep -E '^not ok ' "$out" | head -n 20
        echo "..."
        tail -n 40 "$out"
        echo "----"
    fi
}

for t in check-deps check-banned check-tables; do
    one "$t" sh -c "make -s $t && echo ok $t"
done
for t in "$b"/tests/unit/*_test; do [ -x "$t" ] && one "$(basename "$t")" "$t"; done
for t in "$b"/tests/fuzz/*_fuzz; do
    [ -x "$t" ] || continue
    name=$(basename "$t")
    one "$name" sh -c "'$t' tests/fuzz/corpus/${name%_fuzz} && echo 'ok corpus of $name'"
done
# the same once more under the address and undefined-behaviour sanitizers, where they were built
for t in "$b"-asan-ubsan/tests/unit/*_test; do [ -x "$t" ] && one "sanitized $(basename "$t")" "$t"; done
for t in "$b"-asan-ubsan/tests/fuzz/*_fuzz; do
    [ -x "$t" ] || continue
    name=$(basename "$t")
    one "sanitized $name" sh -c "'$t' tests/fuzz/corpus/${name%_fuzz} && echo 'ok corpus of $name'"
done
for t in tests/cases/*_test.sh tests/crash/*_test.sh; do [ -f "$t" ] && one "$(basename "$t" .sh)" bash "$t"; done

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
