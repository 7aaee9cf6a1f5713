"""The verb record."""

import pytest
from archives import make_zip

import submission_builder as sb

SCORES = {"overall": 0.962, "challenge1": 0.92, "challenge2": 0.98}


@pytest.fixture
def zip_(tmp_path):
    return make_zip(tmp_path / "z.zip")


def test_a_result_is_in_the_history_under_the_digests_of_the_zip(zip_):
    recorded = sb.record(zip_, **SCORES, release="R12")
    (entry,) = sb.history(zip_).entries
    assert entry == recorded.entry
    assert (entry.command, entry.outcome, entry.release, entry.definition) == ("record", "server", "R12", "rmse/std")
    assert {name: getattr(entry, name) for name in SCORES} == SCORES
    assert recorded.to_dict()["entry"]["md5"] == entry.md5


def test_the_md5_that_the_server_shows_names_a_known_zip_whose_file_is_gone(zip_):
    sb.check(zip_, static=True)
    (known,) = sb.history(zip_).entries
    zip_.unlink()
    entry = sb.record(known.md5, **SCORES).entry
    assert (entry.sha256, entry.md5, entry.path) == (known.sha256, known.md5, known.path)


@pytest.mark.parametrize(
    "scores",
    [
        ("0.96", "0.92", "0.98"),  # two decimals, as the public board shows them: 0.962
        ("0.97", "0.92", "0.98"),
        ("0.96200", "0.92", "0.98"),
        ("0.9596000000", "0.9200100000", "0.9765700000"),  # rounded to five decimals, shown with ten
        (0.9, 0.9, 0.9),
        ("4.16604", "4.16604", "4.16604"),
        ("1e-1", "0.1", "0.1"),
    ],
)
def test_scores_that_agree_up_to_rounding_are_accepted(zip_, scores):
    entry = sb.record(zip_, **dict(zip(SCORES, scores, strict=True))).entry
    assert entry.overall == float(scores[0])


@pytest.mark.parametrize(
    ("scores", "fact"),
    [
        (
            ("0.98", "0.92", "0.98"),
            r"overall is 0.98, but 0.3 · 0.92 \+ 0.7 · 0.98 is 0.96 \(weights of profile final\)",
        ),
        (("0.938", "0.92", "0.98"), "overall is 0.938, but .* is 0.962"),  # the weights the wrong way round
        (("0.96203", "0.92", "0.98"), "is 0.96200"),
        (("0.9", "0.95", "0.99"), "is 0.98"),
    ],
)
def test_scores_that_contradict_each_other_are_refused(zip_, ledger, scores, fact):
    with pytest.raises(sb.LedgerError, match=fact):
        sb.record(zip_, **dict(zip(SCORES, scores, strict=True)))
    assert not ledger.exists()


@pytest.mark.parametrize("value", ["nan", "inf", "-0.9", 0, "0,96", "", None, float("nan"), "sNaN", "1e400"])
def test_what_is_no_score_is_refused(zip_, value):
    with pytest.raises(sb.LedgerError, match=r"challenge1 is .*; a positive number is expected"):
        sb.record(zip_, **SCORES | {"challenge1": value})


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("gone.zip", "gone.zip is not a file; a zip, or at least 4 characters"),
        ("abc", "abc is not a file; a zip, or at least 4"),
        ("abcd", "no SHA-256 or MD5 in the ledger .* begins with it"),
    ],
)
def test_a_zip_that_is_not_known_is_refused(name, fact):
    with pytest.raises(sb.LedgerError, match=fact):
        sb.record(name, **SCORES)


def test_recording_needs_a_ledger(zip_, ledger, monkeypatch):
    ledger.parent.mkdir(parents=True)
    ledger.write_text("not a database")
    with pytest.raises(sb.LedgerError, match="not a database"):
        sb.record(zip_, **SCORES)
    monkeypatch.setenv("SUBPACK_NO_LEDGER", "1")
    with pytest.raises(sb.LedgerError, match="the ledger is off"):
        sb.record(zip_, **SCORES)
    with pytest.raises(sb.ConfigError, match="no profile 'v9'"):
        sb.record(zip_, **SCORES, profile="v9")
