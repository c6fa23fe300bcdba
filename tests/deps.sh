#!/usr/bin/env bash
# Installs what is missing to build, test or show populace, from the system's own packages. Says what it does; asks for nothing
# that is there already. Usage: tests/deps.sh build|test|demo|bench
set -eu
stage=${1:-build}

want() { # command-or-header-check package
    case $1 in
    pc:*) pkg-config --exists "${1#pc:}" 2>/dev/null || missing+=("$2") ;;
    h:*) [ -f "/usr/include/${1#h:}" ] || missing+=("$2") ;;
    py:*) python3 -c "import ${1#py:}" 2>/dev/null || missing+=("$2") ;;
    *) command -v "$1" >/dev/null 2>&1 || missing+=("$2") ;;
    esac
}

missing=()
command -v cc >/dev/null 2>&1 || command -v gcc >/dev/null 2>&1 || missing+=(gcc libc6-dev)
want make make
want pkg-config pkg-config
want pc:libcurl libcurl4-openssl-dev
want pc:libuv libuv1-dev
want pc:yaml-0.1 libyaml-dev
want pc:sqlite3 libsqlite3-dev
want pc:libzstd libzstd-dev
want pc:libxxhash libxxhash-dev
want pc:libpcre2-8 libpcre2-dev
want pc:libutf8proc libutf8proc-dev
want pc:lua5.4 liblua5.4-dev
want h:glpk.h libglpk-dev
case $stage in
test | demo)
    want python3 python3
    want py:venv python3-venv
    want py:ensurepip python3-venv
    want py:pip python3-pip
    ;;
esac
case $stage in
test)
    want pc:cmocka libcmocka-dev
    want jq jq
    want sqlite3 sqlite3
    want zstdcat zstd
    want clang clang
    want curl curl
    ;;
bench)
    want wrk wrk
    want zstdcat zstd
    want jq jq
    ;;
esac
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
if ! command -v apt-get >/dev/null 2>&1 || { [ -n "$sudo" ] && ! command -v sudo >/dev/null 2>&1; }; then
    echo "missing, please install: ${missing[*]}" >&2
    exit 1
fi
echo "installing what is missing: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 || {
    $sudo apt-get update >/dev/null
    $sudo apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null
}
