"""The verb history."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from archives import make_zip

import submission_builder as sb
from submission_builder.ledger.entry import Entry
from submission_builder.ledger.store import append

DAY = 86_400


@pytest.fixture
def days(ledger):
    """One check a day from 2026-01-01 on, all of other zips."""
    start = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    append(
        ledger,
        [Entry("check", f"/{i}.zip", "ok", "0", start + i * DAY, f"{i:02}" * 32, f"{i:02}" * 16) for i in range(30)],
    )


def names(**arguments):
    found = sb.history(**arguments)
    return [entry.path for entry in found.entries], found.more


def test_an_empty_ledger_has_no_entries():
    assert names() == ([], False)


def test_the_newest_come_first_up_to_the_limit(days):
    assert names(limit=2) == (["/29.zip", "/28.zip"], True)
    assert len(names()[0]) == 20
    assert (len(names(limit=30)[0]), names(limit=30)[1]) == (30, False)
    assert len(names(limit=None)[0]) == 30


@pytest.mark.parametrize(
    "since",
    [
        "2026-01-30",
        "2026-01-29T12:00",
        "2026-01-30T01:00+01:00",
        datetime(2026, 1, 30),  # noqa: DTZ001 - without a time zone it is in UTC
        datetime(2026, 1, 30, 1, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_since_is_in_utc_unless_it_names_a_time_zone(days, since):
    assert names(since=since) == (["/29.zip"], False)


def test_a_zip_is_named_by_its_path_or_a_digest(days, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_zip(tmp_path / "z.zip")
    sb.check("z.zip", static=True)
    assert names(submission="z.zip") == names(submission=tmp_path / "z.zip") == ([str(tmp_path / "z.zip")], False)
    assert names(submission="0707") == names(submission="07" * 32) == names(submission="07" * 16) == (["/7.zip"], False)
    (tmp_path / "0707").write_bytes(b"a file has precedence")
    assert names(submission="0707") == ([], False)


def test_upper_case_digests_are_accepted(ledger):
    append(ledger, [Entry("check", "/a.zip", "ok", "0", 1.0, "ab" * 32, "cd" * 16)])
    assert names(submission="ABABAB") == names(submission="CDCD") == (["/a.zip"], False)


def test_a_digest_of_several_zips_is_refused(ledger):
    append(ledger, [Entry("check", "/a.zip", "ok", "0", 1.0, "abcd" + end * 60, "0" * 32) for end in "12"])
    with pytest.raises(sb.LedgerError, match="abcd is the beginning of several digests"):
        sb.history("abcd")


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        ({"command": "train"}, "'train' leaves no entries; build, check, evaluate, record do"),
        ({"since": "yesterday"}, "since is 'yesterday'; a date such as 2026-11-25"),
        ({"limit": 0}, "the limit is 0"),
    ],
)
def test_a_filter_that_can_match_nothing_is_refused(arguments, fact):
    with pytest.raises(sb.LedgerError, match=fact):
        sb.history(**arguments)
