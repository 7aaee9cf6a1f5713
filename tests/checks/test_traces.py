"""The checks of behaviour on traces: of a good run, and of one with each fault."""

import json
from dataclasses import replace

import pytest
import saved_weights as weights
from archives import make_zip
from traces import GOOD, OTHERS, PREDICTIONS, RUNS, SECOND, ended, trace

from submission_builder.checks.catalogue import CHECKS, find_check, select_checks
from submission_builder.checks.runner import check_zip
from submission_builder.checks.trace import difference
from submission_builder.protocol.golden import GOLDEN_NAME
from submission_builder.sandbox.outcomes import OUTCOMES

BEHAVIOURAL = [check for check in CHECKS if check.runs]


@pytest.fixture
def path(tmp_path):
    manifest = {"golden": {"question": GOLDEN_NAME, "predictions": {"1": PREDICTIONS, "2": PREDICTIONS}}}
    names = {"c1.pt": weights.GOOD, "c2.pt": weights.OTHER, "manifest.json": json.dumps(manifest).encode()}
    return make_zip(tmp_path / "z.zip", names=names)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_a_fault_is_found_by_its_check(path, run):
    check = find_check(run.id)
    (found,) = [one for one in check_zip(path, [check], lambda _: run.trace).findings if one.id == run.id]
    assert (found.id, found.where, found.message) == (run.id, run.where, run.message)


TWICE = ("S301", "S311", "a failed use of the network")
"""Faults that two checks report: how the run ended, and why."""


@pytest.mark.parametrize("name", [name for name, run in RUNS.items() if not {name, run.id} & set(TWICE)])
def test_no_other_check_finds_it(path, name):
    run = RUNS[name]
    assert {found.id for found in check_zip(path, BEHAVIOURAL, lambda _: run.trace).findings} == {run.id}


def test_a_good_run_passes_everything_that_can_be_seen_on_a_cpu(path):
    checked = check_zip(path, BEHAVIOURAL, lambda _: trace())
    assert (checked.findings, list(checked.skipped), checked.isolation) == ((), ["S311"], "process")


def test_a_run_on_the_device_of_the_server_passes_all(path):
    checked = check_zip(path, BEHAVIOURAL, lambda _: trace(device="cuda"))
    assert checked.passed == tuple(check.id for check in BEHAVIOURAL)


def test_a_run_that_ended_early_leaves_the_rest_skipped(path):
    checked = check_zip(path, BEHAVIOURAL, lambda _: ended("crashed"))
    assert checked.passed == ()
    assert set(checked.skipped) == {check.id for check in BEHAVIOURAL} - {"S301"}
    assert checked.skipped["S303"] == "the run ended early: crashed"


SUBMISSION_FAULTS = [word for word, outcome in OUTCOMES.items() if outcome.fault == "submission"]


@pytest.mark.parametrize("outcome", SUBMISSION_FAULTS)
@pytest.mark.parametrize("select", ["S301", "S305", "S302", "S3", "S"])
@pytest.mark.parametrize("ignore", ["S301", "S302", "S209"])
def test_a_run_without_predictions_is_an_error_whatever_is_selected(path, outcome, select, ignore):
    """Exactly one check reports the outcome as an error."""
    checks = [check for check in select_checks([select]) if check.id != ignore]
    checked = check_zip(path, checks, lambda _: ended(outcome))
    if any(check.runs for check in checks):
        assert len(checked.errors) == 1
        assert (checked.outcome, checked.ok) == (outcome, False)
        assert checked.errors[0].message.endswith("the message of the run")
        assert checked.errors[0].id not in checked.skipped
    else:
        assert (checked.findings, checked.outcome) == ((), None)


def test_the_own_check_of_an_outcome_reports_it_if_it_is_selected(path):
    checked = check_zip(path, BEHAVIOURAL, lambda _: ended("bad_shape"))
    assert [finding.id for finding in checked.findings] == ["S302"]
    assert checked.skipped["S301"] == "the run ended in bad_shape, which S302 reports"
    without = [check for check in BEHAVIOURAL if check.id != "S302"]
    assert [finding.id for finding in check_zip(path, without, lambda _: ended("bad_shape")).findings] == ["S301"]


def test_a_run_that_died_without_network_is_an_error_beside_the_warning(path):
    checked = check_zip(path, BEHAVIOURAL, lambda _: ended("network_attempt"))
    assert [(finding.id, finding.severity) for finding in checked.findings] == [("S301", "error"), ("S312", "warning")]


