#!/usr/bin/env bash
# What the manual shows is what happens: each block ```console of docs/*.md is run in a folder with the page's other blocks (YAML, CSV, JSON),
# command by command ($ ...), and prints what stands below it: stdout, then stderr; a last line `exit status N` unless that is 0. A line `...`
# stands for any lines, and `...` at the end of a line for its rest. Models are answered by llmsim.
. "$(dirname "$0")/../lib.sh"
sim_start model
PATH=$(dirname "$POPULACE"):$PATH
commands=0

# blocks PAGE DIR: files, and `commands`: "$ command" lines and what is expected of each
blocks() {
    awk -v dir="$2" '
        /^```/ && inside { if (out != dir "/commands") close(out); out = ""; inside = 0; next }
        /^```/ {
            inside = first = 1
            n = split(substr($0, 4), word, " ")
            out = n == 2 && word[1] ~ /^(csv|json|yaml)$/ ? dir "/" word[2] : word[1] == "console" ? dir "/commands" : ""
            next
        }
        inside && first && word[1] == "yaml" && $0 ~ /^# [a-z0-9-]+\.yaml/ { name = $2; sub(/:$/, "", name); out = dir "/" name }
        { first = 0 }
        inside && out { print > out }
    ' "$1"
}

# pattern of the lines expected, for bash's regular expressions: one line of text with \n between
expected() {
    local line all=
    while IFS= read -r line; do
        if [ "$line" = ... ]; then
            all+='(.*'$'\n'')?'
            continue
        fi
        local tail=
        [[ $line == *... ]] && line=${line%...} tail='[^'$'\n'']*'
        all+=$(sed 's/[][\.*^$(){}?+|/]/\\&/g' <<<"$line")$tail$'\n'
    done
    printf '^%s$' "$all"
}

run_one() { # DIR COMMAND EXPECTED-FILE
    local got want=0 last
    last=$(tail -n 1 "$3")
    if [[ $last == 'exit status '* ]]; then
        want=${last#exit status }
        sed -i '$d' "$3"
    fi
    status=0
    (
        cd "$1" || exit
        [[ $2 == 'populace run '* || $2 == 'populace taxonomy mine '* ]] && export POPULACE_LLM=${sim_url[model]}
        bash -c "$2" >"$work/said" 2>"$work/talk"
    ) || status=$?
    got=$(cat "$work/said" "$work/talk"; echo x)
    commands=$((commands + 1))
    if [ $status -eq "$want" ] && [[ ${got%x} =~ $(expected <"$3") ]]; then
        ok "$name: $2"
    else
        bad "$name: $2" "exit status $status, printed:"$'\n'"${got%x}"
    fi
}

for page in "$ROOT"/docs/*.md; do
    name=$(basename "$page" .md)
    folder=$work/$name
    mkdir "$folder"
    blocks "$page" "$folder"
    [ -f "$folder/commands" ] || continue
    command=
    while IFS= read -r line || [ -n "$line" ]; do
        if [[ $line == '$ '* ]]; then
            [ -z "$command" ] || run_one "$folder" "$command" "$work/expected"
            command=${line#\$ }
            : >"$work/expected"
        else
            printf '%s\n' "$line" >>"$work/expected"
        fi
    done <"$folder/commands"
    [ -z "$command" ] || run_one "$folder" "$command" "$work/expected"
done
[ $commands -ge 10 ] && ok "commands were found" || bad "commands were found" "$commands"
finish
