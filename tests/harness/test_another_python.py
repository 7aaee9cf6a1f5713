"""A submission runs under the requested Python, at both isolation levels."""

from archives import make_zip
from test_isolation import levels
from test_replay import challenge_windows

from submission_builder.harness.package import open_package
from submission_builder.harness.replay import replay
from submission_builder.harness.runtime import Runtime
from submission_builder.harness.session import open_session


@levels
def test_the_requested_python_runs_the_submission(tmp_path, another_python, level):
    forward = f"return X[:, 0, :1] * 0 + (sys.prefix == {str(another_python.parents[1])!r})"
    path = make_zip(tmp_path / "z.zip", top="import sys", forward=forward)
    predicted = {}
    for python in (another_python, None):
        with open_session(open_package(path), Runtime(isolation=level, server=python)) as session:
            predicted[python] = replay(session, challenge_windows()).predictions[1].tolist()
    assert predicted == {another_python: [1, 1, 1], None: [0, 0, 0]}
