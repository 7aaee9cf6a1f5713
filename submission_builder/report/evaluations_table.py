"""Several evaluations as one table in the terminal."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from submission_builder.protocol.metrics import DECIMALS
from submission_builder.report.evaluation_terminal import title_of
from submission_builder.report.numbers import UNKNOWN, decimal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from submission_builder.workflows.evaluate.evaluation import Evaluation

_LONGEST = 28
"""Characters of a zip's name in the table."""


def show_evaluations(evaluations: Sequence[Evaluation], console: Console) -> None:
    """Print one row per zip, or per zip and server image, and each caveat once."""
    scored = [evaluation for evaluation in evaluations if evaluation.ok]
    title = f"{title_of(scored[0])} · profile {scored[0].profile}" if scored else "no zip was scored"
    folder, names = short_names([evaluation.path for evaluation in evaluations])
    table = Table(title=title, title_justify="left", caption=f"zips in {folder}" if folder else None)
    table.add_column("zip", overflow="fold")
    images = len({evaluation.image for evaluation in evaluations}) > 1
    if images:
        table.add_column("server", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    if any(evaluation.releases for evaluation in evaluations):
        table.add_column("release", overflow="fold")
    for heading in ("challenge 1", "challenge 2", "overall"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, evaluation in zip(names, evaluations, strict=True):
        for one, release in _rows(evaluation):
            scores = [score.nrmse if (score := one.challenges.get(n)) else None for n in (1, 2)]
            outcome = one.outcome + (" (cached)" if one.run.cached else "")
            cells = (decimal(score, DECIMALS) for score in (*scores, one.overall))
            table.add_row(Text(name), *([one.image] if images else []), outcome, *release, *cells)
    console.print(table)
    caveats = Counter(caveat for evaluation in scored for caveat in dict.fromkeys(evaluation.caveats))
    for caveat, count in caveats.items():
        which = "" if count == len(scored) else f" ({count} of {len(scored)} {'evaluations' if images else 'zips'})"
        console.print(Text(f"note: {caveat}{which}."), style="dim", soft_wrap=True)


def _rows(evaluation: Evaluation) -> list[tuple[Evaluation, list[str]]]:
    """Pair an evaluation with an empty cell; with several releases, each of them and all together, with their names."""
    if not evaluation.releases:
        return [(evaluation, [])]
    each = [(part, [part.release.name if part.release else UNKNOWN]) for part in evaluation.releases]
    return [*each, (evaluation, ["together"])]


def short_names(paths: Sequence[Path]) -> tuple[str, list[str]]:
    """Shorten paths to the part in which they differ.

    Parameters
    ----------
    paths
        Paths of the zips, at least one.

    Returns
    -------
    folder
        The folder that all paths share; empty if there is none.
    names
        The rest of each path. A file name that all share is dropped, and a long name is folded in the middle.

    Examples
    --------
    >>> from pathlib import Path
    >>> short_names([Path("runs/a/submission.zip"), Path("runs/b/submission.zip")])
    ('runs', ['a', 'b'])
    """
    folder = "" if len({path.is_absolute() for path in paths}) > 1 else os.path.commonpath([p.parent for p in paths])
    names = [os.path.relpath(path, folder or ".") if folder else str(path) for path in paths]
    last = {Path(name).name for name in names}
    if len(names) > 1 and len(last) == 1 and all("/" in name for name in names):
        names = [str(Path(name).parent) for name in names]
    shortened = [folded(name) for name in names]
    return folder, shortened if len(set(shortened)) == len(set(names)) else names


def folded(name: str, longest: int = _LONGEST) -> str:
    """Replace the middle of a name that is longer than `longest` characters."""
    half = (longest - 1) // 2
    return name if len(name) <= longest else f"{name[:half]}…{name[-half:]}"
