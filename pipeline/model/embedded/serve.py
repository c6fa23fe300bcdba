#!/usr/bin/env python3
"""Runs llama.cpp's own HTTP server from the unpacked wheel. Ends when its stdin ends: the parent holds the other end of that pipe,
so the server dies with it, whatever kills it.

usage: serve.py SERVER_DIR MODEL PORT SLOTS CONTEXT    (port 0: any; context: tokens a slot)
Prints "listening http://127.0.0.1:PORT" once it answers. The server's own words go to stderr.
"""
import os
import sys
import threading
import time
import urllib.request


def watch_parent():
    while os.read(0, 4096):
        pass
    os._exit(0)


def wait_healthy(address):
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with direct.open(address + "/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:  # 503 while the model loads
            time.sleep(0.1)


def main():
    where, model, port, slots, context = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
    out = os.dup(1)
    os.dup2(2, 1)  # what the server prints goes to the log; our own line goes to the parent
    threading.Thread(target=watch_parent, daemon=True).start()
    sys.path.insert(0, where)
    import xllamacpp as x

    p = x.CommonParams()
    p.model.path = model
    p.model_alias = {os.path.basename(model)}  # what replies name: rows go out, and a path of this machine should not
    p.hostnames = ["127.0.0.1"]
    p.port = port
    p.n_parallel = slots
    p.n_ctx = context * slots
    p.cpuparams.n_threads = len(os.sched_getaffinity(0))
    p.cpuparams_batch.n_threads = p.cpuparams.n_threads
    server = x.Server(p)
    address = server.listening_address
    wait_healthy(address)
    os.write(out, f"listening {address}\n".encode())
    threading.Event().wait()


try:
    main()
except Exception as e:  # the parent shows the last line of the log
    print(f"serve: {type(e).__name__}: {e}", file=sys.stderr, flush=True)
    os._exit(1)
