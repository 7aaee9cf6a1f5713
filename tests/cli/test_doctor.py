"""``subpack doctor``, as a user calls it."""

import json

import pytest
from click.testing import CliRunner

from submission_builder.cli import main
from submission_builder.workflows.doctor.result import Examined, MachineReport

REPORT = MachineReport(
    (
        Examined("Python", "ok", "3.11.7 (/usr/bin/python3)"),
        Examined("GPU", "note", "no CUDA device", "use --device cpu"),
        Examined("braindecode", "problem", "1.8.1; the server has 1.2.0", "pip install braindecode==1.2.0"),
    )
)
TEXT = """\
ok      Python       3.11.7 (/usr/bin/python3)
note    GPU          no CUDA device
                     → use --device cpu
problem braindecode  1.8.1; the server has 1.2.0
                     → pip install braindecode==1.2.0
1 problem to mend before subpack can work
"""


@pytest.fixture
def examined(monkeypatch):
    def examine(report):
        monkeypatch.setattr("submission_builder.doctor", lambda **options: report)
        return lambda *args: CliRunner().invoke(main, ["doctor", *args])

    return examine


def test_a_problem_exits_with_1_and_every_line_has_its_remedy(examined):
    result = examined(REPORT)()
    assert (result.exit_code, result.stdout) == (1, TEXT)


def test_notes_exit_with_0(examined):
    result = examined(MachineReport(REPORT.items[:2]))()
    assert result.exit_code == 0
    assert result.stdout.endswith("nothing prevents work\n")


def test_json_is_the_dictionary_of_the_report(examined):
    result = examined(REPORT)("--json")
    content = json.loads(result.stdout)
    assert (content["ok"], content["items"][2]["state"]) == (False, "problem")
