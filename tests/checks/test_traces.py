"""What a run showed: every check of behaviour on a good run, and on one that breaks it."""

import json
from dataclasses import replace

import pytest
import saved_weights as weights
from archives import make_zip
from traces import GOOD, OTHERS, PREDICTIONS, RUNS, SECOND, ended, trace

from submission_builder.checks.catalogue import CHECKS
from submission_builder.checks.runner import check_zip
from submission_builder.protocol.golden import GOLDEN_NAME

BEHAVIOURAL = [check for check in CHECKS if check.runs]


@pytest.fixture
def path(tmp_path):
    manifest = {"golden": {"question": GOLDEN_NAME, "predictions": {"1": PREDICTIONS, "2": PREDICTIONS}}}
    names = {"c1.pt": weights.GOOD, "c2.pt": weights.OTHER, "manifest.json": json.dumps(manifest).encode()}
    return make_zip(tmp_path / "z.zip", names=names)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_a_run_that_breaks_a_check_is_found_by_it(path, run):
    check = next(check for check in CHECKS if check.id == run.id)
    (found,) = check_zip(path, [check], lambda _: run.trace).findings
    assert (found.id, found.where, found.message) == (run.id, run.where, run.message)


@pytest.mark.parametrize("name", [name for name, run in RUNS.items() if run.id not in ("S301", "S311")])
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


def test_a_model_that_is_called_stateful_may_keep_state(tmp_path):
    manifest = {"challenges": {"1": {"stateful": True}}}
    path = make_zip(tmp_path / "z.zip", names={"manifest.json": json.dumps(manifest).encode()})
    run = trace(replace(GOOD, again=OTHERS, batched=OTHERS))
    assert check_zip(path, BEHAVIOURAL, lambda _: run).findings == ()


def test_a_constant_that_loads_no_weights_is_meant(tmp_path):
    same = dict.fromkeys(("predictions", "again", "rebuilt", "reseeded", "batched", "standardised"), (-0.09,) * 4)
    run = trace(second=replace(SECOND, opened=frozenset(), **same))
    assert check_zip(make_zip(tmp_path / "z.zip"), BEHAVIOURAL, lambda _: run).findings == ()


@pytest.mark.parametrize("golden", [None, {"question": "another", "predictions": {}}, {"question": GOLDEN_NAME}, []])
def test_golden_answers_that_cannot_be_read_are_skipped(tmp_path, golden):
    path = make_zip(tmp_path / "z.zip", names={"manifest.json": json.dumps({"golden": golden}).encode()})
    assert "golden" in check_zip(path, BEHAVIOURAL, lambda _: trace()).skipped["S310"]


def test_nothing_is_run_where_reading_found_an_error(tmp_path):
    def run(path):
        raise AssertionError(path)

    checked = check_zip(make_zip(tmp_path / "z.zip", top="import timm"), CHECKS, run)
    assert checked.skipped["S301"] == "nothing was run: there are errors to mend first (S105)"
    assert checked.isolation is None
