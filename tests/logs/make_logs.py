"""Run every broken zip of the test corpora as the server does, and keep what it prints: ``make_logs.py PYTHON``.

PYTHON has the server's packages (``subpack server install published``). Each zip runs ``server_program.py`` at
isolation level namespace and with limits, because some submissions kill whatever they reach. The logs go to
``tests/data/server_logs.json.xz``: by corpus and case, what Codabench would show.
"""

import json
import lzma
import re
import sys
import tempfile
import traceback
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / name) for name in ("checks", "harness", "logs", "hostile")]

from corpora import corpora

from submission_builder.sandbox.child import start
from submission_builder.sandbox.child_ended import ChildEnded
from submission_builder.sandbox.limits import Limits
from submission_builder.server.facts import TRAPS

PROGRAM = Path(__file__).with_name("server_program.py")
LOGS = TESTS / "data" / "server_logs.json.xz"
HOSTILE = Limits(wall_s=30, memory_mib=1500, output_mib=8, disk_mib=64, processes=100)
OTHER = Limits(wall_s=1200, memory_mib=4000)
LONGEST = 6000
ELSEWHERE = (
    (r"/\S*?/servers/published-\w+/lib/python3.10/", "/opt/conda/lib/python3.10/"),
    (r"/\S*?/\.pyenv/versions/3.10.\d+/lib/python3.10/", "/opt/conda/lib/python3.10/"),
    (r'  File "\S*server_program.py", line \d+, in (main_of_each|<module>)\n.*\n', ""),
    (r"/app/input/res/case-\d+", "/app/input/res"),
    (r"/app/ingestion/server_program.py", "/app/ingestion_program/ingestion.py"),
)
"""Folders of the machine that makes the logs, and where the server has the same files."""


def unpack(path, folder):
    """Unpack a zip as Codabench's worker does: files beside a file ``metadata`` never reach the scorer."""
    (folder / "empty").touch()  # the sandbox shows files, not folders
    with zipfile.ZipFile(path) as archive:
        if not set(TRAPS) & set(archive.namelist()):
            archive.extractall(folder)


def output_of(submission, limits, python):
    """Run the program beside a folder, and return what it prints."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with start(PROGRAM, submission, [], folder, limits, "namespace", interpreter=python) as child:
            child.send({})
            try:
                child.receive()
            except ChildEnded as ended:
                print(submission.name, "|", ended.fact, flush=True)
            return (folder / "output.log").read_bytes()[: 1 << 24].decode("utf-8", "replace")


def tidied(log):
    for pattern, there in ELSEWHERE:
        log = re.sub(pattern, there, log)
    log = log.replace(str(Path(__file__).parent), "/app")
    return log if len(log) <= LONGEST else f"{log[: LONGEST // 2]}\n[…]\n{log[-LONGEST // 2 :]}"


def logs_of(corpus, cases, python):
    """Run the cases of a corpus: hostile ones alone, the others in forks of one process."""
    logs = {}
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(2) as pool:
        submissions = {}
        for i, (name, case) in enumerate(cases.items()):
            path, folder = Path(temporary, f"{i:03}.zip"), Path(temporary, "cases", f"case-{i:03}")
            case.make(path)
            folder.mkdir(parents=True)
            submissions[name] = folder
            try:
                unpack(path, folder)
            except Exception:  # noqa: BLE001 - whatever the worker would show
                logs[name] = traceback.format_exc().replace(temporary, "/app")
                del submissions[name]
        if corpus == "hostile":
            pending = {name: pool.submit(output_of, one, HOSTILE, python) for name, one in submissions.items()}
            logs |= {name: future.result() for name, future in pending.items()}
        else:
            output = output_of(Path(temporary, "cases"), OTHER, python)
            parts = {
                name: log for name, _, log in (part.partition("\n") for part in f"\n{output}".split("\n#### ")[1:])
            }
            logs |= {name: parts[folder.name] for name, folder in submissions.items()}
    return {name: tidied(log) for name, log in sorted(logs.items())}


def main(python, only):
    made = {corpus: logs_of(corpus, cases, python) for corpus, cases in corpora().items() if corpus in only}
    logs = (json.loads(lzma.decompress(LOGS.read_bytes())) if LOGS.is_file() else {}) | made
    LOGS.write_bytes(lzma.compress(json.dumps(logs, indent=0, sort_keys=True).encode()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or list(corpora()))
