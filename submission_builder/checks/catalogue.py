"""Every check, in one table: its function, its line and its page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from submission_builder.checks import archive, code, loading
from submission_builder.checks.inspected import Inspected, Place
from submission_builder.errors import CheckError

Severity = Literal["error", "warning"]
Function = Callable[[Inspected], Iterator[Place]]


@dataclass(frozen=True)
class Check:
    """One numbered check.

    Attributes
    ----------
    id
        ``S`` and three digits: S0xx the archive, S1xx the code.
    severity
        ``error``: the server would give no score, or the wrong one. ``warning``: it may.
    title
        What is required, as one line.
    function
        Yields a place and a message for each spot that breaks it.
    why, causes, solution
        The rest of its page.
    """

    id: str
    severity: Severity
    title: str
    function: Function
    why: str
    causes: str
    solution: str


CHECKS: tuple[Check, ...] = (
    Check(
        "S001",
        "error",
        "The file is a zip whose entries can be read.",
        archive.readable,
        "The worker unpacks the file before anything else; what it cannot unpack is never run.",
        "A tar renamed to .zip, an interrupted upload or copy, a password, a method that Python's zipfile lacks.",
        "Write the zip anew, with `subpack build` or `zip -r submission.zip .`, without a password.",
    ),
    Check(
        "S002",
        "error",
        "submission.py lies at the root.",
        archive.entry_at_root,
        "The server imports `submission` from the folder that it unpacked into, and from no folder below.",
        "The folder was zipped instead of its contents.",
        "Zip from inside the folder: `cd my_model && zip -r ../submission.zip .`",
    ),
    Check(
        "S003",
        "error",
        "No file `metadata` or `metadata.yaml` lies at the root.",
        archive.no_metadata,
        "The worker takes a zip with such a file for a program: the submission's files never reach the scorer.",
        "Metadata of a model hub or of an earlier bundle was packed with the weights.",
        "Leave the file out, or give it another name.",
    ),
    Check(
        "S004",
        "warning",
        "No HTML file lies at the root.",
        archive.no_html,
        "The worker may publish a root *.html as the result page.",
        "A report or a notebook export was packed.",
        "Leave it out.",
    ),
    Check(
        "S005",
        "error",
        "No two names are the same, also where case does not count.",
        archive.distinct_names,
        "Which of two entries of one name survives depends on who unpacks; a file may be not the one that was meant.",
        "A zip that was added to twice; files named on a file system that tells case apart.",
        "Write the zip anew; rename one of the files.",
    ),
    Check(
        "S006",
        "error",
        "Every entry is a plain file or folder below the root.",
        archive.inside,
        "Absolute names, `..`, backslashes and links lead out of the folder or are unpacked as something else.",
        "Paths of the own machine were packed; links to weights were stored as links (`zip -y`).",
        "Zip from inside the folder, and files instead of links.",
    ),
    Check(
        "S007",
        "warning",
        "Nothing lies in the zip that no submission needs.",
        archive.no_junk,
        "Files of an editor, a system or a cache show what was not meant to be shown and make the zip larger.",
        "A folder was zipped as it was; on a Mac, the Finder adds __MACOSX.",
        "Zip named files, or leave the junk out: `zip -r submission.zip . -x '__MACOSX/*' '*/.DS_Store'`.",
    ),
    Check(
        "S008",
        "error",
        "Unpacked, the zip is smaller than 20 GiB and no entry more than 1,000 times its packed size.",
        archive.no_bomb,
        "A zip that grows without end fills the worker's disk and ends the run.",
        "A weights file of zeros; a zip made to do harm.",
        "Pack the weights that are used and nothing else.",
    ),
    Check(
        "S101",
        "error",
        "Every Python file parses under Python 3.10.",
        code.parses,
        "The server runs Python 3.10; what it cannot parse, it cannot import.",
        "Syntax of a newer Python, such as `except*` or `type X = …`; a file cut short.",
        "Write it for Python 3.10.",
    ),
    Check(
        "S102",
        "error",
        "submission.py has a class Submission.",
        code.has_class,
        "The server runs `from submission import Submission`.",
        "The class has another name, or stands inside a function.",
        "Name it Submission, at the top level of submission.py.",
    ),
    Check(
        "S103",
        "error",
        "Submission takes exactly two positional arguments.",
        code.constructor,
        "The server builds it as `Submission(SFREQ, DEVICE)`.",
        "A constructor written for another harness.",
        "`def __init__(self, SFREQ, DEVICE):`; further arguments need defaults.",
    ),
    Check(
        "S104",
        "error",
        "Submission has get_model_challenge_1 and get_model_challenge_2, which take no arguments.",
        code.getters,
        "The server calls both by these names, in the singular, without arguments.",
        "The plural (`get_models_challenge_1`), one challenge left out, an argument without default.",
        "Name them `get_model_challenge_1(self)` and `get_model_challenge_2(self)`.",
    ),
    Check(
        "S105",
        "error",
        "Every import is found on the server or in the zip.",
        code.imports,
        "The server has the 107 packages of the kit's list, the standard library of Python 3.10 and your zip.",
        "timm, safetensors, huggingface_hub, torchvision, xgboost and lightgbm are not there; own modules left out.",
        "Do without it, or put its pure-Python sources into the zip. An import inside try/except ImportError passes.",
    ),
    Check(
        "S106",
        "warning",
        "No string names a folder of a private machine.",
        loading.private_paths,
        "The path is not there on the server, so what should be loaded from it is not.",
        "A path was copied from a training script.",
        "Find files by `Path(__file__).resolve().parent`; it is right wherever the server unpacks.",
    ),
    Check(
        "S107",
        "warning",
        "Nothing reaches for the network.",
        loading.network,
        "Whether the server has a network is not public; a download that fails there ends the run.",
        "Weights loaded from a hub, logging to a service.",
        "Put the weights into the zip.",
    ),
    Check(
        "S108",
        "warning",
        "No error is swallowed where weights are loaded.",
        loading.swallowed,
        "A load that fails without a word leaves random weights. Nine public submissions of 2025 ran that way.",
        "`try: load(…) except: pass`, or a message instead of an exception.",
        "Let it raise. The run then fails, which costs no submission of the day.",
    ),
    Check(
        "S109",
        "warning",
        "No load_state_dict has strict=False.",
        loading.not_strict,
        "Weights that are missing or named otherwise stay random: in one public submission, 8,256 of them.",
        "It made an error go away.",
        "Load strictly, and mend the names.",
    ),
    Check(
        "S110",
        "warning",
        "No forward ends in a bare squeeze().",
        loading.bare_squeeze,
        "At batch size 1 it also drops the batch axis; the scorer reads answer[0][0] and raises.",
        "Written and tried with batches larger than one.",
        "`y.reshape(len(X), 1)`, or squeeze a named axis.",
    ),
    Check(
        "S111",
        "warning",
        "Every torch.load says weights_only.",
        loading.unsaid_weights_only,
        "Its default changed in torch 2.6, and the server's torch is 2.2.2 or 2.8: the same file may load or raise.",
        "Older code.",
        "`torch.load(path, map_location=…, weights_only=True)`.",
    ),
    Check(
        "S112",
        "warning",
        "Nothing crosses between torch and numpy.",
        loading.numpy_crossing,
        "With the packages of the kit's list, torch 2.2.2 beside numpy 2.2.6, each crossing raises.",
        "`.numpy()`, `torch.from_numpy` in forward.",
        "Stay in torch; `torch.frombuffer` and `.tolist()` do without numpy.",
    ),
)


def find_check(id_: str) -> Check:
    """Look a check up.

    Raises
    ------
    CheckError
        If there is none of that number.
    """
    by_id = {check.id: check for check in CHECKS}
    if id_.upper() in by_id:
        return by_id[id_.upper()]
    near = get_close_matches(id_.upper(), by_id, n=1)
    raise CheckError(f"there is no check {id_}", hint=f"did you mean {near[0]}?" if near else None)
