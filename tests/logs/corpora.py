"""Every broken zip of the test corpora, with the cause that a diagnosis of its log has to name first."""

import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from archives import make_zip
from corpus import STATIC

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "hostile")]

from test_field_cases import ANY, EXPECTED
from test_runs import RUN
from test_submissions import FORGE, FORGED, IMPORTS

FIELD = Path(os.environ.get("SUBPACK_SHARED", Path(__file__).parents[3] / "shared")) / "cases" / "make.py"


class Case(NamedTuple):
    """A broken zip, and the numbers of checks or the outcomes that name its cause."""

    make: Callable[[Path], Path]
    expected: tuple[str, ...]
    on_server: tuple[str, ...] | None = None
    """If the log shows another cause than the zip."""


ALSO = {"S301": ("S301", "crashed")}
"""S301 reports an outcome; a log names the outcome itself."""

ON_THE_SERVER = {
    # a sketch of the defect, whose code fails for another reason when it runs
    "a load inside contextlib.suppress": ("crashed",),
    "strict=False": ("crashed",),
    "no weights_only": ("crashed",),
    "numpy in forward": ("crashed",),
    "one challenge": ("contract_error",),
    "predict": ("contract_error",),
    # a risk, and the failure that comes of it
    "a bare squeeze": ("S110", "S302"),
    "torch.squeeze": ("S110", "S302"),
    "a packed module": ("S120", "S105"),
}
"""Causes of the failures of zips that the static checks find by another defect than the one that ends their run."""

OF_OUR_HARNESS = ("forge(", "sys.argv[", "json.dumps")
"""Defects that attack the process of our replay; on the server they are other submissions."""


def hostile(defect):
    top = "\n".join([IMPORTS, FORGE, f"FORGED = '{FORGED}'", defect.get("top", "")])
    return lambda path: make_zip(path, **defect | {"top": top})


def hostile_cases():
    """The hostile submissions that end without a score and do not attack our harness, by what they do."""
    cases = {}
    for path in sorted((TESTS / "hostile" / "cases" / "submissions").glob("*.toml")):
        case = tomllib.loads(path.read_text())
        outcomes = tuple(dict.fromkeys(one["outcome"] for one in case["expected"].values()))
        if "scored" not in outcomes and not any(mark in str(case["submission"]) for mark in OF_OUR_HARNESS):
            cases[case["about"]] = Case(hostile(case["submission"]), tuple("|".join(outcomes).split("|")))
    return cases


@cache
def field_zips():
    """The bytes of the cases of shared/cases."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, FIELD, folder], check=True)
        return {path.stem: path.read_bytes() for path in Path(folder).glob("*.zip")}


def of_the_field(name):
    def make(path):
        path.write_bytes(field_zips()[name])
        return path

    return make


def field_cases():
    """The cases of shared/cases that fail on the server."""
    other = {
        "torchscript_rmsnorm": ("S213",),
        "sklearn_numpy2": ("S213",),
        "needs_network": ("network_attempt", "S107"),
    }
    errors = {name: tuple(sorted(case.errors - ANY)) for name, case in EXPECTED.items()} | other
    return {name: Case(of_the_field(name), expected) for name, expected in errors.items() if expected}


@cache
def corpora():
    """Cases by corpus and name."""
    return {
        "static": {name: Case(one.make, (one.id,), ON_THE_SERVER.get(name)) for name, one in STATIC.items()},
        "run": {
            name: Case(lambda path, c=changes: make_zip(path, **c), ALSO.get(id_, (id_,)))
            for name, (id_, changes) in RUN.items()
        },
        "field": field_cases(),
        "hostile": hostile_cases(),
    }
