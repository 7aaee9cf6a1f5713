"""The verb calibration."""

import json

import numpy as np
import pytest

import submission_builder as sb
from submission_builder.ledger.entry import Entry
from submission_builder.ledger.store import append
from submission_builder.scores.agreement import FEWEST


def entry(command, zip_, overall, at=1.0, **columns):
    known = {"profile": "final", "definition": "rmse/std", "simulated": False, "partial": False}
    scores = {"challenge1": overall - 0.05, "challenge2": overall + 0.02, "overall": overall}
    columns = known | scores | columns
    return Entry(command, f"/{zip_}.zip", "scored", "0", at, f"{zip_:064}", f"{zip_:032}", **columns)


def local(zip_, overall, **columns):
    return entry("evaluate", zip_, overall, **{"release": "R5", "fingerprint": "f5"} | columns)


def server(zip_, overall, **columns):
    return entry("record", zip_, overall, **{"release": "R12"} | columns)


def test_bias_and_correlation_rest_on_the_zips_with_both(ledger):
    here = np.linspace(0.9, 1.0, FEWEST)
    there = 1.01 + 0.5 * (here - 0.95) + 0.001 * np.cos(np.arange(FEWEST))
    append(ledger, [local(i, x) for i, x in enumerate(here)] + [server(i, y) for i, y in enumerate(there)])
    append(ledger, [local(100, 0.5), server(101, 2.0)])
    found = sb.calibration()
    (series,) = found.series
    overall = series.agreement["overall"]
    assert (overall.n, found.n_server) == (FEWEST, FEWEST + 1)
    assert overall.bias == pytest.approx(np.mean(there - here))
    assert overall.correlation == pytest.approx(np.corrcoef(here, there)[0, 1])
    assert (series.release, series.server_release, series.same_release) == ("R5", "R12", False)
    assert json.loads(json.dumps(found.to_dict()))["series"][0]["agreement"]["overall"]["n"] == FEWEST


def test_too_few_zips_give_no_numbers(ledger):
    append(ledger, [one for i in range(FEWEST - 1) for one in (local(i, 0.9 + i / 100), server(i, 1.0 + i / 100))])
    (series,) = sb.calibration().series
    for one in series.agreement.values():
        assert (one.n, one.bias, one.correlation, one.enough) == (FEWEST - 1, None, None, False)


def test_the_newest_score_of_a_zip_counts(ledger):
    repeated = [local(0, 0.7, at=2.0), local(0, 0.9, at=3.0), server(0, 9.0, at=1.0), server(0, 1.0, at=5.0)]
    others = [one for i in range(1, FEWEST) for one in (local(i, 0.9), server(i, 1.0))]
    append(ledger, [*repeated, *others])
    (series,) = sb.calibration().series
    assert series.agreement["overall"].n == FEWEST
    assert series.agreement["overall"].bias == pytest.approx(0.1)
    assert series.agreement["overall"].correlation is None  # equal scores on both sides


def test_releases_contents_and_profiles_are_never_mixed(ledger):
    append(
        ledger,
        [
            local(0, 0.9),
            local(0, 0.9, fingerprint="other content, same name"),
            local(0, 0.9, release="R4"),
            local(0, 0.9, profile="v3"),
            local(0, 0.9, release="R3", partial=True),
            server(0, 1.0),
            server(0, 1.0, release=None),
            server(0, 1.0, release="R5"),
        ],
    )
    series = sb.calibration().series
    assert len(series) == 9
    assert all(one.agreement["overall"].n == 1 for one in series)
    assert {(one.release, one.server_release): one.same_release for one in series} == {
        ("R5", "R12"): False,
        ("R5", None): None,
        ("R5", "R5"): True,
        ("R4", "R12"): False,
        ("R4", None): None,
        ("R4", "R5"): False,
    }


def test_an_empty_ledger_has_no_series():
    found = sb.calibration()
    assert (found.series, found.n_server) == ((), 0)
