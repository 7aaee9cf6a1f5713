"""Entries of the ledger in the terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from submission_builder.protocol.metrics import DECIMALS
from submission_builder.report.evaluations_table import folded
from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN, decimal

if TYPE_CHECKING:
    from rich.console import Console

    from submission_builder.ledger.entry import Entry
    from submission_builder.workflows.ledger.history import History

_SHOWN = 8
"""Characters of a digest."""
_LONGEST = 21
"""Characters of a zip's name."""
_SCORES = ("challenge1", "challenge2", "overall")


def show_history(history: History, console: Console) -> None:
    """Print one row per entry, the newest first, and the definitions of the scores."""
    if not history.entries:
        console.print(Text(f"no entry in {history.ledger} matches"), soft_wrap=True)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), title_justify="left")
    table.add_column("time\n(UTC)", no_wrap=True)
    table.add_column("command\noutcome", overflow="fold")
    table.add_column("zip\nsha256", overflow="fold")
    scored = any(entry.overall is not None or entry.release for entry in history.entries)
    if scored:
        table.add_column("release", overflow="fold")
        for heading in ("c1", "c2", "overall"):
            table.add_column(heading, justify="right", no_wrap=True)
    for entry in history.entries:
        table.add_row(*_cells(entry, scored=scored))
    console.print(table)
    for note in _notes(history):
        console.print(Text(note), style="dim", soft_wrap=True)


def _cells(entry: Entry, *, scored: bool) -> list[str | Text]:
    when = f"{datetime.fromtimestamp(entry.at, UTC):%Y-%m-%d\n%H:%M}"
    name = Text.assemble(folded(Path(entry.path).name, _LONGEST), "\n", ((entry.sha256 or UNKNOWN)[:_SHOWN], "dim"))
    cells: list[str | Text] = [when, f"{entry.command}\n{_outcome(entry)}", name]
    if not scored:
        return cells
    release = Text(marked(entry.release, simulated=bool(entry.simulated)) if entry.release else UNKNOWN)
    if entry.partial:
        release.append(" (a part)")
    return [*cells, release, *(_score(entry, key) for key in _SCORES)]


def _score(entry: Entry, key: str) -> Text:
    """Write a score and, below it, its interval."""
    score = Text(decimal(getattr(entry, key), DECIMALS))
    detail = entry.detail.get("challenges", {}) | {"overall": entry.detail.get("overall", {})}
    ends = detail.get(key.removeprefix("challenge"), {}).get("interval")
    return score.append("\n{:.2f}–{:.2f}".format(*ends), "dim") if ends else score


def _outcome(entry: Entry) -> str:
    if not entry.findings:
        return entry.outcome
    return f"{entry.outcome}, {entry.findings} finding{'s' if entry.findings > 1 else ''}"


def _notes(history: History) -> list[str]:
    scored = [entry for entry in history.entries if entry.overall is not None]
    rules = sorted({f"{entry.definition} (profile {entry.profile})" for entry in scored})
    notes = (
        [f"c1, c2: {' or '.join(rules)}; scores of different profiles or releases cannot be compared."] if rules else []
    )
    if history.more:
        notes.append("Older entries are not shown (--limit).")
    return [*notes, f"ledger: {history.ledger}"]
