"""S0xx: the archive."""

from __future__ import annotations

from submission_builder.checks import archive
from submission_builder.checks.check import Check

ARCHIVE: tuple[Check, ...] = (
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
)
