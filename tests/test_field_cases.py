"""Each case that the field brought in gets what its expected.tsv or README asks for (shared/cases)."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

import submission_builder as sb
from submission_builder.cli import main

MAKE = Path(os.environ.get("SUBPACK_SHARED", Path(__file__).parents[2] / "shared")) / "cases" / "make.py"
PASSES, FAILS, UNDECIDED = 0, 1, 3
ANY = frozenset({"any"})


class Expected(NamedTuple):
    """The findings of a case, and the exit status of the command."""

    exits: frozenset[int]
    errors: frozenset[str] = frozenset()
    """Numbers of the checks that find an error; `ANY` for one or more of any number."""
    warnings: frozenset[str] | None = None
    """Numbers of the checks that find a warning; None for any."""
    words: tuple[str, ...] = ()
    """Parts of the messages of the errors, or else of the warnings or of the run."""


def no_error(*warnings, words=(), strict=False):
    return Expected(frozenset({PASSES}), warnings=frozenset(warnings) if warnings or strict else None, words=words)


def error(*ids, words=()):
    return Expected(frozenset({FAILS}), frozenset(ids) or ANY, words=words)


NEWER = {
    "typing_self": "typing.Self",
    "enum_strenum": "enum.StrEnum",
    "datetime_utc": "datetime.UTC",
    "math_cbrt": "math.cbrt",
}
EXPECTED = {
    "good": no_error(strict=True),
    "random_on_volts": error("S210", words=("random",)),
    **{case: error("S113", words=(f"{name} does not exist in Python 3.10",)) for case, name in NEWER.items()},
    "numpy_trapezoid": error("S113", words=("numpy.trapezoid does not exist in numpy 1.26",)),
    "syntax_star_index": error("S101", words=("under Python 3.10", "x[*i]")),
    "syntax_star_annotation": error("S101", words=("under Python 3.10", "annotation of *args")),
    "torchscript_rmsnorm": error(words=("rms_norm", "c1.pt", "torch 2.2.2")),
    "finder": no_error("S007"),
    "train_beside": no_error(),
    "main_block": no_error(),
    "type_checking": no_error(),
    "suppressed_import": no_error("S120", words=("mamba_ssm is neither on the server",)),
    "star_import": no_error(),
    "alias": no_error("S211", "S212"),  # S211: nothing opens the weights of challenge 2
    "dataclass": no_error(),
    "lightning_import": Expected(frozenset({PASSES, UNDECIDED})),
    "only_cuda": Expected(frozenset({UNDECIDED}), words=("GPU",)),
    "utf16": error("S101", words=("UTF-16", "save it as UTF-8")),
    "names_differ": error("S207", words=("weights_challenge1.pt",)),
    "float64": no_error(),
    "needs_network": error("S301", words=("network",)),
    "keys_differ": error("S209", words=("model.conv.weight", "conv.weight")),
    "sklearn_numpy2": error(words=("numpy 2", "numpy 1.26")),
}


@pytest.fixture(scope="module")
def cases(tmp_path_factory, small_release):
    """The folder of the zips and of expected.tsv, and of the releases with one quirk each."""
    if not MAKE.is_file():
        pytest.skip("cases/make.py is not beside the checkout (shared/cases)")
    folder = tmp_path_factory.mktemp("cases")
    subprocess.run([sys.executable, MAKE, folder, small_release], check=True)
    return folder


@pytest.mark.parametrize("name", EXPECTED)
def test_a_case_gets_its_findings(cases, name):
    zip_, expected = cases / f"{name}.zip", EXPECTED[name]
    if not zip_.is_file():
        pytest.skip("make.py needs scikit-learn for this case")
    result = CliRunner().invoke(main, ["check", str(zip_), "--format", "json"])
    report = json.loads(result.stdout)
    found = {
        severity: [one for one in report["findings"] if one["severity"] == severity]
        for severity in ("error", "warning")
    }
    ids = {severity: {one["id"] for one in findings} for severity, findings in found.items()}
    messages = [f"{one['where']}: {one['message']}" for one in found["error"] or found["warning"]] or [
        report["message"] or ""
    ]
    assert result.exit_code in expected.exits
    assert bool(ids["error"]) if expected.errors == ANY else ids["error"] == expected.errors
    assert expected.warnings is None or ids["warning"] == expected.warnings
    assert [word for word in expected.words if not any(word in message for message in messages)] == []


def test_every_case_is_expected(cases):
    with (cases / "expected.tsv").open(encoding="utf-8") as rows:
        names = {row["case"] for row in csv.DictReader(rows, delimiter="\t")}
    assert names <= set(EXPECTED)
    assert set(EXPECTED) - names <= {"sklearn_numpy2"}


@pytest.mark.parametrize("quirk", ["trial_before_the_recording", "stimulus_just_before_the_recording"])
def test_what_lies_before_a_recording_is_dropped_and_the_rest_is_scored_as_without_it(cases, small_release, quirk):
    without, with_quirk = sb.open_release(small_release), sb.open_release(cases / "releases" / quirk)
    for challenge in (1, 2):
        expected, found = (one.windows(challenge=challenge).table for one in (without, with_quirk))
        assert len(expected) > 0
        for column in ("recording", "start", "target", "subject"):
            assert list(getattr(found, column)) == list(getattr(expected, column))


@pytest.mark.parametrize(
    ("quirk", "fact", "command"),
    [
        ("broken_annex_link", "the BDF is a link whose target is missing", "datalad get"),
        ("lfs_pointer", "the BDF is a Git LFS pointer", "git lfs pull"),
    ],
)
def test_a_recording_that_was_not_downloaded_is_named_as_what_it_is(cases, quirk, fact, command):
    with pytest.raises(sb.ReleaseError, match=fact) as raised:
        sb.open_release(cases / "releases" / quirk).windows(challenge=1)
    assert command in raised.value.hint
