"""Failures of a run that another version of a package on this machine explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.base.errors import SubmissionError
from submission_builder.checks.inspected import inspect
from submission_builder.server.facts import published_pins

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.server.environment import Environment

_SKLEARN = "scikit-learn"
_READERS = {"sklearn", "joblib", "pickle"}
"""Modules that read a pickled estimator, or run it."""


def of_another_version(error: SubmissionError, path: Path, environment: Environment) -> SubmissionError:
    """Return a failure of this machine in place of one of the submission; any other failure is returned as it is.

    A pickled estimator needs the version of scikit-learn that wrote it. If an exception passed through the code that
    reads or runs such a pickle, and this machine has another version than the pickle, the run does not show what the
    server's version does.

    Parameters
    ----------
    error
        The failure.
    path
        The zip.
    environment
        The versions of the run. Those of a replica are the server's, so the failure is the submission's.
    """
    here = environment.packages.get(_SKLEARN)
    if environment.image or error.outcome not in ("crashed", "import_error") or error.through.isdisjoint(_READERS):
        return error
    others = {version for file in inspect(path).weights for version in file.pickled.sklearn} - {here}
    if here is None or not others:
        return error
    server = published_pins()[_SKLEARN]
    fact = f"{_SKLEARN} {' and '.join(sorted(others))} wrote an estimator in the zip; this machine has {here}, and the"
    install = f"pip install {_SKLEARN}=={server}, or " if server in others else ""
    return SubmissionError(
        f"{error.fact}\n{fact} server has {server}",
        outcome="package_missing",
        hint=f"{install}--server with a replica of the server",
        output=error.output,
        through=error.through,
    )
