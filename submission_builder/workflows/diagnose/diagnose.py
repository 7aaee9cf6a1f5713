"""Diagnose a log of the server: name the probable causes of a failure."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from submission_builder.base.errors import CheckError
from submission_builder.base.progress import Progress, silent
from submission_builder.checks.catalogue import find_check
from submission_builder.logs.causes import read_log
from submission_builder.sandbox.outcomes import OUTCOMES
from submission_builder.workflows.check import check
from submission_builder.workflows.diagnose.lies_elsewhere import lies_elsewhere
from submission_builder.workflows.diagnose.ranking import rank_causes
from submission_builder.workflows.diagnose.replays import described, is_local, replay_locally
from submission_builder.workflows.diagnose.result import Cause, LogDiagnosis

if TYPE_CHECKING:
    from submission_builder.checks.trace import Trace
    from submission_builder.harness.runtime import Runtime


def diagnose(
    log: Path | str,
    *,
    submission: Path | str | None = None,
    static: bool = False,
    runtime: Runtime | None = None,
    progress: Progress = silent,
) -> LogDiagnosis:
    """Name the probable causes of a failure on the server.

    Parameters
    ----------
    log
        A file with what the server shows of a run: standard error, a traceback, or nothing.
    submission
        The zip that failed. Its findings and a local replay are compared with the log.
    static
        Compare the zip with the log by reading it only; run nothing.
    runtime
        Device, limits, isolation and Python of the replay. The default is one replay under each installed replica of
        the server, or under the Python of subpack if there is none.
    progress
        Called with the number of finished replays.

    Returns
    -------
    LogDiagnosis
        Causes by number of a check or by outcome, the most probable first, each with its evidence and with what to type
        next. It has no causes if neither the log nor the zip shows one.

    Raises
    ------
    CheckError
        If the log cannot be read, or `submission` is not a file.
    ServerError
        If ``runtime.server`` names neither an installed replica nor a Python that has torch.

    Examples
    --------
    >>> import submission_builder as sb
    >>> log = output_folder / "stderr.txt"
    >>> _ = log.write_text("ModuleNotFoundError: No module named 'timm'")
    >>> first = sb.diagnose(log).causes[0]
    >>> first.word, first.title
    ('S105', 'An imported module is neither on the server nor in the zip')
    >>> first.command
    'subpack explain S105'
    """
    try:
        text = Path(log).read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise CheckError(f"{log} cannot be read: {error.strerror}; the log of a run is expected") from error
    return diagnose_text(text, str(log), submission=submission, static=static, runtime=runtime, progress=progress)


def diagnose_text(
    text: str,
    name: str,
    *,
    submission: Path | str | None = None,
    static: bool = False,
    runtime: Runtime | None = None,
    progress: Progress = silent,
) -> LogDiagnosis:
    """Name the probable causes of a failure, from the text of a log; see :func:`diagnose`.

    Parameters
    ----------
    text
        The log.
    name
        What the log is, for the report.
    submission, static, runtime, progress
        As in :func:`diagnose`.
    """
    path = None if submission is None else Path(submission)
    if path and runtime and runtime.server is not None:
        runtime.replica()  # raises before the zip is read
    report = check(path, static=True) if path else None
    traces = replay_locally(path, runtime, progress) if path and not static else ()
    reading = read_log(text)
    elsewhere = lies_elsewhere(reading, path) if path else None
    causes = [_cause(word, evidence, path) for word, evidence in rank_causes(reading, report, traces, elsewhere)]
    return LogDiagnosis(
        name, tuple(causes), reading.unclear, _notes(traces), () if causes else _commands(name, path, traces)
    )


def _cause(word: str, evidence: tuple[str, ...], path: Path | None) -> Cause:
    explain = f"subpack explain {word}"
    if word in OUTCOMES:
        outcome = OUTCOMES[word]
        return Cause(word, "outcome", outcome.summary, evidence, outcome.solution, explain)
    rule = find_check(word)
    command = f"subpack check {shlex.quote(str(path))} --select {word}" if path else explain
    return Cause(word, rule.severity, rule.fault, evidence, rule.solution, command)


def _notes(traces: tuple[Trace, ...]) -> tuple[str, ...]:
    notes = []
    for trace in traces:
        if trace.outcome == "scored":
            notes.append(f"{described(trace)} predicts both challenges")
        elif is_local(trace):
            notes.append(f"this machine cannot replay the zip: {trace.message}")
    return tuple(notes)


def _commands(name: str, path: Path | None, traces: tuple[Trace, ...]) -> tuple[str, ...]:
    if path is None:
        return (f"subpack diagnose {shlex.quote(name)} --zip ZIP",)
    zip_ = shlex.quote(str(path))
    if any(trace.ran and trace.ran.image for trace in traces):
        return (f"subpack evaluate {zip_} --server published",)
    return ("subpack server install published", f"subpack check {zip_} --server published")
