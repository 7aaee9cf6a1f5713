"""``sb.submit`` against the stub: the whole way, and every trap of the server."""

import json
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests
from archives import make_zip
from evaluated import evaluated
from stub import CUT, HOUR, SCORES, SIGNATURE, TOKEN

import submission_builder as sb
from submission_builder.base.errors import CodabenchError, UnreachableError
from submission_builder.codabench import records, wait
from submission_builder.codabench.records import read_records, records_folder, write_record
from submission_builder.codabench.token import VARIABLE
from submission_builder.workflows.submit.list_submissions import submissions
from submission_builder.workflows.submit.precautions import size_notes
from submission_builder.workflows.submit.sending import Extras
from submission_builder.workflows.submit.submit import open_client

TRACEBACK = """\
Traceback (most recent call last):
  File "/app/ingestion_program/ingestion.py", line 39, in main
    from submission import Submission
  File "/app/input/res/submission.py", line 5, in <module>
    import timm
ModuleNotFoundError: No module named 'timm'
"""


def test_a_submission_gets_its_scores_with_all_decimals(send, server, zip_, events):
    result = send()
    assert (result.record.status, result.record.number, dict(result.record.scores)) == ("Finished", 701, SCORES)
    assert (result.ok, result.ended, result.diagnosis) == (True, True, None)
    assert events.statuses == ["Submitted", "Running", "Scoring", "Finished"]
    assert server.stored == {"key-1": zip_.read_bytes()}
    assert server.submitted == [{"phase": 20, "data": "key-1"}]
    (entry,) = sb.history(zip_, command="record").entries
    assert (entry.overall, entry.detail["scores"], entry.detail["submission"]) == (0.964, SCORES, 701)


def test_team_tasks_and_fact_sheet_are_sent(send, server):
    send(extras=Extras(organization=5, tasks=(8, 9), fact_sheet={"method": "cnn"}))
    (body,) = server.submitted
    more = {"organization": 5, "tasks": [8, 9], "fact_sheet_answers": {"method": "cnn"}}
    assert body == {"phase": 20, "data": "key-1"} | more


def test_the_plan_shows_phase_team_and_what_is_used_up(send, server, tmp_path):
    plans = []
    send(extras=Extras(organization=5))
    send(make_zip(tmp_path / "b.zip", names={"a.txt": b"1"}), confirm=plans.append)
    (plan,) = plans
    assert (plan.phase, plan.competition, plan.organization) == ("20 (Final)", "EEG", None)
    quota = plan.quota
    assert (quota.per_day, quota.per_person, quota.sent_today, quota.sent_in_all) == (5, 100, 1, 1)
    assert plan.ends.endswith("UTC")
    assert any("never evaluated" in note for note in plan.notes)


def test_without_confirmation_nothing_is_sent(send, server):
    assert send(confirm=lambda plan: False) is None
    assert server.count("POST", "/api/datasets/") == 0
    assert read_records() == ()


# refusals before anything is sent


def test_a_zip_whose_check_has_errors_is_not_sent(send, server, tmp_path):
    bad = make_zip(tmp_path / "bad.zip", top="import timm")
    with pytest.raises(CodabenchError, match=r"its check has errors \(S105\)"):
        send(bad)
    assert server.count("POST", "/api/datasets/") == 0


def test_a_zip_that_changed_since_its_evaluation_is_not_sent(send, tmp_path):
    path = make_zip(tmp_path / "z.zip")
    evaluated(path)
    make_zip(path, names={"more.txt": b"1"})
    with pytest.raises(CodabenchError, match="its bytes changed since its evaluation") as caught:
        send(path)
    assert caught.value.hint == f"subpack evaluate {path}"
    evaluated(path)
    assert send(path).ok


def test_the_evaluation_of_a_zip_at_another_path_prevents_nothing(send, server, zip_, tmp_path):
    evaluated(zip_)
    send(make_zip(tmp_path / "other.zip", names={"a.txt": b"1"}))
    assert len(server.submitted) == 1