def test_a_zip_that_cannot_be_unpacked_is_an_error_of_the_run_if_s001_is_not_selected(tmp_path):
    path = tmp_path / "z.zip"
    path.write_text("not a zip")
    checked = check_zip(path, BEHAVIOURAL, lambda _: ended("contract_error", isolation=None))
    assert [finding.id for finding in checked.findings] == ["S301"]
    assert checked.skipped["S302"] == "the zip cannot be read (S001)"


@pytest.mark.parametrize("outcome", [word for word, outcome in OUTCOMES.items() if outcome.fault == "machine"])
def test_a_machine_that_cannot_run_the_submission_is_no_fault_of_it(path, outcome):
    checked = check_zip(path, CHECKS, lambda _: ended(outcome))
    assert (checked.findings, checked.undecided, checked.ok) == ((), True, False)
    reasons = {checked.skipped[check.id] for check in BEHAVIOURAL}
    assert reasons == {"this machine cannot run the submission: the message of the run"}


def test_a_model_that_the_manifest_declares_stateful_may_keep_state(tmp_path):
    manifest = {"challenges": {"1": {"stateful": True}}}
    path = make_zip(tmp_path / "z.zip", names={"manifest.json": json.dumps(manifest).encode()})
    run = trace(replace(GOOD, in_reverse=OTHERS, batched=OTHERS))
    assert check_zip(path, BEHAVIOURAL, lambda _: run).findings == ()


def test_a_constant_that_opens_no_weight_file_is_accepted(tmp_path):
    same = dict.fromkeys(
        ("predictions", "in_reverse", "rebuilt", "reseeded", "batched", "standardised", "standardised_reseeded"),
        (-0.09,) * 4,
    )
    run = trace(second=replace(SECOND, opened=frozenset(), **same))
    assert check_zip(make_zip(tmp_path / "z.zip"), BEHAVIOURAL, lambda _: run).findings == ()


def zip_with(golden, path):
    return make_zip(path, names={"manifest.json": json.dumps({"golden": golden}).encode()})


@pytest.mark.parametrize(
    "golden", [None, {"question": "another", "predictions": {}}, {"question": GOLDEN_NAME}, [], {"name": "another"}]
)
def test_golden_predictions_that_cannot_be_read_are_skipped(tmp_path, golden):
    path = zip_with(golden, tmp_path / "z.zip")
    assert "golden" in check_zip(path, BEHAVIOURAL, lambda _: trace()).skipped["S310"]


@pytest.mark.parametrize("keys", [("question", "answers"), ("question", "predictions"), ("name", "predictions")])
@pytest.mark.parametrize(("predictions", "found"), [(PREDICTIONS, []), (OTHERS, ["challenge 1", "challenge 2"])])
def test_golden_predictions_of_every_version_of_the_manifest_are_read(tmp_path, keys, predictions, found):
    golden = dict(zip(keys, (GOLDEN_NAME, {"1": predictions, "2": predictions}), strict=True))
    path = zip_with(golden, tmp_path / "z.zip")
    checked = check_zip(path, [find_check("S310")], lambda _: trace())
    assert ([finding.where for finding in checked.findings], checked.skipped) == (found, {})


def test_nothing_runs_if_a_static_check_found_an_error(tmp_path):
    def run(path):
        raise AssertionError(path)

    checked = check_zip(make_zip(tmp_path / "z.zip", top="import timm"), CHECKS, run)
    assert checked.skipped["S301"] == "the zip is run once its errors are mended (S105)"
    assert checked.isolation is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((1.6, 1.6 + 1e-8, 1.6, 1.6), (1.6 + 2**-23, 1.6, 1.6, 1.6)),
        ((1.1, 1.5, 1.9, 1.4), (1.1 + 1e-6, 1.5, 1.9, 1.4)),
        ((0.0,) * 4, (0.0,) * 4),
        ((1.1e-6, 1.5e-6, 1.9e-6, 1.4e-6), (1.1e-6 + 1e-13, 1.5e-6, 1.9e-6, 1.4e-6)),
    ],
    ids=["one step of float32 of a constant", "rounding", "zeros", "rounding of tiny predictions"],
)
def test_rounding_is_no_difference(first, second):
    assert difference(first, second) == 0


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((1.1e-6, 1.5e-6, 1.9e-6, 1.4e-6), (1.1e-6, 1.5e-6, 1.9e-6, 1.5e-6)),
        ((1.1e-9, 1.5e-9, 1.9e-9, 1.4e-9), (1.1e-9, 1.5e-9, 1.9e-9, 1.5e-9)),
        ((1.6,) * 4, (1.6 + 2e-5,) * 4),
    ],
)
def test_a_difference_is_judged_by_the_spread_of_the_predictions(first, second):
    assert difference(first, second) > 0
