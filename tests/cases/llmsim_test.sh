#!/bin/sh
# llmsim_test.sh [LLMSIM]: the simulated model server over real sockets: routes, replies, every fault, slots, scripts.
# Each server is started on port 0 and ended by its process id.
set -eu
sim=${1:-${LLMSIM:-build/obj/llmsim}}
[ -x "$sim" ] || { echo "llmsim_test: $sim is missing: make sim" >&2; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
exec python3 - "$sim" "$dir" "$(dirname "$0")/../llmsim/scripts" <<'PYTHON'
import glob, http.client, json, os, re, signal, socket, subprocess, sys, threading

SIM, DIR, SCRIPTS = sys.argv[1:4]
SYSTEM = '''You write a portrait. Each dimension is named and followed closely by its level word.
Close values with one sentence that begins with "Overall".
- "values" (text, 60 to 120 words, 1 paragraph): all dimensions, each with its level word
- "mood" (one of: calm | tense | cheerful)
- "age" (number, 5 to 19 years)
- "loves" (list of 5, each: text, 1 to 8 words)
- "home.garden" (text, 1 to 2 sentences)
- "home.pets" (true or false)
'''
USER = '''The person: Ada Smith, girl, 12 years.
Levels of the dimensions of values:
- moral character: fairly low
- rule of law: medium
'''
TEXT = {"type": "string"}
SCHEMA = {"type": "object", "properties": {
    "values": TEXT, "mood": {"type": "string", "enum": ["calm", "tense", "cheerful"]}, "age": {"type": "integer"},
    "loves": {"type": "array", "items": TEXT},
    "home": {"type": "object", "properties": {"garden": TEXT, "pets": {"type": "boolean"}}, "required": ["garden", "pets"]}},
    "required": ["values", "mood", "age", "loves", "home"], "additionalProperties": False}
JUDGE = {"type": "object", "properties": {"findings": {"type": "array", "items": {"type": "object", "properties": {
    "rule": {"type": "string", "enum": ["J1", "J2"]}, "field": {"type": "string", "enum": ["values"]},
    "message": TEXT, "hint": TEXT}, "required": ["rule", "field", "message", "hint"]}}}, "required": ["findings"]}


class Server:
    def __init__(self, script="", *args, stdin=None):
        self.script = os.path.join(DIR, "script.sim")
        with open(self.script, "w") as f:
            f.write(script)
        self.p = subprocess.Popen([SIM, "--port", "0", "--script", self.script, *args], stdin=stdin, stdout=subprocess.PIPE, text=True)
        line = self.p.stdout.readline()
        assert re.fullmatch(r"llmsim listening on http://127\.0\.0\.1:\d+/v1\n", line), line
        self.port = int(re.search(r":(\d+)/", line).group(1))

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if self.p.poll() is None:
            self.p.send_signal(signal.SIGTERM)
        assert self.p.wait() == 0 or kind, "exit status %d" % self.p.returncode

    def call(self, method, path, body=None, headers={}, conn=None):
        c = conn or http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        c.request(method, path, body, {"Content-Type": "application/json", **headers})
        r = c.getresponse()
        data = r.read()
        if not conn:
            c.close()
        return r.status, data, r.headers

    def chat(self, body, headers={}, conn=None):
        status, data, h = self.call("POST", "/v1/chat/completions", json.dumps(body), headers, conn)
        return status, json.loads(data), h

    def stats(self):
        return json.loads(self.call("GET", "/stats")[1])

    def raw(self, data, until=None):
        s = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        s.sendall(data)
        got = b""
        while until is None or got.count(until) < 1:
            more = s.recv(65536)
            if not more:
                break
            got += more
        return s, got


def body(seed=1024, schema=SCHEMA, **more):
    b = {"model": "sim", "seed": seed, "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": USER}]}
    if schema:
        b["response_format"] = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
    return {**b, **more}


def content(reply):
    return reply["choices"][0]["message"]["content"]