def test_bytes_that_were_sent_before_are_not_sent_again(send, zip_, tmp_path):
    """Also under another name."""
    send()
    copy = Path(shutil.copy(zip_, tmp_path / "copy.zip"))
    with pytest.raises(CodabenchError, match=r"sent at .* as submission 701 \(Finished: overall 0\.9640000000"):
        send(copy)
    assert send(copy, again=True).record.number == 702


def test_an_ended_phase_that_says_can_true_is_refused(send, server):
    """Trap: the server says ``can: true`` after the end, and accepts the upload."""
    server.phases = [server.phase(19, "Warm-up", -3 * HOUR, -2 * HOUR)]
    with pytest.raises(CodabenchError, match="no phase of EEG is open now") as caught:
        send()
    assert "19 (Warm-up)" in caught.value.hint
    with pytest.raises(CodabenchError, match=r"phase 19 \(Warm-up\) ended at"):
        send(phase="Warm-up")
    assert server.count("POST", "/api/datasets/") == 0


def test_a_phase_that_has_not_started_is_refused(send, server):
    server.phases = [server.phase(21, "Late", HOUR, 2 * HOUR)]
    with pytest.raises(CodabenchError, match=r"phase 21 \(Late\) starts at"):
        send(phase="21")


def test_an_unknown_phase_suggests_a_known_one(send):
    with pytest.raises(CodabenchError, match="there is no phase Finale") as caught:
        send(phase="Finale")
    assert caught.value.hint == "did you mean Final?"


def test_two_open_phases_have_to_be_named(send, server):
    server.phases = [server.phase(20, "Final"), server.phase(21, "Extra", end=None)]
    with pytest.raises(CodabenchError, match="several phases are open"):
        send()
    assert send(phase="extra").record.phase == 21


def test_a_used_up_quota_is_refused_with_the_servers_reason(send, server):
    server.can, server.reason = False, "Reached your maximum daily submissions"
    with pytest.raises(CodabenchError, match="Reached your maximum daily submissions"):
        send()
    assert server.count("POST", "/api/datasets/") == 0


# the upload


def test_a_full_storage_is_explained(send, server):
    """Trap: 400 with ``data_file``."""
    server.quota_full = True
    with pytest.raises(CodabenchError, match=r"the storage quota of the account is used up: .*15 GB") as caught:
        send()
    assert "delete" in caught.value.hint
    assert server.submitted == []


@pytest.mark.parametrize("status", [403, 500, 204, 201])
def test_bytes_without_the_200_of_the_storage_are_never_submitted(send, server, status):
    """Trap: a key whose bytes never arrived is accepted and stays Submitting for ever."""
    server.puts = [status] * 5
    with pytest.raises(CodabenchError, match=f"did not confirm the upload: status {status}"):
        send()
    assert server.submitted == []
    assert send().ok  # the next attempt starts anew
    assert [one.status for one in read_records()] == ["Finished"]


def test_the_type_of_the_content_is_a_part_of_the_signature_and_the_token_stays_away(send, server):
    """Trap: another Content-Type is refused."""
    send()
    ((_, path, headers),) = (one for one in server.seen if one[0] == "PUT")
    assert (path, headers["Content-Type"]) == ("/storage/key-1", "application/zip")
    assert "Authorization" not in headers
    assert "Transfer-Encoding" not in headers


def test_the_stub_refuses_another_type_of_content(server, zip_):
    """So that the test above can fail."""
    client = open_client(server.url)
    address = client.new_dataset("z.zip", 5).sassy_url
    assert requests.put(address, data=b"bytes", timeout=10).status_code == 403
    assert requests.put(address, data=b"bytes", headers={"Content-Type": "application/zip"}, timeout=10).ok


def test_the_stub_accepts_a_key_without_bytes_which_stays_submitting(server):
    """So that the refusal of an upload without status 200 matters."""
    client = open_client(server.url)
    made = client.submit({"phase": 20, "data": client.new_dataset("z.zip", 5).key})
    assert {client.submission(made.id).status for _ in range(5)} == {"Submitting"}


def test_a_cut_upload_is_repeated(send, server):
    server.puts = [CUT]
    assert send().ok
    assert server.count("POST", "/api/datasets/") == 1


