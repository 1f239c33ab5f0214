"""The API reference against the gateway that it describes: schemathesis asks whatever the document
allows and forbids, with one seed, and a client is generated from the document, compiled and run.

usage: reference.py DIRECTORY-OF-NODE-MODULES
"""

import gzip
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
VENDORED = HERE.parent.parent / "src/http/docs/swagger-ui"
MODULES = pathlib.Path(sys.argv[1])
URL = os.environ["REFERENCE_URL"]
KEY = os.environ["REFERENCE_KEY"]
SEED = os.environ.get("SCHEMATHESIS_SEED", "20261121")
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "10")


def run(*command):
    """Runs a program; what it says is shown if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=MODULES,
        env={
            **os.environ,
            "PYTHONHASHSEED": "0",
            "SCHEMATHESIS_HOOKS": str(HERE / "allowed.py"),
        },
        timeout=240,
    )
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\nreference: {command[0]} failed")
    return done.stdout


def same_as_published():
    """Swagger UI in the program is what its authors published, byte for byte."""
    published = MODULES / "node_modules/swagger-ui-dist"
    for kept in sorted(VENDORED.iterdir()):
        name = kept.name.removesuffix(".gz")
        text = gzip.decompress(kept.read_bytes()) if kept.suffix == ".gz" else kept.read_bytes()
        if text != (published / name).read_bytes():
            sys.exit(f"reference: {kept} is not what the package {published.name} has")
    print("reference: swagger-ui is as it was published")


def ask_everything():
    """Every operation, with requests that the document allows, and with some that it forbids."""
    told = run(
        pathlib.Path(sys.executable).parent / "schemathesis",
        "run",
        f"{URL}/openapi.json",
        f"--url={URL}",
        f"--header=Authorization: Bearer {KEY}",
        f"--seed={SEED}",
        f"--max-examples={EXAMPLES}",
        "--phases=examples,coverage,fuzzing",
        "--continue-on-failure",
        "--request-timeout=30",
        "--generation-database=none",
        "--no-color",
        "--warnings=off",
    )
    counts = [line.strip() for line in told.splitlines() if "generated" in line or "Tested" in line]
    print(f"reference: schemathesis, seed {SEED}:", "; ".join(counts))


def generate_a_client():
    """Types made of the document; a program that uses them, and misuses them, compiles and runs."""
    with urllib.request.urlopen(f"{URL}/openapi.json", timeout=30) as document:
        (MODULES / "openapi.json").write_bytes(document.read())
    tools = MODULES / "node_modules/.bin"
    run(tools / "openapi-typescript", "openapi.json", "--output", "gateway.ts")
    shutil.copy(HERE / "generated.ts", MODULES / "generated.ts")
    run(
        tools / "tsc",
        *"--strict --noUncheckedIndexedAccess --target es2022 --module nodenext".split(),
        *"--lib es2022,dom,dom.iterable --outDir compiled generated.ts".split(),
    )
    print(run("node", "compiled/generated.js").strip())


same_as_published()
generate_a_client()
ask_everything()
