"""``subpack history``, ``record``, ``calibration`` and ``rebuild``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from submission_builder.protocol.challenges import DEFAULT_PROFILE, PROFILES

if TYPE_CHECKING:
    from datetime import datetime

_JSON = click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")


@click.command()
@click.argument("zip_", metavar="[ZIP|DIGEST]", required=False)
@click.option("--release", metavar="NAME", help="Only entries of this release, such as R5_L100_bdf.")
@click.option(
    "--command",
    type=click.Choice(["build", "check", "evaluate", "record"]),
    help="Only entries of this command; record is a result of the server.",
)
@click.option(
    "--since",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]),
    help="Only entries from this time on (UTC), such as 2026-11-25 or 2026-11-25T14:30.",
)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Number of entries at most.")
@click.option("--all", "everything", is_flag=True, help="List all entries; --limit is ignored.")
@_JSON
def history(
    zip_: str | None,
    release: str | None,
    command: str | None,
    since: datetime | None,
    limit: int,
    everything: bool,
    as_json: bool,
) -> None:
    """List builds, checks, evaluations and server results.

    The newest are first. ZIP is a file, DIGEST at least four characters of a SHA-256 or MD5. The ledger is a local
    file; SUBPACK_LEDGER names another one, and SUBPACK_NO_LEDGER=1 turns it off.
    """
    from submission_builder import history as verb
    from submission_builder.report.console import open_console
    from submission_builder.report.history import show_history
    from submission_builder.report.json_file import json_text

    found = verb(zip_, release=release, command=command, since=since, limit=None if everything else limit)
    if as_json:
        click.echo(json_text(found.to_dict()))
    else:
        show_history(found, open_console())


@click.command()
@click.argument("zip_", metavar="ZIP|DIGEST")
@click.option("--overall", required=True, metavar="SCORE", help="Overall score, with all decimals that are shown.")
@click.option("--challenge1", required=True, metavar="SCORE", help="Score of challenge 1.")
@click.option("--challenge2", required=True, metavar="SCORE", help="Score of challenge 2.")
@click.option("--release", metavar="NAME", help="Release that the server scored, if it is known.")
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    default=DEFAULT_PROFILE,
    show_default=True,
    help="Scoring rules of the server.",
)
def record(zip_: str, overall: str, challenge1: str, challenge2: str, release: str | None, profile: str) -> None:
    """Record the scores that the server published for a zip.

    ZIP is the file, DIGEST at least four characters of the SHA-256 or MD5 of a zip in the ledger. The overall score
    must be 0.3 · challenge 1 + 0.7 · challenge 2, up to rounding.
    """
    from submission_builder import record as verb

    recorded = verb(
        zip_, overall=overall, challenge1=challenge1, challenge2=challenge2, release=release, profile=profile
    )
    click.echo(f"recorded for {recorded.entry.path} (sha256 {recorded.entry.sha256}) in {recorded.ledger}")


@click.command()
@_JSON
def calibration(as_json: bool) -> None:
    """Compare local scores with those of the server.

    It uses the zips that have a local score of a whole release and a result of the server (subpack record), and prints
    bias and correlation for each pair of releases.
    """
    from submission_builder import calibration as verb
    from submission_builder.report.calibration import show_calibration
    from submission_builder.report.console import open_console
    from submission_builder.report.json_file import json_text

    found = verb()
    if as_json:
        click.echo(json_text(found.to_dict()))
    else:
        show_calibration(found, open_console())


@click.command()
@click.argument("zip_", metavar="DIGEST|ZIP")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The zip to write.  [default: the beginning of its SHA-256, and .zip]",
)
@click.option("--force", is_flag=True, help="Replace an existing file.")
def rebuild(zip_: str, output: Path | None, force: bool) -> None:
    """Write a zip again that build wrote earlier, byte for byte.

    DIGEST is at least four characters of its SHA-256 or MD5. If an input changed, the command names it and writes
    nothing.
    """
    from submission_builder import rebuild as verb

    rebuilt = verb(zip_, output=output, force=force)
    click.echo(f"wrote {rebuilt.path}, sha256 {rebuilt.sha256}")