def test_an_expired_address_of_the_upload_is_renewed(send, server):
    server.puts = [403]
    assert send().record.key == "key-2"


def test_a_file_that_changes_meanwhile_is_not_submitted(send, server, zip_):
    def change(what, done, total):
        zip_.write_bytes(b"x" * zip_.stat().st_size)

    with pytest.raises(CodabenchError, match="changed while it was uploaded"):
        send(confirm=lambda plan: change("", 0, 0) or True)
    assert server.submitted == []


# the submission


def test_a_refused_submission_keeps_the_uploaded_bytes(send, server):
    server.refuse = 400, {"non_field_errors": ["You have reached the maximum of submissions"]}
    with pytest.raises(CodabenchError, match="status 400: You have reached the maximum of submissions"):
        send()
    server.refuse = None
    assert send().ok
    assert server.count("PUT", "/storage/key-1") == 1
    assert len(read_records()) == 1


def test_a_lost_reply_is_never_repeated(send, server):
    """Whether the submission was made is not known: a second one would use up the quota."""
    server.lose_reply = True
    with pytest.raises(CodabenchError, match="whether the submission was made is not known"):
        send()
    server.lose_reply = False
    with pytest.raises(CodabenchError, match="ended before the reply of the server"):
        send()
    assert len(server.submitted) == 1
    assert send(again=True).ok


def test_two_processes_do_not_send_the_same_zip(send, zip_):
    with (
        records.only_one_sender(sb.submit.__globals__["digests"](zip_)["md5"]),
        pytest.raises(CodabenchError, match="another process is sending this zip"),
    ):
        send()


# the wait


def test_bad_gateways_and_cut_connections_do_not_end_the_wait(send, server, events):
    """Trap: one failed poll ends codabench-client."""
    server.polls = [502, CUT, 503, 504, CUT, 429]
    assert send().record.status == "Finished"
    assert [event for event, _ in events.seen][:3] == ["unreachable", "reachable", "status"]


def test_a_process_that_starts_again_continues_to_wait(send, server):
    first = send(wait=False)
    assert (first.record.status, first.ended) == ("Submitting", False)
    again = send()
    assert (again.resumed, again.record.number, again.record.status) == (True, 701, "Finished")
    assert len(server.submitted) == 1


def test_an_interrupted_wait_can_be_continued(send, server, events):
    def interrupt(seconds):
        raise KeyboardInterrupt

    events.pause = interrupt
    with pytest.raises(KeyboardInterrupt):
        send()
    events.pause = lambda seconds: None
    assert send().resumed
    assert len(server.submitted) == 1


@pytest.mark.parametrize("status", ["Submitting", "Submitted", "Running"])
def test_a_stuck_submission_ends_the_wait_at_its_limit(send, server, events, status, monkeypatch):
    monkeypatch.setattr(wait, "_LONGEST_S", 600.0)  # a few requests
    server.statuses = [status]
    result = send(limit_s=7200)
    assert (result.ended, result.record.status) == (False, status)
    assert events.now == pytest.approx(7200)
    assert [event for event, _ in events.seen] == ["status", "slow"]


def test_a_server_that_never_replies_leaves_the_last_known_state(send, server):
    server.polls = [502] * 1000
    result = send(limit_s=100)
    assert (result.ended, result.record.status, result.notes[-1]) == (False, "Submitting", "Codabench did not reply")


def test_a_cancelled_submission_is_no_success_and_counts(send, server, tmp_path):
    server.statuses = ["Running", "Cancelled"]
    assert (result := send()).ended
    assert not result.ok
    plans = []
    send(make_zip(tmp_path / "b.zip", names={"a.txt": b"1"}), confirm=plans.append)
    assert plans[0].quota.sent_today == 1


