"""``subpack diagnose``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

_FOUND, _CANNOT_TELL = 0, 3


@click.command()
@click.argument("log", metavar="LOG", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--zip",
    "zip_",
    metavar="ZIP",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The zip that failed. Its findings and a local replay are compared with the log.",
)
@click.option("--static", is_flag=True, help="Only read the zip; do not run it.")
@click.option(
    "--server",
    metavar="IMAGE|PYTHON",
    help="Replay the zip with the replica of this server image, or with this Python.  "
    "[default: every installed replica, or else the Python of subpack]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def diagnose(ctx: click.Context, log: Path, zip_: Path | None, static: bool, server: str | None, as_json: bool) -> None:
    """Name the probable causes of a failure on the server.

    LOG is what the server shows of the run: its standard error, a traceback, or an empty file; - reads standard input.
    Each cause is the number of a check (see `subpack check --list`) or an outcome of `subpack evaluate`. It comes with
    its evidence and with what to type next.

    \b
    Exit code:
      0    a cause is named
      1    the log or the zip cannot be read
      2    wrong usage
      3    neither the log nor the zip shows a cause
      130  interrupted
    """  # noqa: D301 - click's mark for lines that are not wrapped
    from submission_builder import Limits, Runtime
    from submission_builder import diagnose as verb
    from submission_builder.base.printable import printable
    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.report.json_file import json_text
    from submission_builder.report.log_diagnosis import as_text
    from submission_builder.workflows.check import LIMIT_S
    from submission_builder.workflows.diagnose.diagnose import diagnose_text

    if zip_ is None and (static or server):
        raise click.UsageError("--static and --server need --zip: without it nothing is run")
    runtime = Runtime(server=server, limits=Limits(wall_s=LIMIT_S)) if server else None
    with progress_bars() as progress:
        if str(log) == "-":
            text = sys.stdin.buffer.read().decode("utf-8", "replace")
            result = diagnose_text(text, "-", submission=zip_, static=static, runtime=runtime, progress=progress)
        else:
            result = verb(log, submission=zip_, static=static, runtime=runtime, progress=progress)
    click.echo(json_text(result.to_dict()) if as_json else printable(as_text(result)))
    ctx.exit(_FOUND if result.ok else _CANNOT_TELL)
