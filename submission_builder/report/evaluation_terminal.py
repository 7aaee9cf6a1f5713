"""Results as tables in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from submission_builder.protocol.challenges import PROFILES, RESPONSE_TIME
from submission_builder.protocol.metrics import DECIMALS
from submission_builder.report.cost import show_cost
from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN, decimal, interval, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from submission_builder.scores.challenge_score import ChallengeScore
    from submission_builder.workflows.evaluate.invariance import InvarianceResult
    from submission_builder.workflows.evaluate.result import Evaluation

_SHORT = {RESPONSE_TIME: "response time"}


def show_evaluation(evaluation: Evaluation, console: Console) -> None:
    """Print the scores, a column a challenge, and what has to be known to read them."""
    name = title_of(evaluation)
    table = Table(title=f"{name} · profile {evaluation.profile}", title_justify="left")
    table.add_column("")
    for number in evaluation.challenges:
        target = PROFILES[evaluation.profile].challenges[number].target
        table.add_column(f"challenge {number}\n{_SHORT.get(target, target)}", justify="right")
    table.add_column("overall", justify="right", vertical="top")
    for heading, cell in _ROWS.items():
        overall = Text(decimal(evaluation.overall, DECIMALS), style="bold") if heading == "nrmse" else ""
        table.add_row(heading, *(cell(score) for score in evaluation.challenges.values()), overall)
    if evaluation.ideal:
        table.add_row("ideal observer", *(decimal(evaluation.ideal.get(n), 3) for n in evaluation.challenges), "")
    console.print(table)
    _show_trials(f"{name} · a sample asked in other ways", evaluation.probe, console)
    _show_trials(f"{name} · a sample in other precisions", evaluation.rehearsal, console)
    _show_notes(evaluation, console)


def title_of(evaluation: Evaluation) -> str:
    """Name the release, and what its numbers rest on."""
    name = marked(evaluation.release["name"], simulated=evaluation.release["simulated"])
    return f"{name} · a SAMPLE of its recordings" if evaluation.release["sample"] else name


def _show_trials(title: str, trials: Sequence[InvarianceResult], console: Console) -> None:
    """Print what each way of asking does to the nrmse; nothing without one."""
    if not trials:
        return
    table = Table(title=title, title_justify="left")
    table.add_column("challenge", justify="right")
    table.add_column("")
    for heading in ("nrmse", "effect", "largest change"):
        table.add_column(heading, justify="right")
    for trial in trials:
        effect = _change(trial.effect, "+.1e") if trial.outcome == "scored" else trial.outcome
        largest = _change(trial.largest, ".1e")
        table.add_row(str(trial.challenge), trial.way, decimal(trial.nrmse, DECIMALS), effect, largest)
    console.print(table)


def _change(value: float | None, form: str) -> str:
    return UNKNOWN if value is None else f"{value:{form}}" if value else "0"


def _show_notes(evaluation: Evaluation, console: Console) -> None:
    for number, score in evaluation.challenges.items():
        if score.reason:
            console.print(f"challenge {number} has no score: {score.reason}", soft_wrap=True, highlight=False)
    over = {"std": "the targets' standard deviation", "range": "the targets' range"}
    console.print(
        f"nrmse: RMSE over {over[PROFILES[evaluation.profile].denominator]}; interval: over subjects; spread: std of "
        f"the predictions over std of the targets; isolation: {evaluation.isolation}.",
        style="dim",
        soft_wrap=True,
        highlight=False,
    )
    if evaluation.cost:
        show_cost(evaluation.cost, console)
    kept = "the predictions were kept from an earlier run of the same (--fresh asks anew); scores are computed anew"
    for caveat in [*evaluation.caveats, *([kept] if evaluation.run["cached"] else [])]:
        console.print(f"note: {caveat}.", style="dim", soft_wrap=True, highlight=False)


_ROWS: dict[str, Callable[[ChallengeScore], str]] = {
    "nrmse": lambda score: decimal(score.nrmse, DECIMALS),
    "95 % interval": lambda score: interval(score.interval),
    "best constant": lambda score: decimal(score.constant, 3),
    "spread of predictions": spread,
    "windows": lambda score: f"{score.n_windows:,}",
    "recordings": lambda score: f"{score.n_recordings:,}",
    "subjects": lambda score: f"{score.n_subjects:,}",
}