def test_a_failed_run_is_read(send, server, tmp_path):
    """Its logs are fetched and kept, and the diagnosis names the cause; it does not count for the quota."""
    server.statuses, server.details, server.log = ["Running", "Failed"], "exit code 1", TRACEBACK
    result = send()
    assert (result.ok, result.record.status_details) == (False, "exit code 1")
    assert result.diagnosis.causes[0].word == "S105"
    assert [path.name for path in map(Path, result.logs)] == [
        *("prediction_ingestion_stdout.txt", "prediction_ingestion_stderr.txt", "scoring_stdout.txt"),
        "scoring_stderr.txt",
    ]
    plans = []
    send(make_zip(tmp_path / "b.zip", names={"a.txt": b"1"}), confirm=plans.append)
    assert plans[0].quota.sent_today == 0


def test_hidden_output_leaves_the_findings_of_the_zip(send, server):
    """Trap: 403 where the organisers hide the output."""
    server.statuses, server.hide = ["Failed"], "all"
    result = send()
    assert (result.logs, result.hidden_logs) == ((), ())
    assert not result.diagnosis.ok
    assert result.diagnosis.commands


def test_partly_hidden_output_is_named(send, server):
    """Trap: null where only parts are hidden."""
    server.statuses, server.hide, server.log = ["Failed"], "some", TRACEBACK
    result = send()
    assert result.hidden_logs == ("scoring_stdout", "scoring_stderr")
    assert result.diagnosis.causes[0].word == "S105"


def test_an_expired_address_of_a_log_is_renewed(send, server):
    server.statuses, server.log, server.expired = ["Failed"], TRACEBACK, 2
    assert send().diagnosis.causes[0].word == "S105"


def test_a_failure_without_a_log_cannot_be_told(send, server):
    """Users report failed runs without a log."""
    server.statuses = ["Failed"]
    assert send().diagnosis.unclear == "the log is empty"


# the account and the connection


def test_without_a_token_nothing_is_asked(send, server, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(CodabenchError, match="there is no token for") as caught:
        send()
    assert VARIABLE in caught.value.hint
    assert server.seen == []


def test_a_wrong_token_is_one_error_that_does_not_show_it(send, server, monkeypatch):
    wrong = "wrong" + TOKEN
    monkeypatch.setenv(VARIABLE, wrong)
    with pytest.raises(CodabenchError, match="status 401") as caught:
        send()
    assert wrong not in f"{caught.value} {caught.value.hint}"
    assert "not valid" in caught.value.hint


def test_without_a_server_the_reason_is_given(send):
    with pytest.raises(UnreachableError, match=r"cannot be reached .*: it refused the connection"):
        send(site="http://127.0.0.1:1")


@pytest.mark.parametrize("site", ["http://www.codabench.org", "ftp://127.0.0.1", "codabench.org", ""])
def test_a_token_is_sent_only_with_encryption(send, server, site):
    with pytest.raises(CodabenchError, match="is no address that a token can be sent to"):
        send(site=site)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"max_submissions_per_day": -1}, "max_submissions_per_day"),
        ({"start": "yesterday"}, "start"),
        ({"id": None}, "id"),
        ({"name": "x" * 10_000}, "name"),
    ],
)
def test_a_reply_out_of_bounds_is_an_error_that_names_the_field(send, server, change, words):
    server.phases = [server.phase() | change]
    with pytest.raises(CodabenchError, match=rf"is not what Codabench sends: phases\.0\.{words}"):
        send()


@pytest.mark.parametrize("scores", [{"overall": "nan"}, {"overall": "1e999999"}, {"overall": "0.9" * 100}])
def test_a_score_that_is_no_number_is_refused(send, server, scores):
    server.scores = scores
    with pytest.raises(CodabenchError, match="is not what Codabench sends"):
        send()


def test_a_site_that_is_not_codabench_is_an_error(send, server, monkeypatch):
    monkeypatch.setattr("stub.Handler.do_GET", lambda self: (self.begin(), self.reply(200, b"<html>hello</html>")))
    with pytest.raises(CodabenchError, match="is no JSON") as caught:
        send()
    assert "--site" in caught.value.hint


@pytest.mark.parametrize("status", [200, 400])
def test_a_reply_that_is_nested_too_deeply_is_an_error(send, server, monkeypatch, status):
    monkeypatch.setattr("stub.Handler.do_GET", lambda self: (self.begin(), self.reply(status, b"[" * 200_000)))
    with pytest.raises(CodabenchError, match="nested too deeply" if status == 200 else "status 400"):
        send()


