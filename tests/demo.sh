#!/usr/bin/env bash
# What `make demo` shows: a few pupils written by the embedded model, two of them as cards. MODEL=default or small; N personas.
set -u
cd "$(dirname "$0")/.."
model=${MODEL:-default}
n=${N:-8}
dir=build/demo-$model
population=students-brief
if [ "$model" = small ]; then population=tests/demo-small.yaml; fi
# a finished demo is shown again from the start; an interrupted one goes on
if [ -f "$dir/status.json" ] && ! grep -qE '"state":"(running|stopping|stopped)"' "$dir/status.json"; then rm -rf "$dir"; fi

echo "populace run $population -n $n -o $dir --llm embedded --model $model"
./populace run "$population" -n "$n" -o "$dir" --llm embedded --model "$model"
status=$?
if [ $status -ne 0 ] && [ $status -ne 3 ]; then exit $status; fi

echo
./populace cat "$dir" --as card --limit 2
if [ $status -eq 3 ]; then
    echo "The rules rejected what the model wrote for some slots: populace says so (exit status 3) instead of keeping bad personas."
fi
./populace verify "$dir" || exit 1
attempts=$(./populace status "$dir" --json | sed -E 's/.*"accepted":([0-9]+).*"duplicates":([0-9]+),"failed":([0-9]+).*/\1 accepted, \2 duplicates, \3 failed attempts/')
echo "$attempts. All of them: ./populace cat $dir --as card"
exit $status
