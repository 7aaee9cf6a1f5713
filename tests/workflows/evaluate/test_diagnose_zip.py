"""Lies of the field, each as a zip that is replayed, and the diagnosis of its score."""

import json

import numpy as np
import pytest
from archives import make_zip

import submission_builder as sb
from model_zoo.card import digest_subjects
from submission_builder.diagnostics.diagnosis import DiagnosisKind as Kind

LIES = {
    "healthy": "return 1.6 + 0.8 * ((X * 1e5)[:, :1, 0] % 1 - 0.5)",
    "constant": "return X[:, 0, :1] * 0 + 2.13",
    "milliseconds": "return 1600 + 800 * ((X * 1e5)[:, :1, 0] % 1 - 0.5)",
    "standardised": "return (X * 1e5)[:, :1, 0] % 1 - 0.5",
    "random": "return self.layer(X)[:, :1, 0] + 1e-3",
}
EXPECTED = {
    "healthy": set(),
    "constant": {Kind.CONSTANT_PREDICTIONS},
    "milliseconds": {Kind.UNIT_MISTAKE},
    "standardised": {Kind.UNIT_MISTAKE},
    "random": {Kind.UNIT_MISTAKE, Kind.CONSTANT_PREDICTIONS},
}


@pytest.fixture(scope="module")
def release(simulated):
    """Four subjects: too few for an interval, so that only these kinds are possible."""
    return simulated("lies", subjects=4, seed=31, trials=6)


def manifest_of(trained):
    entry = {"members": [{"trained": trained}], "weights": [1.0]}
    return {"manifest.json": json.dumps({"challenges": {"1": entry, "2": 3}}).encode()}


def test_each_lie_as_a_zip_has_its_diagnosis(release, tmp_path):
    paths = [make_zip(tmp_path / f"{name}.zip", forward=forward) for name, forward in LIES.items()]
    found = {
        result.path.stem: {one.kind for one in result.diagnoses if one.where == "challenge 1"}
        for result in sb.evaluate_many(paths, data=release)
    }
    assert found == EXPECTED


def test_subjects_in_the_training_list_make_it_no_test_score(release, tmp_path):
    names = [f"SIM31N{number:04}" for number in (1, 2, 3, 99)]
    labels = sb.open_release(release).labels_digest
    trained = {
        "subjects.zip": {"subjects": digest_subjects(names)},
        "labels.zip": {"subjects": [], "data": [{"release": "R1", "labels_digest": labels}]},
        "others.zip": {"subjects": digest_subjects(["NDARAA"]), "data": [{"labels_digest": "x"}, 3]},
        "strange.zip": {"subjects": {"a": 1}, "data": 7},
    }
    paths = [
        make_zip(tmp_path / name, forward=LIES["healthy"], names=manifest_of(content))
        for name, content in trained.items()
    ]
    results = {result.path.name: result for result in sb.evaluate_many(paths, data=release)}
    messages = {name: [one.message for one in result.diagnoses] for name, result in results.items()}
    assert results["subjects.zip"].challenges[1].n_subjects == 4
    assert any("no test score: 3 of its 4 subjects" in message for message in messages["subjects.zip"])
    assert any("no test score: the manifest lists SIMULATED-lies" in message for message in messages["labels.zip"])
    assert not any("no test score" in message for name in ("others.zip", "strange.zip") for message in messages[name])
    assert results["subjects.zip"].to_dict()["diagnoses"][0].keys() == {"kind", "where", "message"}
    assert np.isfinite(results["strange.zip"].overall)
