#!/usr/bin/env bash
# Servers as they are beyond the simulated one: names without end, refusals of single requests, no usage, control characters in what
# a model wrote, secrets in a URL. A proxy before the simulated server makes them, each a function of the request.
. "$(dirname "$0")/../lib.sh"

small=$ROOT/tests/cases/populations/bad/base.yaml
cat >"$work/proxy.py" <<'PY'
import hashlib, json, os, sys, threading, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

upstream, port_file = sys.argv[1:3]
opt = json.loads(sys.argv[3])


def strikes(share, request):
    return int(hashlib.sha256(request).hexdigest()[:6], 16) < share * 0x1000000


class Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *a):
        pass

    def send(self, status, answer):
        b = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(b)))
        self.end_headers()
        self.wfile.write(b)

    def pass_on(self, body):
        r = urllib.request.Request(upstream + self.path.split("?")[0].removeprefix("/v1"), data=body)
        try:
            with urllib.request.urlopen(r) as f:
                return f.status, json.load(f)
        except urllib.error.HTTPError as e:
            return e.code, json.load(e)

    def do_GET(self):
        status, answer = self.pass_on(None)
        if "model" in opt and status == 200:
            answer["data"][0]["id"] = opt["model"]
        self.send(status, answer)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        words = json.dumps(body["messages"])
        probe = "names a colour" in words
        ping = "Answer with the word yes" in words
        at = words.encode()
        if not probe and (not ping or opt.get("pings")) and strikes(opt.get("refuse", 0), at):
            self.send(opt["status"], {"error": {"message": "odd thing", "code": opt.get("code", "odd")}})
            return
        body["model"] = "sim"
        status, answer = self.pass_on(json.dumps(body).encode())
        if status == 200:
            if "model" in opt:
                answer["model"] = opt["model"]
            if opt.get("no_usage"):
                answer.pop("usage", None)
            m = answer["choices"][0]["message"]
            if m.get("content") and not probe and strikes(opt.get("c1", 0), at):
                m["content"] = "\u009b".join(m["content"].rsplit("e", 1))
        self.send(status, answer)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


s = Server(("127.0.0.1", 0), Proxy)
with open(port_file + ".new", "w") as f:
    f.write(str(s.server_port))
os.rename(port_file + ".new", port_file)
# as the simulated server, it ends with the pipe on its stdin
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
s.serve_forever()
PY

# proxy_start NAME JSON: a proxy of these habits before the server `sim`
proxy_start() {
    local name=$1 fd
    rm -f "$work/$name.port"
    exec {fd}> >(exec python3 "$work/proxy.py" "${sim_url[sim]}" "$work/$name.port" "$2" >"$work/$name.simlog" 2>&1)
    sim_pid[$name]=$! sim_fd[$name]=$fd
    until [ -s "$work/$name.port" ]; do
        kill -0 "${sim_pid[$name]}" 2>/dev/null || {
            bad "proxy $name" "$(cat "$work/$name.simlog")"
            finish
        }
        sleep 0.02
    done
    sim_url[$name]=http://127.0.0.1:$(cat "$work/$name.port")/v1
}

# outcomes DIR WORD: how many replies of this outcome the log holds
outcomes() { log_lines "$1" | jq -r .outcome | grep -cx "$2"; }

replayed() { # NAME DIR
    pop replay "$work/$2" --json
    is "$1: replay makes the same bytes" "$(jq -c '[.shards == .same, .shards == .made]' "$work/out")" "[true,true]"
}

sim_start sim "latency fixed 2"

# ---- names of models ------------------------------------------------------------------------------------------

name=$(printf 'a\\u007f[31m\\"b\\u009b%0109d\\u00e9%0200d' 0 0)
proxy_start named "{\"model\":\"$name\"}"
pop run "$small" -n 40 -o "$work/named" --llm "${sim_url[named]}" --progress plain
ends "a model's name of 300 bytes with controls" 0
cat "$work/out" "$work/err" >"$work/shown"
replayed "such a name" named
said=$(zstdcat "$work/named/shards/"*.zst | jq -r '.provenance.models | if type == "object" then keys[] else .[] end' | sort -u)
is "rows hold one name of at most 120 bytes, cut between characters" \
    "$(printf '%s\n' "$said" | wc -l) $((${#said} <= 120)) $(printf %s "$said" | iconv -f UTF-8 -t UTF-8 >/dev/null && echo valid)" "1 1 valid"
is "the log holds the same" "$(log_lines "$work/named" | jq -r .model | sort -u)" "$said"
is "and the ledger" "$(sqlite3 "$work/named/ledger.db" 'select distinct model from usage')" "$said"
pop check "$small" --llm "${sim_url[named]}"
cat "$work/out" "$work/err" >>"$work/shown"
ends "check says it" 0 "structured output by json_schema"
if grep -qP '[\x1b\x7f]|\xc2[\x80-\x9f]' "$work/shown"; then bad "no control character is shown" "$(cat -v "$work/shown")"; else ok "no control character is shown"; fi
pop check "$small" --llm "${sim_url[named]}" --json
holds "check --json is JSON" jq -se 'map(select(.endpoint)) | length == 1 and (.[0].model | length > 100 and length <= 120)' "$work/out"
pop check "$small" --llm "${sim_url[named]}" --model $'x\e[2Jy'
ends "a name that the command gives, and the server does not have" 5 "no model x [2Jy"
sim_stop named

