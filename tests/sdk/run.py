"""Real clients against the built gateway, in front of the built mock.

usage: run.py DIRECTORY-OF-BINARIES DIRECTORY-OF-NODE-MODULES

Both servers take free ports, and are ended by their process ids, however this ends.
"""

import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
MODELS = "plain,tools,breaks,long,busy,missing,refused,down-python,down-node"


def serve(command, env):
    """Starts a server, and returns it with its URL once it says where it listens."""
    server = subprocess.Popen(
        command,
        env={"PATH": os.environ["PATH"], **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tempfile.gettempdir(),
    )
    found = queue.Queue()

    def read():
        for line in server.stdout:
            match = re.search(r"http://127\.0\.0\.1:\d+", line)
            if match:
                found.put(match.group())
        found.put(None)

    threading.Thread(target=read, daemon=True).start()
    url = found.get(timeout=60)
    if url is None:
        sys.exit(f"{command[0]} did not start")
    return server, url


def make_key(gateway, folder, name, *options):
    """A file of keys with one that has these options, and that key."""
    keys = str(pathlib.Path(folder) / f"{name}.json")
    made = subprocess.run(
        [str(gateway), "key", "new", name, *options],
        env={"KEYS_FILE": keys},
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        check=True,
        timeout=60,
    )
    return keys, re.search(r"igw_\S+", made.stdout).group()


def main():
    binaries, modules = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    servers = []
    folder = tempfile.mkdtemp()
    try:
        script = ["--script", str(HERE / "rules.json"), "--bind", "127.0.0.1:0"]
        pace = ["--tps", "0", "--ttft", "0", "--summary-ms", "10"]
        mock, upstream = serve([str(binaries / "mock-upstream"), *script, *pace], {})
        servers.append(mock)
        settings = {
            "BIND_ADDR": "127.0.0.1:0",
            "UPSTREAM_BASE_URL": f"{upstream}/v1",
            "UPSTREAM_MAX_RETRIES": "0",
            "ALLOW_MODELS": MODELS,
            # Whoever does not ask for it sees none of it all the same.
            "REASONING_VISIBILITY": "raw",
        }
        gateway, url = serve([str(binaries / "inference-gateway")], settings)
        servers.append(gateway)
        keys, key = make_key(binaries / "inference-gateway", folder, "alice", "--models=plain")
        guarded, guarded_url = serve(
            [str(binaries / "inference-gateway")], {**settings, "KEYS_FILE": keys}
        )
        servers.append(guarded)
        keys, all_key = make_key(binaries / "inference-gateway", folder, "bob")
        described, described_url = serve(
            [str(binaries / "inference-gateway")],
            {**settings, "ALLOW_MODELS": "", "KEYS_FILE": keys},
        )
        servers.append(described)
        # Modules are looked for beside the file that imports them.
        shutil.copy(HERE / "clients.mjs", modules / "clients.mjs")
        doors = {
            "GATEWAY_URL": url,
            "GUARDED_URL": guarded_url,
            "GUARDED_KEY": key,
            "REFERENCE_URL": described_url,
            "REFERENCE_KEY": all_key,
        }
        env = {**os.environ, **doors}
        ends = [
            subprocess.run([sys.executable, str(HERE / "clients.py")], env=env, timeout=120),
            subprocess.run(["node", str(modules / "clients.mjs")], env=env, timeout=120),
            subprocess.run(
                [sys.executable, str(HERE / "reference.py"), str(modules)], env=env, timeout=400
            ),
        ]
        sys.exit(max(end.returncode for end in ends))
    finally:
        for server in servers:
            server.kill()
            server.wait()
        shutil.rmtree(folder)


main()
