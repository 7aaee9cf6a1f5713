"""What a submission leaves in the ledger, also where the ledger is off or broken."""

import submission_builder as sb
from submission_builder.workflows.submit.ledger import keep_scores


def test_a_ledger_that_is_off_stops_nothing(send, monkeypatch, ledger):
    monkeypatch.setenv("SUBPACK_NO_LEDGER", "1")
    assert send().ok
    assert not ledger.exists()


def test_a_broken_ledger_is_a_note_and_the_scores_stay_in_the_record(send, ledger):
    ledger.parent.mkdir(parents=True)
    ledger.write_bytes(b"no database, but long enough to be read as one" * 100)
    plans = []
    result = send(confirm=lambda plan: plans.append(plan) or True)
    assert result.record.scores
    assert "the scores are not in the ledger" in result.notes[0]
    assert "whether the zip was evaluated is not known" in plans[0].notes[0]


def test_the_scores_are_in_the_ledger_once(send, server, zip_):
    send()
    (row,) = sb.submissions().rows
    assert keep_scores(row.record) == ()
    assert len(sb.history(zip_, command="record").entries) == 1