# ---- secrets in a URL --------------------------------------------------------------------------------------------

proxy_start secret '{}'
url=${sim_url[secret]/http:\/\//http:\/\/user-3305:pass-7731@}?api-key=query-9921
: >"$work/shown"
see() {
    pop "$@"
    cat "$work/out" "$work/err" >>"$work/shown"
}
see run "$small" -n 12 -o "$work/secret" --llm "$url" --progress plain
ends "user, password and key in a URL" 0
see check "$small" --llm "$url"
ends "check with it" 0 "${sim_url[secret]}: model sim"
see check "$small" --llm "$url" --json
see preview "$small" -n 1 --llm "$url"
see status "$work/secret"
see status "$work/secret" --json
see verify "$work/secret"
see check "$small" --llm "ftp://user-3305:pass-7731@host/v1?api-key=query-9921"
ends "a URL that is none" 2 "ftp://host/v1 is not a URL"
log_lines "$work/secret" >>"$work/shown"
sqlite3 "$work/secret/ledger.db" .dump >>"$work/shown"
is "log and ledger name the endpoint" "$(log_lines "$work/secret" | jq -r .endpoint | sort -u) $(sqlite3 "$work/secret/ledger.db" 'select distinct endpoint from usage')" \
    "${sim_url[secret]} ${sim_url[secret]}"
if grep -rqsE 'user-3305|pass-7731|query-9921' "$work/shown" "$work/secret"; then
    bad "they are shown and stored nowhere" "$(grep -rnE 'user-3305|pass-7731|query-9921' "$work/shown" "$work/secret")"
else
    ok "they are shown and stored nowhere"
fi
sim_stop secret

# ---- budgets without usage ------------------------------------------------------------------------------------------

proxy_start uncounted '{"no_usage":true}'
pop run "$small" -n 200 -o "$work/uncounted" --llm "${sim_url[uncounted]}" --in-flight 4 --budget-tokens 8000 --progress none
ends "a server that counts no tokens: the budget ends the run" 4
holds "what was used is estimated" jq -ne \
    "$(sqlite3 "$work/uncounted/ledger.db" "select 'if ' || min(prompt / calls) || ' > 50 and ' || min(completion / calls) || ' > 20 then true else false end' from usage")"
sim_stop uncounted

# ---- control characters in what a model wrote ------------------------------------------------------------------------

proxy_start c1 '{"c1":0.3}'
pop run "$small" -n 60 -o "$work/c1" --llm "${sim_url[c1]}" --progress none
ends "U+009B in a third of the answers" 0
is "answers with it are in the log" "$(log_lines "$work/c1" | grep -cP '\xc2\x9b|\\u009b' | sed 's/^[1-9].*/some/')" some
is "and in no row" "$(zstdcat "$work/c1/shards/"*.zst | grep -cP '\xc2[\x80-\x9f]|\\u00[89]')" 0
replayed "U+009B" c1
sim_stop c1

# ---- refusals of single requests ----------------------------------------------------------------------------------------

proxy_start filter '{"refuse":0.1,"status":400,"code":"data_inspection_failed"}'
pop run "$small" -n 60 -o "$work/filter" --llm "${sim_url[filter]}" --progress none
ends "a vendor's filter refuses some requests" 0
is "they are recorded as filtered" "$(outcomes "$work/filter" filtered | sed 's/^[1-9].*/some/') $(outcomes "$work/filter" unreachable)" "some 0"
sim_stop filter
for status_code in 400 404 413; do
    sim_start now "latency fixed 5" "errors 0.05 status $status_code code odd_thing"
    generate "now$status_code" "$small" 80 now --
    ends "$status_code now and then: tried again" 0
    sim_stop now
done
# the same requests are refused for ever, from the first call on, and what is left of a killed run begins with them
proxy_start odd '{"refuse":0.06,"status":400}'
start run "$small" -n 80 -o "$work/odd" --llm "${sim_url[odd]}" --in-flight 8 --progress none
until [ -s "$work/odd/replies/replies-00000.jsonl.zst" ] || ! kill -0 "$child" 2>/dev/null; do sleep 0.02; done
kill -KILL "$child"
await
pop run -o "$work/odd" --llm "${sim_url[odd]}" --progress none
ends "requests that are refused for ever cost their attempts, not the run" 0
is "they are recorded" "$(outcomes "$work/odd" unreachable | sed 's/^[1-9].*/some/')" some
quotas_exact "refused for ever" "$work/odd" 80
replayed "refused for ever" odd
sim_stop odd
# not even a ping in their form is taken
proxy_start none '{"refuse":1,"status":422,"pings":true}'
pop run "$small" -n 20 -o "$work/none" --llm "${sim_url[none]}" --progress none
ends "every request is refused: the run ends at once" 5 "refuses a request: odd thing" "populace preview"
is "and nothing is decided" "$(log_lines "$work/none" | wc -l)" 0
sim_stop none
finish
