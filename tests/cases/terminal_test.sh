#!/usr/bin/env bash
# What a terminal and a reader get: stdout that cannot be written, text that would give orders, lines that would wrap; and options
# that do something or are refused, each of them named in the help and the manual.
. "$(dirname "$0")/../lib.sh"

# ---- stdout ------------------------------------------------------------------------------------------------

sim_start quick
generate run students-brief 40 quick --
ends "a run to read" 0

for c in "draw students-brief -n 2000" "cat $work/run" "cat $work/run --slot 3" "cat $work/run --as card" "populations" \
    "plan students-brief -n 10" "check students-brief" "status $work/run" "verify $work/run" --help --version "run --help"; do
    name=${c//"$work/"/}
    "$POPULACE" $c >/dev/full 2>"$work/err"
    is "$name into a full device: status 1, and why" "$? $(grep -c 'No space left on device' "$work/err")" "1 1"
done
"$POPULACE" populations >&- 2>"$work/err"
is "stdout closed: status 1, and why" "$? $(grep -c 'Bad file descriptor' "$work/err")" "1 1"

# a reader that is gone before the first byte
for c in "draw students-brief -n 20000" "cat $work/run" "populations" "plan students-brief -n 10k --cells"; do
    "$POPULACE" $c 2>"$work/err" | true
    is "${c//"$work/"/} to a reader that went away: a quiet end" "${PIPESTATUS[0]} $(wc -c <"$work/err")" "0 0"
done

# what is opened does not get the number of a closed stderr
"$POPULACE" run students-brief -n 5 -o "$work/deaf" --llm "${sim_url[quick]}" --progress plain 2>&- >&- <&-
is "stdin, stdout and stderr closed: a run all the same" "$?" 0
pop verify "$work/deaf"
ends "and nothing was printed into its files" 0 "nothing is wrong"

# ---- text of others ------------------------------------------------------------------------------------------

# orders FILE: how many bytes or characters a terminal would obey, apart from those of the panel and of cards
orders() {
    sed 's/\x1b\[[0-9]*[AJK]//g; s/\x1b\[[012]m//g; s/\r$//' "$1" |
        grep -caP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]'
}
# utf8 FILE: is it all UTF-8?
utf8() { iconv -f utf-8 -t utf-8 "$1" >/dev/null 2>&1 && echo yes || echo no; }

wide=$(printf '王%.0s' {1..60})
cat >"$work/evil.yaml" <<EOF
populace: 1
name: a-population-with-a-name-of-very-many-letters-as-nobody-needs
attributes:
  nick: {choice: ["evil\\u009b31m $wide", "back\\u202ewards é$(printf 'é%.0s' {1..80}) 👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧"]}
  rank: {choice: [low, high]}
  town: {choice: [here, there]}
facets:
  talk:
    fields: {talk: {text: {words: 5..400}}, tale: {template: "{{nick}} {{rank}} {{nick}}"}}
    prompt: |
      Answer with one JSON object that has exactly these fields:
      {{@fields}}
      ---
      {{rank}} {{nick}}
output: {columns: [nick, rank], narrative: tale}
EOF

# on_tty COLUMNS ROWS COMMAND...: what such a terminal gets, in $work/tty
on_tty() {
    local size="stty cols $1 rows $2" command
    shift 2
    printf -v command '%q ' "$@"
    (unset NO_COLOR && TERM=xterm script -qec "$size; $command" "$work/tty" </dev/null >"$work/out" 2>&1)
    status=$?
    sed -i '/^Script \(started\|done\)/d' "$work/tty"
    cp "$work/tty" "$work/err"
}
# widest FILE: cells of its longest line as it stands on the screen, each character for itself
widest() {
    sed 's/\x1b\[[0-9]*[A-Za-z]//g; s/\r$//' "$1" | python3 -c '
import sys, unicodedata as u
def cells(s): return sum(0 if u.combining(c) or c == "\u200d" else 2 if u.east_asian_width(c) in "WF" else 1 for c in s)
print(max(cells(l.rstrip("\n")) for l in sys.stdin.buffer.read().decode("utf-8", "replace").split("\n")))'
}

