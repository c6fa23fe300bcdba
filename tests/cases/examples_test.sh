#!/usr/bin/env bash
# Populations of others run as they are: where POPULACE_SHARED leads to a collection of examples, each is generated with a simulated
# model, all quotas exact, nothing open, and every shard comes out the same again.
. "$(dirname "$0")/../lib.sh"
[ -d "${POPULACE_SHARED:-}/format/examples" ] || {
    skip "examples run" "POPULACE_SHARED is not set"
    finish
}
cd "$work" || exit 1

sim_start model
for f in "$POPULACE_SHARED"/format/examples/*/population.yaml; do
    name=$(basename "$(dirname "$f")")
    pop run "$f" -n 60 -o "$name" --llm "${sim_url[model]}" --progress none
    ends "$name: run" 0
    pop verify "$name"
    ends "$name: verify" 0 "60 of 60 personas" "every quota is met exactly; nothing is wrong"
    pop replay "$name"
    ends "$name: replay" 0 "come out the same from the reply log"
done
finish
