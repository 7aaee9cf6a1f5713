"""The static checks end with findings or passes for any archive."""

import subprocess
import sys
import time
from pathlib import Path

import fuzzing
import pytest
from hypothesis import HealthCheck, given, settings


def test_the_same_choices_give_the_same_bytes_at_another_time(monkeypatch):
    """Hypothesis ends a test whose choices depend on anything else."""
    began = made()
    monkeypatch.setattr(time, "time", lambda: 1.0)
    assert made() == began


def made():
    """Some compressed pickles."""
    contents = []

    @settings(max_examples=60, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(fuzzing.compressed)
    def keep(content):
        contents.append(content)

    keep()
    return contents


def test_any_archive_gives_findings_or_passes(tmp_path):
    assert fuzzing.check_some(tmp_path, 40) < fuzzing.LONGEST_S


@pytest.mark.slow
def test_two_thousand_archives_in_512_mib_and_10_s_each_and_nothing_written_elsewhere(tmp_path):
    result = subprocess.run(
        [sys.executable, "-B", fuzzing.__file__, "2000"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    resident_mib, slowest_s = map(float, result.stdout.split())
    assert resident_mib < fuzzing.MEMORY_MIB
    assert slowest_s < fuzzing.LONGEST_S
    assert {path.name for path in tmp_path.iterdir()} <= {".hypothesis"}  # of Hypothesis, which makes the archives