def check_object(o):
    assert list(o) == ["values", "mood", "age", "loves", "home"], o
    n = len(o["values"].split())
    assert 60 <= n <= 120, n
    assert "Moral character is fairly low." in o["values"] and "Rule of law is medium." in o["values"], o
    assert ". Overall, " in o["values"] and "\n" not in o["values"], o
    assert len(re.findall("quiet|curious|patient|cheerful|stubborn|calm|shy", o["values"])) >= 2, o
    assert re.search("friend|teacher|mother|father", o["values"]) and not re.search(r"\b(he|his|they)\b", o["values"]), o
    assert o["mood"] in ("calm", "tense", "cheerful") and type(o["age"]) is int and 5 <= o["age"] <= 19, o
    assert len(o["loves"]) == 5 and all(1 <= len(x.split()) <= 8 for x in o["loves"]), o
    assert 1 <= o["home"]["garden"].count(".") <= 2 and type(o["home"]["pets"]) is bool, o


def replies():
    with Server() as s:
        status, r, _ = s.chat(body())
        assert status == 200 and r["choices"][0]["finish_reason"] == "stop" and r["object"] == "chat.completion", r
        check_object(json.loads(content(r)))
        u = r["usage"]
        assert u["prompt_tokens"] == len(SYSTEM + USER) // 4 and u["total_tokens"] == u["prompt_tokens"] + u["completion_tokens"], u
        assert u["completion_tokens"] == (len(content(r)) + 3) // 4, u
        again, other = s.chat(body())[1], s.chat(body(seed=2048))[1]
        assert again == r and content(other) != content(r)
        loose = s.chat(body(schema=None, response_format={"type": "json_object"}))[1]
        check_object(json.loads(content(loose)))
        cut = s.chat(body(max_tokens=20))[1]
        assert cut["choices"][0]["finish_reason"] == "length" and content(cut) == content(r)[:80], cut
        assert json.loads(content(s.chat(body(schema=JUDGE))[1])) == {"findings": []}
        revise = body(schema={"type": "object", "properties": {"values": TEXT}, "required": ["values"]})
        revise["messages"] += [{"role": "assistant", "content": content(r)}, {"role": "user", "content": "- values: too short"}]
        o = json.loads(content(s.chat(revise)[1]))
        assert list(o) == ["values"] and 60 <= len(o["values"].split()) <= 120 and "Rule of law is medium." in o["values"], o
        st = s.stats()
        assert st["requests"] == 7 and st["status"] == {"200": 7} and st["distinct"] == 5 and st["in_flight"] == 0, st
    with Server("", "--seed", "9") as s:
        assert content(s.chat(body())[1]) != content(r)
    with Server() as s:
        assert s.chat(body())[1] == r, "another process answers otherwise"


def schemas():
    wild = {"type": "object", "$defs": {"word": {"type": "string", "minLength": 5, "maxLength": 20}}, "properties": {
        "a": {"$ref": "#/$defs/word"}, "b": {"type": "number", "minimum": -2, "maximum": 1.5, "multipleOf": 0.25},
        "c": {"anyOf": [{"type": "integer", "minimum": 7, "maximum": 7}, {"type": "null"}]}, "d": {"const": {"k": [1, None]}},
        "e": {"type": "array", "items": {"enum": ["x", "y", "z"]}, "minItems": 3, "maxItems": 3, "uniqueItems": True},
        "f": {"type": ["string", "null"], "maxLength": 3}, "g": {"type": "array", "items": {"type": "object", "properties": {
            "h": {"type": "boolean"}}, "required": ["h"]}, "minItems": 2, "maxItems": 4}, "i": {"type": "null"},
        "j": {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5}}}
    with Server() as s:
        for seed in range(40):
            o = json.loads(content(s.chat(body(seed, wild))[1]))
            assert list(o) == list("abcdefgij"), o
            assert 5 <= len(o["a"]) <= 20 and -2 <= o["b"] <= 1.5 and o["b"] * 4 % 1 == 0 and o["c"] == 7, o
            assert o["d"] == {"k": [1, None]} and sorted(o["e"]) == ["x", "y", "z"] and 1 <= len(o["f"]) <= 3, o
            assert 2 <= len(o["g"]) <= 4 and all(type(x["h"]) is bool for x in o["g"]) and o["i"] is None and o["j"] == 4, o