sim_start slow "latency fixed 300" "capacity 8" "models M$(printf '/long%.0s' {1..11})"
on_tty 60 24 "$POPULACE" run "$work/evil.yaml" -n 40 -o "$work/panel" --llm "${sim_url[slow]}" --in-flight 8 --progress tty
is "panel: a run of long names" "$status" 0
is "panel: nothing that a terminal would obey" "$(orders "$work/tty")" 0
is "panel: whole characters" "$(utf8 "$work/tty")" yes
# 60 cells are the terminal; the line before the panel says which model answers, and may wrap
panel=$work/panel.txt
grep -a $'\x1b\\[2K' "$work/tty" >"$panel"
cells=$(widest "$panel")
[ "$cells" -le 60 ] && ok "panel: no line is longer than the terminal" || bad "panel: no line is longer than the terminal" "$cells cells"
is "panel: it shows the newest persona" "$(grep -caE '<U\+(009B|202E)>' "$panel" | sed 's/[1-9][0-9]*/some/')" some
is "panel: each one is drawn over the one before" \
    "$(grep -aoP '\x1b\[[0-9]+A(?=\x1b\[2K)' "$panel" | sort -u | tr -d '\033')" "[10A"
is "panel: always ten lines" "$(($(wc -l <"$panel") % 10))" 0
on_tty 60 7 "$POPULACE" run "$work/evil.yaml" -n 16 -o "$work/low" --llm "${sim_url[slow]}" --in-flight 8 --progress tty
is "a terminal of seven lines: the panel stays below" \
    "$(grep -aoP '\x1b\[[0-9]+A(?=\x1b\[2K)' "$work/tty" | sort -u | tr -d '\033')" "[6A"
on_tty 18 24 "$POPULACE" run "$work/evil.yaml" -n 16 -o "$work/thin" --llm "${sim_url[slow]}" --in-flight 8 --progress tty
is "too narrow a terminal: plain lines" "$(grep -ca $'\x1b\\[2K' "$work/tty") $(grep -ca '^finished 16/16' "$work/tty")" "0 1"

on_tty 60 24 "$POPULACE" cat "$work/panel" --limit 4
is "cat on a terminal" "$status $(orders "$work/tty") $(grep -ca 'U+009B' "$work/tty" | sed 's/[1-9][0-9]*/some/')" "0 0 some"
on_tty 60 24 "$POPULACE" cat "$work/panel" --limit 4 --as card
is "cards on a terminal" "$status $(orders "$work/tty") $(grep -ca $'\x1b\\[1m' "$work/tty" | sed 's/[1-9][0-9]*/some/')" "0 0 some"
pop cat "$work/panel"
is "cat into a file: the bytes as they are" "$(sha256sum <"$work/out")" "$(zstdcat "$work"/panel/shards/*.zst | sha256sum)"

printf 'populace: 1\nname: x\nattributes: {"a\\e[31m\\x9bb": {choice: [1]}, b: {choice: ["\\e]0;t\\a", 2], by: ["q\\e[2J"]}}\nfacets: {f: {fields: {"n\\e[5m": {text: {}}}}}\n' >"$work/esc.yaml"
printf 'populace: 1\nname: x\n\xff\x1b[31m\xc2\x9b: y\n' >"$work/raw.yaml"
for f in esc raw; do
    pop check "$work/$f.yaml"
    is "check: what it quotes of $f.yaml is safe" "$status $(cat "$work/out" "$work/err" >"$work/all"; orders "$work/all") $(utf8 "$work/all")" "2 0 yes"
done
pop run students-brief -n 5 -o "$work/none" --llm "${sim_url[slow]}" --model $'m\e[31m\x9b\xc2\x9b' --progress plain
is "a model's name in an error is safe" "$((status > 0)) $(orders "$work/err") $(utf8 "$work/err")" "1 0 yes"
pop $'nothing\e[31m'
is "a command that is none" "$status $(orders "$work/err")" "2 0"
pop draw students-brief $'--n\e[31m'
is "an option that is none" "$status $(orders "$work/err")" "2 0"
pop draw $'no\e[31m\xff.yaml'
is "a file that is none" "$status $(orders "$work/err") $(utf8 "$work/err")" "2 0 yes"
pop preview "$work/evil.yaml" -n 2 --llm "${sim_url[quick]}"
is "preview: prompts and replies are safe" "$status $(orders "$work/out")" "0 0"

