"""The wrapper of all verbs: what it records, and that it disturbs no verb."""

import json
import logging
import os
import pickle
import shutil
from pathlib import Path

import pytest
from archives import make_zip

import submission_builder as sb
from submission_builder.ledger import connect, recorder
from submission_builder.ledger.entries import RECORDED
from submission_builder.ledger.place import switched_off
from submission_builder.ledger.store import Filter, find, find_build

CONSTANTS = {"c1": "constant:1.6", "c2": "constant:0"}


@pytest.fixture(autouse=True)
def _warn_anew():
    recorder._warn_once.cache_clear()


@pytest.fixture
def zip_(tmp_path):
    return make_zip(tmp_path / "z.zip", forward="return 1.5 + 1e4 * X.mean((1, 2))[:, None]")


def test_a_build_leaves_its_digests_and_what_is_needed_to_build_it_again(ledger, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    built = sb.build(**CONSTANTS, output="a.zip")
    (entry,) = find(ledger, Filter())
    assert (entry.command, entry.outcome, entry.path) == ("build", "built", str(tmp_path / "a.zip"))
    assert (entry.sha256, entry.md5) == (built.sha256, built.md5)
    stored = find_build(ledger, built.sha256)
    assert (stored.recipe, stored.inputs) == (built.recipe, built.inputs)
    assert stored.manifest == json.loads(json.dumps(built.manifest))


def test_a_dry_run_and_an_error_leave_nothing(ledger, tmp_path):
    sb.build(**CONSTANTS, output=tmp_path / "a.zip", dry_run=True)
    with pytest.raises(sb.RecipeError):
        sb.build(c1="nonsense", c2="cnn", output=tmp_path / "a.zip")
    assert not ledger.exists()


def test_a_check_leaves_the_number_of_its_findings(ledger, tmp_path, zip_):
    broken = make_zip(tmp_path / "broken.zip", entry="folder/submission.py")
    report, faults = sb.check(zip_, static=True), sb.check(broken, static=True)
    second, first = find(ledger, Filter())
    assert (first.outcome, first.findings) == ("ok", len(report.findings))
    assert (second.outcome, second.findings) == ("errors", len(faults.findings))
    assert sum(second.detail["findings"].values()) == second.findings > 0


def test_an_evaluation_leaves_scores_intervals_release_profile_and_definition(ledger, zip_, small_release):
    result = sb.evaluate(zip_, data=small_release)
    (entry,) = find(ledger, Filter())
    content = result.to_dict()
    assert (entry.command, entry.outcome, entry.sha256) == ("evaluate", "scored", content["zip"]["sha256"])
    assert (entry.release, entry.fingerprint) == (small_release.name, result.release.digest)
    assert (entry.simulated, entry.partial) == (True, False)
    assert (entry.profile, entry.definition) == ("final", "rmse/std")
    scores = {key: getattr(entry, key) for key in ("overall", "challenge1", "challenge2")}
    assert scores == content["scores"]
    assert entry.detail["challenges"] == json.loads(json.dumps(content["challenges"]))
    assert entry.detail["overall"] == json.loads(json.dumps(content["overall"]))


def test_a_partial_score_is_one_of_a_part_of_the_release(ledger, zip_, small_release, tmp_path):
    """No comparison with the server's scores uses it."""
    damaged = shutil.copytree(small_release, tmp_path / "damaged")
    bdf = next(damaged.glob("sub-*/eeg/*_eeg.bdf"))
    bdf.write_bytes(bdf.read_bytes()[:-1])
    sb.evaluate(zip_, data=damaged, skip_unusable=True)
    (entry,) = find(ledger, Filter())
    assert (entry.outcome, entry.partial) == ("scored", True)


def test_each_zip_and_each_release_leave_an_entry(ledger, tmp_path, zip_, small_release):
    """Several releases leave one of each and one of all together; a zip without a score leaves its outcome."""
    other = tmp_path / "SIMULATED-other"
    sb.simulate(other, subjects=3, trials=5, seed=5)
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    sb.evaluate_many([zip_, tmp_path / "broken.zip"], data=[small_release, other])
    entries = find(ledger, Filter())
    names = {small_release.name, other.name, f"{small_release.name} + {other.name}"}
    assert {entry.release for entry in entries if entry.path == str(zip_)} == names
    assert {entry.outcome for entry in entries if entry.path != str(zip_)} == {"contract_error"}


def test_a_comparison_leaves_the_evaluations_of_its_zips_once(ledger, tmp_path, zip_, small_release):
    """One was evaluated before, and one has no score."""
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    before = sb.evaluate(zip_, data=small_release)
    other = make_zip(tmp_path / "other.zip", forward="return X[:, 0, :1] * 0 + 1.5")
    sb.compare([before, other, tmp_path / "broken.zip"], data=small_release)
    found = [(Path(entry.path).name, entry.outcome) for entry in find(ledger, Filter())]
    assert sorted(found) == [("broken.zip", "contract_error"), ("other.zip", "scored"), ("z.zip", "scored")]


def test_a_path_is_absolute_and_without_dots(ledger, tmp_path, zip_, monkeypatch):
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path / "folder")
    sb.check("../z.zip", static=True)
    assert find(ledger, Filter())[0].path == str(zip_)


