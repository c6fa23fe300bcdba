#!/usr/bin/env bash
# The embedded server and the small model, for real: fetched once into the cache, a chat call through the whole client, the child
# ended with its parent even by kill -9, started again when it dies, and everything offline once it is there.
set -u
root=${POP_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
populace=${POPULACE:-$root/build/obj/populace}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fails=0
ok() { echo "ok $1"; }
not_ok() { echo "not ok $1 - $2"; fails=1; }

if [ -n "${POPULACE_NO_EMBEDDED:-}" ]; then
    echo "ok embedded server # SKIP POPULACE_NO_EMBEDDED is set"
    exit 0
fi

# texts so short and limits so wide that a model of 135M parameters can meet them
cat >"$work/tiny.yaml" <<'Y'
populace: 1
name: tiny
attributes:
  animal: {choice: [cat, dog, horse, owl]}
  colour: {choice: [black, white, brown]}
tables: {t: {over: [animal], shares: uniform}}
facets:
  line:
    fields: {line: {text: {chars: 1..600}}}
    prompt: |
      You write one short sentence about an animal. Answer with one JSON object that has exactly this field:
      {{@fields}}
      ---
      Animal: {{animal}}
      Colour: {{colour}}
    max_tokens: 120
output: {columns: [animal, colour], narrative: line}
limits: {rounds: 3, attempts: 8}
Y

timeout 400 "$populace" run "$work/tiny.yaml" -n 4 -o "$work/run" --llm embedded --model small --progress plain >"$work/out" 2>&1
status=$?
if [ $status -eq 0 ] || [ $status -eq 3 ]; then ok "the small model writes personas (status $status)"; else not_ok "the small model writes personas" "status $status: $(tail -3 "$work/out" | tr '\n' ' ')"; fi
"$populace" verify "$work/run" >"$work/verify" 2>&1 && ok "what it wrote verifies" || not_ok "what it wrote verifies" "$(tail -2 "$work/verify")"

# from here on the index is out of reach: everything comes from the cache
export PIP_INDEX_URL=http://127.0.0.1:9/ PIP_NO_INDEX=1
"$populace" run "$work/tiny.yaml" -n 400 -o "$work/long" --llm embedded --model small --progress plain >"$work/long.out" 2>&1 &
pid=$!
child=
for _ in $(seq 1 300); do
    child=$(pgrep -P $pid -f serve.py | head -1)
    [ -n "$child" ] && grep -q '"calls":[1-9]' "$work/long/status.json" 2>/dev/null && break
    sleep 0.2
done
[ -n "$child" ] && ok "it works offline from the cache" || not_ok "it works offline from the cache" "$(tail -3 "$work/long.out" | tr '\n' ' ')"

kill -9 "$child" 2>/dev/null
again=
for _ in $(seq 1 150); do
    again=$(pgrep -P $pid -f serve.py | head -1)
    [ -n "$again" ] && [ "$again" != "$child" ] && break
    again=
    sleep 0.2
done
[ -n "$again" ] && ok "a server that dies is started again" || not_ok "a server that dies is started again" "$(tail -3 "$work/long.out" | tr '\n' ' ')"

kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
gone=
for _ in $(seq 1 50); do
    [ -n "$again" ] && ! kill -0 "$again" 2>/dev/null && { gone=1; break; }
    sleep 0.2
done
[ -n "$gone" ] && ok "kill -9 of populace ends the server" || not_ok "kill -9 of populace ends the server" "process ${again:-none} is still there"

# an empty cache and no index: one sentence that says so, and what to do
POPULACE_CACHE=$work/empty "$populace" run "$work/tiny.yaml" -n 4 -o "$work/none" --llm embedded --model small --progress plain >"$work/none.out" 2>&1
status=$?
if [ $status -eq 5 ] && grep -q 'cannot be fetched' "$work/none.out" && grep -q 'model-file' "$work/none.out"; then
    ok "without cache and index it says so (status 5)"
else
    not_ok "without cache and index it says so" "status $status: $(tail -3 "$work/none.out" | tr '\n' ' ')"
fi
"$populace" run "$work/tiny.yaml" -n 4 -o "$work/nomodel" --llm embedded --model nosuch --progress plain >"$work/nomodel.out" 2>&1
status=$?
if [ $status -eq 2 ] && grep -q 'default, small' "$work/nomodel.out"; then
    ok "an unknown model is refused with those there are"
else
    not_ok "an unknown model is refused with those there are" "status $status: $(tail -3 "$work/nomodel.out" | tr '\n' ' ')"
fi
exit $fails