def strictness():
    with Server("models a b # two\nkey secret\n") as s:
        key = {"Authorization": "Bearer secret"}
        assert s.chat(body(model="a"))[0] == 401 and s.call("GET", "/v1/models")[0] == 401
        assert s.chat(body(model="c"), key)[0] == 404 and s.chat(body(model="b"), key)[0] == 200
        assert [m["id"] for m in json.loads(s.call("GET", "/v1/models", headers=key)[1])["data"]] == ["a", "b"]
        status, data, _ = s.call("POST", "/v1/chat/completions", '{"model": "a", }', key)
        error = json.loads(data)["error"]
        assert status == 400 and error["type"] == "invalid_request_error" and set(error) == {"message", "type", "param", "code"}, error
        for wrong in ({"messages": []}, {"messages": [{"role": "x", "content": "y"}]}, {"max_tokens": 0}, {"seed": "1"},
                      {"stream": True}, {"n": 2}, {"temperature": "hot"}, {"response_format": {"type": "xml"}},
                      {"response_format": {"type": "json_schema", "json_schema": {"name": "a b", "schema": {}}}}):
            assert s.chat({**body(model="a"), **wrong}, key)[0] == 400, wrong
        assert s.call("GET", "/v1/chat/completions")[0] == 405 and s.call("GET", "/nothing")[0] == 404
        assert s.call("GET", "/health")[0] == 200
    with Server("no_schema") as s:
        assert s.chat(body())[0] == 400 and s.chat(body(schema=None))[0] == 200
    with Server("no_bounds") as s:
        bounded = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 9}}}
        assert s.chat(body(schema=bounded))[0] == 400 and s.chat(body())[0] == 200
    with Server("plain") as s:
        assert content(s.chat(body(schema=None))[1])[0] != "{" and content(s.chat(body())[1])[0] == "{"
    with Server("plain\nignore_schema") as s:
        assert content(s.chat(body())[1])[0] != "{"


