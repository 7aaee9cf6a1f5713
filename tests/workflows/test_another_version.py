"""A pickled estimator of another scikit-learn that fails here is not the submission's fault."""

import io
from importlib.metadata import version

import joblib
import numpy as np
import pytest
from archives import make_zip
from sklearn.linear_model import Ridge

import submission_builder as sb
from submission_builder.base.errors import SubmissionError
from submission_builder.server.environment import Environment
from submission_builder.server.facts import published_pins
from submission_builder.workflows.another_version import of_another_version

HERE, SERVER = version("scikit-learn"), published_pins()["scikit-learn"]
LOADS = {
    "joblib": "import joblib\nMODEL = joblib.load(Path(__file__).parent / 'model.pkl')",
    "pickle in C": "import pickle\nMODEL = pickle.loads((Path(__file__).parent / 'model.pkl').read_bytes())",
}
PREDICTS = "return torch.from_numpy(MODEL.predict(X[:, 0].numpy())[:, None])"
ANOTHER_CLASS = (b"sklearn.linear_model._ridge", b"sklearn.linear_model._rodge")
"""A module that the other version may have had."""
ANOTHER_STATE = (b"coef_", b"coaf_")
"""An attribute that the other version may have had."""

pytestmark = pytest.mark.skipif(len(HERE) != len(SERVER) or HERE == SERVER, reason="the tests exchange the versions")


def estimator(written_by=SERVER, *changes):
    rng = np.random.default_rng(0)
    buffer = io.BytesIO()
    joblib.dump(Ridge().fit(rng.normal(size=(20, 200)), rng.normal(size=20)), buffer)
    content = buffer.getvalue()
    for old, new in ((HERE.encode(), written_by.encode()), *changes):
        assert old in content
        content = content.replace(old, new)
    return content


def checked(folder, content, **code):
    return sb.check(make_zip(folder / "z.zip", names={"model.pkl": content}, **code), select=["S301"])


@pytest.mark.parametrize("load", LOADS.values(), ids=LOADS)
def test_an_estimator_of_the_servers_version_that_cannot_be_read_here_is_undecided(tmp_path, load):
    report = checked(tmp_path, estimator(SERVER, ANOTHER_CLASS), top=load, forward=PREDICTS)
    assert (report.outcome, report.undecided, report.findings) == ("package_missing", True, ())
    for words in ("_rodge", f"scikit-learn {SERVER} wrote an estimator", f"this machine has {HERE}"):
        assert words in report.message
    assert f"pip install scikit-learn=={SERVER}, or --server" in report.message


def test_an_estimator_that_fails_in_predict_is_undecided(tmp_path):
    report = checked(tmp_path, estimator(SERVER, ANOTHER_STATE), top=LOADS["joblib"], forward=PREDICTS)
    assert (report.outcome, report.undecided) == ("package_missing", True)


def test_an_estimator_of_a_third_version_is_undecided_and_no_version_is_advised(tmp_path):
    report = checked(tmp_path, estimator("1.2.3", ANOTHER_CLASS), top=LOADS["joblib"], forward=PREDICTS)
    assert report.outcome == "package_missing"
    assert "pip install" not in report.message


def test_an_estimator_of_the_servers_version_that_works_here_passes(tmp_path):
    report = checked(tmp_path, estimator(), top=LOADS["joblib"], forward=PREDICTS)
    assert (report.outcome, report.findings) == ("scored", ())


@pytest.mark.parametrize(
    ("content", "forward"),
    [
        (estimator(HERE, ANOTHER_CLASS), PREDICTS),
        (estimator(), "return {}['net']"),
        (estimator(), "raise ValueError('no sklearn')"),
    ],
    ids=["this version cannot read its own", "an error of the submission", "an exception of the submission"],
)
def test_other_failures_stay_the_submissions(tmp_path, content, forward):
    report = checked(tmp_path, content, top=LOADS["joblib"], forward=forward)
    assert report.outcome in ("crashed", "import_error")
    assert [finding.id for finding in report.errors] == ["S301"]


def test_under_a_replica_the_failure_is_the_submissions(tmp_path):
    path = make_zip(tmp_path / "z.zip", names={"model.pkl": estimator("1.2.3")})
    error = SubmissionError("it raised", outcome="crashed", through=["sklearn", "submission"])
    packages = {"scikit-learn": SERVER}
    assert of_another_version(error, path, Environment("3.10.13", packages, "published")) is error
    assert of_another_version(error, path, Environment("3.10.13", packages)).outcome == "package_missing"
    assert of_another_version(error, path, Environment("3.10.13", {})) is error


def test_evaluate_has_the_same_outcome(tmp_path, small_release):
    names = {"model.pkl": estimator(SERVER, ANOTHER_CLASS)}
    path = make_zip(tmp_path / "z.zip", names=names, top=LOADS["joblib"], forward=PREDICTS)
    result = sb.evaluate(path, data=small_release, max_windows=12)
    assert (result.outcome, result.fault) == ("package_missing", "machine")