def test_a_name_that_is_no_text_is_recorded_with_replacement_characters(ledger, tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.zip"))
    make_zip(path)
    sb.check(path, static=True)
    assert find(ledger, Filter())[0].path == f"{tmp_path}/\N{REPLACEMENT CHARACTER}.zip"


def test_nothing_is_recorded_where_it_is_off(ledger, zip_, monkeypatch):
    with switched_off():
        sb.check(zip_, static=True)
    monkeypatch.setenv("SUBPACK_NO_LEDGER", "1")
    sb.check(zip_, static=True)
    assert not ledger.exists()


def warnings_of(caplog):
    """Records of the ledger; a library that is imported meanwhile may log too."""
    return [record for record in caplog.records if record.name == recorder.__name__]


def corrupt(ledger, monkeypatch):
    ledger.parent.mkdir(parents=True)
    ledger.write_text("not a database")


def missing_folder(ledger, monkeypatch):
    ledger.parent.parent.mkdir(parents=True, exist_ok=True)
    ledger.parent.touch()


def full_disk(ledger, monkeypatch):
    opened = connect._opened

    def full(*args):
        connection = opened(*args)
        connection.execute("PRAGMA max_page_count = 2")
        return connection

    monkeypatch.setattr(connect, "_opened", full)


def locked(ledger, monkeypatch):
    monkeypatch.setattr(connect, "WAIT_S", 0.05)
    with connect.writing(ledger):
        pass
    holder = connect._begun(ledger)
    monkeypatch.setattr(connect, "_begin", lambda connection: connection.execute("BEGIN IMMEDIATE"))
    return holder


@pytest.mark.parametrize("breakage", [corrupt, missing_folder, full_disk, locked])
def test_a_broken_ledger_stops_no_verb_and_is_one_warning(breakage, ledger, zip_, monkeypatch, caplog):
    holder = breakage(ledger, monkeypatch)
    for _ in range(2):
        assert sb.check(zip_, static=True).ok
    (warning,) = warnings_of(caplog)
    assert warning.levelno == logging.WARNING
    assert str(ledger) in warning.getMessage()
    if holder:
        holder.close()


def test_a_zip_that_is_gone_when_it_is_recorded_is_a_warning(ledger, zip_, monkeypatch, caplog):
    rows_of = RECORDED["check"]

    def removed_before(report):
        zip_.unlink()
        return rows_of(report)

    monkeypatch.setitem(recorder.RECORDED, "check", removed_before)
    assert recorder.recorded(sb.check.__wrapped__)(zip_, static=True).ok
    assert len(warnings_of(caplog)) == 1


def test_wrapped_verbs_look_like_the_verbs_and_can_be_pickled():
    for name in RECORDED:
        verb = getattr(sb, name)
        assert (verb.__name__, verb.__module__) == (name, "submission_builder")
        assert verb.__doc__ == verb.__wrapped__.__doc__
        assert pickle.loads(pickle.dumps(verb)) is verb  # noqa: S301 - our own function


def test_a_verb_that_leaves_no_entries_is_not_wrapped():
    assert not hasattr(sb.models, "__wrapped__")