def connections():
    with Server() as s:
        one = json.dumps(body()).encode()
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
        whole = head + b"Content-Length: %d\r\n\r\n" % len(one) + one
        sock, got = s.raw(whole + whole.replace(b"\r\nHost", b"\r\nConnection: close\r\nHost", 1))
        assert got.count(b"HTTP/1.1 200 OK") == 2, got[:200]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(one[i:i + 700]), one[i:i + 700]) for i in range(0, len(one), 700)) + b"0\r\nTrailer: 1\r\n\r\n"
        sock, got = s.raw(head + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        assert got.startswith(b"HTTP/1.1 200") and b"chat.completion" in got, got[:200]
        sock, got = s.raw(head + b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(one), b"\r\n\r\n")
        assert got == b"HTTP/1.1 100 Continue\r\n\r\n", got
        sock.sendall(one)
        assert sock.recv(15) == b"HTTP/1.1 200 OK"
        assert s.raw(b"NONSENSE\r\n\r\n")[1].startswith(b"HTTP/1.1 400")
        assert s.raw(head + b"Content-Length: 99999999\r\n\r\n")[1].startswith(b"HTTP/1.1 413")
        assert s.raw(head + b"X: " + b"y" * 70000)[1].startswith(b"HTTP/1.1 431")
        c = http.client.HTTPConnection("127.0.0.1", s.port)
        assert all(s.chat(body(i), conn=c)[0] == 200 for i in range(20))
        assert s.stats()["connections"] < 12
    with Server("idle_close 0.05") as s:
        c = socket.create_connection(("127.0.0.1", s.port), timeout=20)
        assert c.recv(10) == b""


def content_faults():
    def one(script, seed=1024, schema=SCHEMA):
        with Server(script) as s:
            status, r, _ = s.chat(body(seed, schema))
            first = s.chat(body(seed, schema))[:2]
            assert first == (status, r), script + ": another answer the second time"
            word = script.split()[0]
            if word != "judge_objects":
                assert s.stats()["faults"] == {word: 2}, s.stats()
            return status, r
    status, r = one("poison 1")
    assert status == 500
    status, r = one("context 1")
    assert status == 400 and r["error"]["code"] == "context_length_exceeded", r
    status, r = one("refuse 1")
    assert content(r) is None and r["choices"][0]["message"]["refusal"] and r["choices"][0]["finish_reason"] == "content_filter"
    for word in ("truncate", "whitespace", "garbage", "fence", "think"):
        status, r = one(word + " 1")
        text = content(r)
        try:
            json.loads(text)
            raise AssertionError(word + ": is JSON")
        except ValueError:
            pass
        assert (r["choices"][0]["finish_reason"] == "length") == (word in ("truncate", "whitespace")), r
        if word == "fence":
            check_object(json.loads(re.fullmatch(r"```json\n(.*)\n```", text, re.S).group(1)))
        if word == "think":
            check_object(json.loads(text.split("</think>")[1]))
    keys = set(SCHEMA["properties"])
    assert set(json.loads(content(one("extra_key 1")[1]))) > keys
    assert set(json.loads(content(one("missing_key 1")[1]))) < keys
    assert not isinstance(json.loads(content(one("wrong_type 1")[1]))["values"], str)
    o = json.loads(content(one("wrong_value 1")[1]))
    assert not ("Moral character is fairly low." in o["values"] and "Rule of law is medium." in o["values"]), o
    assert len(json.loads(content(one("short 1")[1]))["values"].split()) < 60
    assert len(json.loads(content(one("long 1")[1]))["values"].split()) > 120
    lines = json.loads(content(one("loop 1")[1]))["values"].split(". ")
    assert len(set(lines)) < len(lines)
    assert len(json.loads(content(one("judge_objects 1", schema=JUDGE)[1]))["findings"]) == 1
    with Server("hostile 1") as s:
        bad = set()
        for seed in range(60):
            data = s.call("POST", "/v1/chat/completions", json.dumps(body(seed)))[1]
            try:
                text = content(json.loads(data.decode()))
                pairs = []
                json.loads(text, object_pairs_hook=lambda p: pairs.append(p) or dict(p))
                bad.add("huge" if len(text) > 1 << 20 else "twice" if any(len(dict(p)) < len(p) for p in pairs) else "surrogate")
            except UnicodeDecodeError:
                bad.add("utf8")
            except RecursionError:
                bad.add("deep")
            except ValueError as e:
                bad.add("control" if "control" in str(e) else "deep" if "[[[[" in text else "number")
        assert bad == {"huge", "twice", "surrogate", "utf8", "deep", "control", "number"}, bad
    with Server("garbage 1\nfault_rounds first") as s:
        assert content(s.chat(body(1024))[1])[0] != "{" and content(s.chat(body(1025))[1])[0] == "{"
    with Server("garbage 0.3") as s:
        n = sum(content(s.chat(body(i))[1])[0] != "{" for i in range(200))
        assert 30 < n < 90, n


def duplicates():
    with Server("duplicates 0.5 pool 2") as s:
        texts = {}
        for persona in range(60):
            filler = json.loads(content(s.chat(body(persona << 10 | 16))[1]))["loves"]
            texts.setdefault(tuple(filler), []).append(persona)
        shared = sorted(len(v) for v in texts.values())
        assert len([n for n in shared if n > 1]) == 2 and 15 <= 60 - shared.count(1) <= 45, shared
        assert s.stats()["duplicates"] == 60 - shared.count(1)


def transport_faults():
    def one(s, seed=1024):
        try:
            status, r, h = s.chat(body(seed))
            return status
        except (http.client.HTTPException, ConnectionError, ValueError) as e:
            return type(e).__name__
    with Server("drop 1") as s:
        assert one(s) == "RemoteDisconnected" and s.stats()["faults"] == {"drop": 1}
    with Server("early_close 1") as s:
        assert one(s) == "IncompleteRead" and s.stats()["faults"] == {"early_close": 1}
    with Server("drip 1 20000") as s:
        assert one(s) == 200 and s.stats()["faults"] == {"drip": 1}
    with Server("hang 1") as s:
        c = socket.create_connection(("127.0.0.1", s.port))
        one_body = json.dumps(body()).encode()
        c.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(one_body) + one_body)
        while s.stats()["in_flight"] != 1:
            pass
        c.close()
        while s.stats()["cancelled"] != 1:
            pass
        assert s.stats()["in_flight"] == 0
    with Server("errors 1 status 503 retry_after 1.5 code slow_down") as s:
        status, r, h = s.chat(body())
        assert status == 503 and h["Retry-After"] == "1.5" and r["error"]["code"] == "slow_down", r
    with Server("errors 1 429 http_date 3") as s:
        status, r, h = s.chat(body())
        assert status == 429 and h["Retry-After"].endswith("GMT") and r["error"]["code"] == "rate_limit_exceeded", r
    with Server("errors 0.5 status 500") as s:
        runs = [[one(s, seed) for _ in range(12)] for seed in range(20)]
        assert all(200 in r and 500 in r for r in runs), runs
    with Server("errors 0.5 status 500") as s:
        assert [[one(s, seed) for _ in range(12)] for seed in range(20)] == runs, "transport faults are no function of the count"
    with Server("rate rpm 60") as s:
        status, r, h = s.chat(body())
        assert status == 200 and h["x-ratelimit-limit-requests"] == "60"
        assert s.chat(body())[0] == 429 and s.stats()["faults"] == {"rate": 1}
    with Server("burst every 100 for 100 status 429 retry_after 2") as s:
        assert one(s) == 429 and s.stats()["faults"] == {"burst": 1}
    with Server("burst every 3600 for 1 status 429") as s:
        assert one(s) == 200


