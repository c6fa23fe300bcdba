#!/usr/bin/env bash
# One unit, one file, one row: every unit has a row in the table of its kind, every row a test and a paragraph in the manual.
set -eu
cd "$(dirname "$0")/.."
bad=0
say() { echo "$*"; bad=1; }

# rule kinds: a const struct in a file, a row in rule_table.c, its keys in rule_lint.c, a heading in docs/rules.md, a test that names it
for f in $(grep -lE "^const rule_kind " validators/*.c | grep -v rule_table.c); do
    sym=$(sed -nE 's/^const rule_kind ([A-Za-z0-9_]+) .*/\1/p' "$f" | head -1)
    name=$(sed -nE 's/.*\.name = "([a-z]+)".*/\1/p' "$f" | head -1)
    [ -n "$name" ] || { say "$f: no .name"; continue; }
    grep -qE "\b($sym|$name)\b" validators/rule_table.c || say "$f: $sym has no row in validators/rule_table.c"
    grep -qF "{\"$name\", {" taxonomy/compile/rule_lint.c || say "$f: rule kind $name has no row in taxonomy/compile/rule_lint.c"
    grep -qE "^#+ .*\b$name\b" docs/rules.md || say "$f: rule kind $name has no heading in docs/rules.md"
    grep -rqE "\b$name\b" tests/unit tests/cases || say "$f: no test names rule kind $name"
done

# commands: a const struct in a file, a row in main.c, a heading in docs/commands.md, a test that runs it
for f in cli/cmd_*.c; do
    sym=$(sed -nE 's/^const command ([a-z_]+) = .*/\1/p' "$f" | head -1)
    name=${sym#command_}
    [ -n "$sym" ] || { say "$f: no command"; continue; }
    grep -qE "&$sym\b" cli/main.c || say "$f: $sym has no row in cli/main.c"
    grep -qE "^## $name\b" docs/commands.md || say "$f: command $name has no heading in docs/commands.md"
    grep -rqE "\b$name\b" tests/cases tests/crash || say "$f: no test runs command $name"
done

# file names are unique in the tree
dup=$(git ls-files '*.c' '*.h' | sed 's|.*/||' | sort | uniq -d)
[ -z "$dup" ] || say "file names that occur twice: $dup"

# every fuzzer has a corpus
for f in tests/fuzz/*_fuzz.c; do
    [ -f "$f" ] || continue
    d=tests/fuzz/corpus/$(basename "$f" _fuzz.c)
    [ -d "$d" ] && [ -n "$(ls -A "$d")" ] || say "$f has no corpus in $d"
done

exit $bad