def test_a_redirect_is_not_followed_with_the_token(send, server, monkeypatch):
    monkeypatch.setattr("stub.Handler.do_GET", lambda self: (self.begin(), self.reply(302, b"")))
    with pytest.raises(CodabenchError, match="status 302"):
        send()


def test_scores_of_other_names_stay_in_the_record(send, server, zip_):
    server.scores = {"accuracy": "0.5000000000"}
    result = send()
    assert "the server names them accuracy" in result.notes[-1]
    assert dict(result.record.scores) == server.scores
    assert sb.history(zip_, command="record").entries == ()


# the list, and secrets


def test_submissions_are_listed_beside_the_local_scores(send, server, zip_):
    evaluated(zip_)
    send()
    (row,) = submissions().rows
    assert (row.record.number, row.local.overall, row.local.release) == (701, 0.95, "SIMULATED-x")
    assert json.loads(json.dumps(submissions().to_dict()))["submissions"][0]["record"]["scores"] == SCORES
    assert submissions(site=f"{server.url}/").rows == submissions(site=server.url).rows == submissions().rows


def test_pending_submissions_are_updated_on_request(send, server):
    send(wait=False)
    server.statuses = ["Finished"]
    assert submissions().rows[0].record.status == "Submitting"
    assert submissions(update=True).rows[0].record.status == "Finished"
    assert submissions().rows[0].record.status == "Finished"


def test_an_update_without_a_reply_is_an_error(send, server):
    send(wait=False)
    server.polls = [502]
    with pytest.raises(UnreachableError, match="status 502"):
        submissions(update=True)


def test_a_zip_that_may_hang_is_noted():
    assert size_notes(150 * 10**6) == ()
    assert "150 MB" in size_notes(150 * 10**6 + 1)[0]


def test_a_damaged_record_stops_instead_of_sending_twice(send, server):
    send()
    (path,) = records_folder().glob("*.json")
    path.write_text("{")
    with pytest.raises(CodabenchError, match="is not a record of a submission"):
        send()


def test_yesterdays_submissions_do_not_count_for_today(send, server, tmp_path):
    """Days are UTC dates."""
    record = send().record
    before = replace(record, at=(datetime.fromisoformat(record.at) - timedelta(days=1)).isoformat(), md5="0" * 32)
    write_record(before)
    plans = []
    send(make_zip(tmp_path / "b.zip", names={"a.txt": b"1"}), confirm=plans.append)
    assert (plans[0].quota.sent_today, plans[0].quota.sent_in_all) == (1, 2)


def test_no_secret_is_in_any_file_or_message(send, server, tmp_path, capfd, caplog, ledger):
    """Of a success, a failure with logs that quote an address, and every kind of error."""
    caplog.set_level("DEBUG")
    messages = [str(send().to_dict())]
    server.statuses, server.log = ["Failed"], f"GET {server.url}/storage/key-1?{SIGNATURE}\nToken {TOKEN}\n{TRACEBACK}"
    messages.append(str(send(again=True).to_dict()))
    server.statuses, server.expired = ["Failed"], 100
    messages.append(repr(send(again=True)))
    for trap in ({"puts": [CUT] * 9}, {"puts": [500] * 9}, {"refuse": (400, {"detail": f"{TOKEN} {SIGNATURE}"})}):
        for name, value in trap.items():
            setattr(server, name, value)
        with pytest.raises(CodabenchError) as caught:
            send(again=True)
        messages.append(f"{caught.value!r} {caught.value.hint}")
        server.puts, server.refuse = [], None
    captured = capfd.readouterr()
    files = [path for folder in (records_folder(), ledger.parent) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    text = "\n".join([*messages, captured.out, captured.err, caplog.text])
    text += "\n".join(path.read_bytes().decode("latin-1") for path in files)
    assert "submission" in text
    assert TOKEN not in text
    assert SIGNATURE.partition("=")[2] not in text
