"""Local scores against those of the server, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN, signed
from submission_builder.scores.agreement import FEWEST

if TYPE_CHECKING:
    from rich.console import Console

    from submission_builder.scores.agreement import Agreement
    from submission_builder.workflows.ledger.calibration import Calibration, Series

_HEADINGS = {"challenge1": "challenge 1", "challenge2": "challenge 2", "overall": "overall"}


def show_calibration(calibration: Calibration, console: Console) -> None:
    """Print one table per series, with what its numbers rest on."""
    if not calibration.series:
        console.print(Text(_nothing(calibration)), soft_wrap=True)
    for series in calibration.series:
        _show_series(series, console)
    if calibration.series:
        console.print(Text(f"ledger: {calibration.ledger}"), style="dim", soft_wrap=True)


def _nothing(calibration: Calibration) -> str:
    if not calibration.n_server:
        return f"{calibration.ledger} has no result of the server; subpack record adds one"
    return f"no zip in {calibration.ledger} has a result of the server and a local score of the same profile"


def _show_series(series: Series, console: Console) -> None:
    name = marked(series.release, simulated=series.simulated)
    n = series.agreement["overall"].n
    zips = f"{n} zip{'s' if n > 1 else ''}"
    title = (
        f"{name} here, {series.server_release or 'unknown release'} on the server · profile {series.profile} · {zips}"
    )
    if series.agreement["overall"].enough:
        table = Table(title=title, title_justify="left")
        for heading in ("", "bias", "95 % interval", "correlation", "95 % interval"):
            table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
        for score, one in series.agreement.items():
            table.add_row(_HEADINGS[score], *_cells(one))
        console.print(table)
        console.print(Text("bias: mean of the server's scores minus the local ones."), style="dim", soft_wrap=True)
    else:
        console.print(Text(title, style="italic"), soft_wrap=True)
        console.print(
            Text(f"too few: {zips}; at least {FEWEST} are needed for a bias and a correlation"), soft_wrap=True
        )
    console.print(Text(f"note: {_releases(series)}."), style="dim", soft_wrap=True)


def _cells(one: Agreement) -> list[str]:
    return [
        signed(one.bias),
        _ends(one.bias_interval, "+.3f"),
        UNKNOWN if one.correlation is None else f"{one.correlation:.2f}",
        _ends(one.correlation_interval, ".2f"),
    ]


def _ends(interval: tuple[float, float] | None, form: str) -> str:
    return UNKNOWN if interval is None else f"{interval[0]:{form}} to {interval[1]:{form}}"


def _releases(series: Series) -> str:
    if series.same_release is None:
        return (
            "the server's release was not recorded (--release of subpack record), so the difference also contains that "
            "of the releases, if they differ"
        )
    if series.same_release:
        return "the releases have the same name; whether the server uses the same recordings is not known"
    return (
        f"{series.release} and {series.server_release} are different releases: the difference contains that of their "
        "subjects, and a correlation holds for these two only"
    )
