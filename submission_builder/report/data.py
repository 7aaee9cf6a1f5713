"""What is on disk, and the defects of a release, in the terminal."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from submission_builder.report.cache_listing import size
from submission_builder.report.marks import marked

if TYPE_CHECKING:
    from rich.console import Console

    from submission_builder.workflows.data.inventory import ChallengeData, DataListing, ReleaseContents
    from submission_builder.workflows.data.verify import VerifiedData

_LEGEND = (
    "labels: subjects with an externalizing score; trials: usable trials of challenge 1; c1, c2: whether the "
    "challenge can be scored."
)
_SHOWN = 20
"""Defects of a kind that are printed; ``--json`` has all."""


def show_listing(listing: DataListing, console: Console) -> None:
    """Print one row per release, and what prevents a score."""
    table = Table(
        title="releases on disk", title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True
    )
    table.add_column("release", overflow="fold", min_width=16)
    for heading in ("size", "runs", "subjects", "labels", "trials"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("c1", "c2"):
        table.add_column(heading, no_wrap=True)
    for release in listing.releases:
        table.add_row(Text(marked(release.name, simulated=release.simulated)), *_cells(release))
    console.print(table)
    console.print(_LEGEND, style="dim", soft_wrap=True, highlight=False)
    for release in listing.releases:
        for note in _notes(release):
            console.print(Text(f"note: {release.folder}: {note}."), style="dim", soft_wrap=True)


def _cells(release: ReleaseContents) -> list[str]:
    trials = release.challenges[1].n_windows if 1 in release.challenges else 0
    counts = (sum(release.tasks.values()), release.n_subjects, release.n_labelled, trials)
    states = [_state(release.challenges.get(number)) for number in (1, 2)]
    return [size(release.n_bytes), *(f"{count:,}" for count in counts), *states]


def _state(challenge: ChallengeData | None) -> str:
    if challenge is None or challenge.reason:
        return "no"
    return "yes" if challenge.scorable else "partial"


def _notes(release: ReleaseContents) -> list[str]:
    if release.error:
        return [release.error]
    reasons = dict.fromkeys(one.reason for one in release.challenges.values() if one.reason)
    notes = []
    for reason in reasons:
        numbers = " and ".join(str(n) for n, one in release.challenges.items() if one.reason == reason)
        notes.append(f"challenge {numbers} cannot be scored: {reason}")
    unusable = max((one.n_unusable for one in release.challenges.values()), default=0)
    if unusable:
        partial = "" if reasons else ", and subpack evaluate --skip-unusable gives a partial score"
        notes.append(f"{unusable:,} of its recordings cannot be used: subpack data verify lists them{partial}")
    if release.n_unfinished:
        notes.append(f"{release.n_unfinished:,} files are not completely downloaded; subpack fetch resumes")
    return notes


def show_defects(verified: VerifiedData, console: Console) -> None:
    """Print one entry per defect, with its remedy, and a line that counts them."""
    for (severity, kind), group in groupby(verified.defects, key=lambda one: (one.severity, one.kind)):
        defects = list(group)
        for one in defects[:_SHOWN]:
            style = "bold red" if severity == "error" else "bold yellow"
            line = Text.assemble((severity, style), f" {kind}  {one.place}: {one.fact}")
            console.print(line, soft_wrap=True, highlight=False)
            if one.remedy:
                console.print(Text(f"    remedy: {one.remedy}"), style="dim", soft_wrap=True, highlight=False)
        if len(defects) > _SHOWN:
            console.print(f"    {len(defects) - _SHOWN:,} more of this kind; --json lists all", style="dim")
    warnings = len(verified.defects) - verified.n_errors
    console.print(f"{verified.folder}: {verified.n_errors:,} errors, {warnings:,} warnings", highlight=False)