# ---- options without effect ------------------------------------------------------------------------------------

sim_start judge
pop check students-brief --judge "${sim_url[judge]}"
ends "check --judge alone: it is probed" 0 "${sim_url[judge]}: model sim"
for o in "--judge-model M" "--model-file F --llm ${sim_url[judge]}" "--model M" "--key-env K"; do
    pop check students-brief $o
    ends "check ${o%% --llm*}: refused" 2 "${o%% *} "
done
for o in "--judge-model M" "--model-file F"; do
    pop run students-brief -n 5 -o "$work/no" --llm "${sim_url[judge]}" $o
    ends "run $o: refused" 2 "${o%% *} "
done
POPULACE_MODEL_FILE=F POPULACE_JUDGE_MODEL=M pop check students-brief --llm "${sim_url[judge]}"
ends "variables that do not apply are left aside" 0
OPENAI_BASE_URL=http://127.0.0.1:1/v1 pop check students-brief --llm "${sim_url[judge]}"
is "OPENAI_BASE_URL counts without --llm only" "$status $(grep -c 127.0.0.1:1/ "$work/out")" "0 0"
OPENAI_BASE_URL=http://127.0.0.1:1/v1 POPULACE_LLM=${sim_url[judge]} pop check students-brief
is "and without POPULACE_LLM" "$status $(grep -c 127.0.0.1:1/ "$work/out")" "0 0"

# ---- options and what is said of them ------------------------------------------------------------------------------

options() { grep -hoE '\{"--[a-z-]+"(, "-[a-z]")?' "$@" | grep -oE '"-[^"]*' | tr -d '"'; }
[ "$(options "$ROOT"/cli/model_options.c | wc -l)" -gt 10 ] || bad "the tables of options are found" "$ROOT/cli"
for f in "$ROOT"/cli/cmd_*.c; do
    c=${f##*/cmd_} c=${c%.c} missing=()
    own=$(options "$f")
    [ $c = run ] && own+=" $(options "$ROOT/cli/model_options.c")"
    grep -q 'source_opts(' "$f" && own+=" $(options "$ROOT/cli/source_options.c")"
    for o in $own; do
        "$POPULACE" $c --help | grep -qE -- "(^|[^a-z-])$o([^a-z-]|$)" || missing+=("help: $o")
        sed -n "/^## $c\$/,/^## /p" "$ROOT/docs/commands.md" | grep -qE -- "(^|[^a-z-])$o([^a-z-]|$)" || missing+=("commands.md: $o")
        sed 's/\\-/-/g; s/\\f.//g; s/"//g' "$ROOT/docs/man/populace.1" | grep -qE -- "(^|[^a-z-])$o([^a-z-]|$)" || missing+=("man: $o")
    done
    is "$c: its options are in the help and the manual" "${missing[*]}" ""
done

# ---- a lost ledger -----------------------------------------------------------------------------------------------

pop cat "$work/run"
cp "$work/out" "$work/whole"
cp -r "$work/run" "$work/lost"
rm "$work"/lost/ledger.db*
pop cat "$work/lost"
ends "cat without a ledger: what is sealed" 0 "ledger.db is missing" "not sealed are not shown"
is "and all of that" "$(cmp "$work/out" "$work/whole" 2>&1)" ""
pop cat "$work/lost" --slot 7
is "one slot without a ledger" "$status $(jq -c .slot "$work/out")" "0 7"
pop cat "$work/lost" --slot 4000
ends "a slot that is not there" 2 "are 0 to 39"
rm "$work/lost/manifest.json"
pop cat "$work/lost"
is "without manifest.json too: an error" "$((status > 0)) $(wc -c <"$work/out")" "1 0"
finish
