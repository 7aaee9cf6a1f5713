"""The tables of the page of an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.protocol.metrics import DECIMALS
from submission_builder.report.cache_listing import size
from submission_builder.report.cost import against_limits
from submission_builder.report.evaluation_terminal import change, title_of
from submission_builder.report.html_page import PageTable
from submission_builder.report.numbers import UNKNOWN, decimal, interval, signed
from submission_builder.report.picture import target_unit
from submission_builder.report.scores_table import score_rows, short_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submission_builder.scores.subjects import SubjectError
    from submission_builder.workflows.evaluate.evaluation import Evaluation
    from submission_builder.workflows.evaluate.invariance import VariantResult


def score_tables(evaluation: Evaluation) -> list[PageTable]:
    """List the scores of each release, if there are several, and everything that the score rests on."""
    tables = [_of_releases(evaluation)] if evaluation.releases else []
    if evaluation.challenges:
        tables.append(_of_challenges(evaluation))
    return tables


def _of_releases(evaluation: Evaluation) -> PageTable:
    numbers = sorted({number for part in evaluation.releases for number in part.challenges})
    columns = ["release", *(f"challenge {number}" for number in numbers), "overall"]
    rows = []
    for name, one in (*((title_of(part), part) for part in evaluation.releases), ("together", evaluation)):
        rows.append([name, *challenge_cells(one, numbers), overall_cell(one) if one.ok else one.outcome])
    return PageTable("Each release, and all together", columns, rows)


def challenge_cells(evaluation: Evaluation, numbers: Sequence[int]) -> list[str]:
    """Write the score of each challenge with its interval."""
    scores = [evaluation.challenges.get(number) for number in numbers]
    return [f"{decimal(s.nrmse, DECIMALS)} ({interval(s.interval)})" if s else UNKNOWN for s in scores]


def overall_cell(evaluation: Evaluation) -> str:
    """Write the overall score with its interval."""
    ends = evaluation.over_subjects.interval if evaluation.over_subjects else None
    return decimal(evaluation.overall, DECIMALS) + (f" ({interval(ends)})" if ends else "")


def _of_challenges(evaluation: Evaluation) -> PageTable:
    numbers, profile = list(evaluation.challenges), evaluation.profile
    columns = ["", *(f"challenge {number}: {short_target(number, profile)}" for number in numbers), "overall"]
    return PageTable(title_of(evaluation), columns, score_rows(evaluation))


def subject_table(rows: Sequence[SubjectError], challenge: int, evaluation: Evaluation) -> PageTable:
    """List the errors of all subjects, worst first."""
    unit = target_unit(challenge, evaluation.profile)
    columns = ("subject", "windows", "recordings", f"RMSE{unit and f' ({unit.strip()})'}", "over recordings")
    return PageTable(
        f"Subjects of challenge {challenge}, worst first: {title_of(evaluation)}",
        (*columns, "best constant", "bias", "share of squared error"),
        [
            (
                row.subject,
                f"{row.n_windows:,}",
                f"{row.n_recordings:,}",
                decimal(row.rmse, 3),
                interval((row.lowest, row.highest)),
                decimal(row.constant, 3),
                signed(row.bias),
                f"{row.share:.1%}",
            )
            for row in rows
        ],
    )


def variant_tables(evaluation: Evaluation) -> list[PageTable]:
    """List the results of the invariance checks and of lower precisions."""
    return [
        PageTable(
            f"{kind}: {title_of(part)}",
            ("variant", "challenge", "nrmse", "effect", "largest change"),
            [_variant(result) for result in results],
        )
        for part in evaluation.parts
        for kind, results in (("Invariance checks", part.invariance), ("Lower precision", part.precision))
        if results
    ]


def _variant(result: VariantResult) -> tuple[str, ...]:
    effect = change(result.effect, "+.1e") if result.outcome == "scored" else result.outcome
    return (
        result.variant,
        str(result.challenge),
        decimal(result.nrmse, DECIMALS),
        effect,
        change(result.largest, ".1e"),
    )


def cost_tables(evaluation: Evaluation) -> list[PageTable]:
    """List time and memory of the replay of each release, and the projections to other sizes."""
    tables = []
    for part in evaluation.parts:
        cost = part.cost
        if cost is None:
            continue
        earlier = ", measured in the earlier run" if part.run.cached else ""
        rows = [("peak memory", size(cost.peak)), ("model loading", f"{sum(cost.load_s.values()):.1f} s")]
        if part.run.replay_s is not None:
            rows.append(("replay", f"{part.run.replay_s:.1f} s"))
        rows += [
            (f"single windows of challenge {number}", f"{rate:,.0f} per second")
            for number, rate in cost.windows_per_s.items()
        ]
        rows += [
            (f"growth of memory, challenge {number}", f"{size(int(max(0, mid)))} per window")
            for number, (_, mid, _) in cost.growth.items()
        ]
        for projection in cost.projections:
            low, mid, high = projection.seconds
            windows = " + ".join(f"{n:,}" for n in projection.n_windows.values())
            rows += [
                (f"{projection.name} ({windows} windows), projected time", f"{mid:,.0f} s ({low:,.0f} to {high:,.0f})"),
                (f"{projection.name}, against limits", against_limits(projection)),
                (f"{projection.name}, projected memory", size(projection.memory[1])),
            ]
        tables.append(PageTable(f"{title_of(part)}{earlier}", ("", "on this machine"), rows))
    return tables
