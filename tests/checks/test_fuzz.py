"""The static checks end with findings or passes for any archive."""

import subprocess
import sys
from pathlib import Path

import fuzzing
import pytest


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
        check=True,
    )
    resident_mib, slowest_s = map(float, result.stdout.split())
    assert resident_mib < fuzzing.MEMORY_MIB
    assert slowest_s < fuzzing.LONGEST_S
    assert {path.name for path in tmp_path.iterdir()} <= {".hypothesis"}  # of Hypothesis, which makes the archives