def crowd(s, n):
    out = [None] * n
    def run(i):
        out[i] = s.chat(body(i))[0]
    threads = [threading.Thread(target=run, args=(i,)) for i in range(n)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    return out


def slots():
    with Server("latency fixed 50\ncapacity 2 queue unbounded") as s:
        assert crowd(s, 8) == [200] * 8
        st = s.stats()
        assert st["busy_max"] == 2 and st["waiting_max"] >= 1 and st["busy"] == st["waiting"] == 0, st
        assert st["busy_slot_s"] >= 0.4 - 0.01 and 0 < st["use"] <= 1 and st["use_10_90"] is not None, st
        assert abs(sum(st["busy_per_s"]) - st["busy_slot_s"]) < 0.02 and sum(st["replies_per_s"]) == 8, st
        s.call("POST", "/reset")
        st = s.stats()
        assert st["requests"] == 0 and st["status"] == {} and st["distinct"] == 0 and st["busy_per_s"] == [], st
    with Server("latency fixed 300\ncapacity 1 queue bounded 1 overload 503 retry_after 2") as s:
        got = crowd(s, 6)
        assert set(got) == {200, 503}, got
        st = s.stats()
        assert st["faults"] == {"overload": got.count(503)} and st["waiting_max"] == 1 and st["busy_max"] == 1, st
    with Server("latency uniform 1 20\nshuffle\ntail 0.1 30\ntokens_per_second 100000") as s:
        assert crowd(s, 40) == [200] * 40
    with Server("latency lognormal 5 0.5") as s:
        assert crowd(s, 20) == [200] * 20
        assert s.stats()["in_flight_max"] >= 1


def scripts():
    paths = glob.glob(os.path.join(SCRIPTS, "*.sim"))
    assert len(paths) >= 5, paths
    for path in paths:
        with Server(open(path).read()) as s:
            assert s.call("GET", "/health")[0] == 200, path


def ends():
    with Server("", "--until-eof", stdin=subprocess.PIPE) as s:
        s.p.stdin.close()
        assert s.p.wait() == 0
    log, port = os.path.join(DIR, "log"), os.path.join(DIR, "port")
    with Server("errors 0.5 500", "--log", log, "--port-file", port) as s:
        assert int(open(port).read()) == s.port
        s.chat(body())
        s.p.send_signal(signal.SIGUSR1)
        assert json.loads(s.p.stdout.readline())["requests"] == 1
        assert json.loads(open(log).read())["seed"] == 1024
        s.p.send_signal(signal.SIGINT)
        assert s.p.wait() == 0
    for line, word in (("latency slow 3", "slow"), ("\n\ngarbage 2", "2"), ("truncat 1", "truncat"), ("drop", "end of the line"),
                       ("errors 0.1 200", "200"), ("capacity 2 que", "que"), ("fence 0.1 0.2", "0.2")):
        with open(os.path.join(DIR, "bad.sim"), "w") as f:
            f.write(line)
        p = subprocess.run([SIM, "--script", f.name], stderr=subprocess.PIPE, text=True)
        assert p.returncode == 2 and "bad.sim:%d: " % (line.count("\n") + 1) in p.stderr and word in p.stderr, p.stderr
    assert subprocess.run([SIM, "--sript", "x"], stderr=subprocess.DEVNULL).returncode == 2


for test in (replies, schemas, strictness, connections, content_faults, duplicates, transport_faults, slots, scripts, ends):
    try:
        test()
    except BaseException:
        print("llmsim_test: %s failed" % test.__name__, file=sys.stderr)
        raise
    print("ok %s" % test.__name__)
PYTHON
