"""Each zip of cases/zips gets the errors and the outcome that its file says, and no traceback."""

import tomllib
from pathlib import Path

import pytest
from hostile_zips import built

import submission_builder as sb
from submission_builder.base.errors import SubmissionError
from submission_builder.harness.package import open_package

pytestmark = pytest.mark.hostile

CASES = {path.stem: path for path in sorted((Path(__file__).parent / "cases" / "zips").glob("*.toml"))}


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request, tmp_path):
    case = tomllib.loads(request.param.read_text())
    (tmp_path / "z.zip").write_bytes(built(case))
    return case["expected"], tmp_path


def test_the_static_checks_report_the_errors_that_the_case_names(case):
    expected, folder = case
    report = sb.check(folder / "z.zip", static=True)
    assert sorted({one.id for one in report.errors}) == expected["static"]
    assert report.passed or report.skipped


def test_the_zip_opens_or_is_a_contract_error(case):
    """The level of isolation makes no difference before the submission runs."""
    expected, folder = case
    outcome, message = "opens", ""
    try:
        open_package(folder / "z.zip").unpack(folder / "res")
    except SubmissionError as error:
        outcome, message = error.outcome, str(error)
    assert outcome == expected["evaluate"]
    assert len(message) < 1000
    assert {one.name for one in folder.iterdir()} <= {"z.zip", "res"}
