"""The first cause of the logs of every broken zip of the test corpora, as ``make_logs.py`` kept them."""

import json
import lzma
from pathlib import Path

import pytest
from corpora import FIELD, corpora

from submission_builder.logs.causes import read_log
from submission_builder.workflows.diagnose.diagnose import diagnose_text

LOGS = json.loads(lzma.decompress((Path(__file__).parents[1] / "data" / "server_logs.json.xz").read_bytes()))
LEAST = 0.9


def shows_a_failure(log):
    return "Traceback (most recent call last)" in log or "Error" in log or read_log(log).causes


def table(rows):
    return "\n".join(f"{corpus:8} {name:60} {'/'.join(expected):24} {found}" for corpus, name, expected, found in rows)


def cases(*only):
    return [
        (corpus, name, case)
        for corpus, cases_of in corpora().items()
        if corpus in only
        for name, case in cases_of.items()
        if name in LOGS[corpus]
    ]


@pytest.fixture(scope="module")
def by_log():
    """Corpus, case, what is expected, and the first cause of the log alone, for logs that show a failure."""
    rows = []
    for corpus, name, case in cases("static", "run", "field", "hostile"):
        if shows_a_failure(LOGS[corpus][name]):
            causes = read_log(LOGS[corpus][name]).causes
            rows.append((corpus, name, case.on_server or case.expected, causes[0].word if causes else "cannot tell"))
    return rows


def test_the_log_alone_names_the_right_cause_first_for_nine_of_ten_failures(by_log):
    missed = [row for row in by_log if row[3] not in row[2]]
    print(f"{len(by_log) - len(missed)} of {len(by_log)} right; missed:\n{table(missed)}")
    assert len(by_log) >= 100
    assert len(missed) <= (1 - LEAST) * len(by_log), table(missed)


def test_nearly_every_case_has_a_log():
    """A case that is new to a corpus has none until ``make_logs.py`` runs again."""
    named = [(corpus, name) for corpus, cases_of in corpora().items() for name in cases_of]
    missing = [(corpus, name) for corpus, name in named if name not in LOGS[corpus]]
    print(f"{len(named)} cases, without a log: {missing}")
    assert len(missing) <= (1 - LEAST) * len(named)


def test_a_log_that_shows_no_failure_cannot_tell():
    """The submission ran, or its process was killed without a word."""
    quiet = [LOGS[corpus][name] for corpus, name, _ in cases(*LOGS) if not shows_a_failure(LOGS[corpus][name])]
    assert len(quiet) >= 20
    for log in quiet:
        reading = read_log(log)
        assert (reading.causes, reading.unclear) in [((), "the log is empty"), ((), "the log contains no error")]


@pytest.mark.slow
def test_with_the_zip_the_right_cause_is_first_for_nine_of_ten_zips(tmp_path):
    """Without running it; also where the log shows nothing. The cases of shared/cases count where that folder is."""
    rows = []
    for i, (corpus, name, case) in enumerate(cases("static", *(["field"] if FIELD.is_file() else []))):
        path = case.make(tmp_path / f"{i}.zip")
        found = diagnose_text(LOGS[corpus][name], "log", submission=path, static=True).causes
        expected = (*case.expected, *(case.on_server or ()))
        rows.append((corpus, name, expected, found[0].word if found else "cannot tell"))
    missed = [row for row in rows if row[3] not in row[2]]
    print(f"{len(rows) - len(missed)} of {len(rows)} right; missed:\n{table(missed)}")
    assert len(missed) <= (1 - LEAST) * len(rows), table(missed)
