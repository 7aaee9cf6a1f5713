"""``subpack submit`` and ``subpack submissions``."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from submission_builder.base.printable import printable

if TYPE_CHECKING:
    from typing import Self

    from submission_builder.workflows.submit.result import SubmissionPlan

_DONE, _FAILED, _PENDING = 0, 1, 3
_SITE = click.option(
    "--site",
    metavar="URL",
    envvar="CODABENCH_URL",
    help="Address of the Codabench server.  [env: CODABENCH_URL; default: https://www.codabench.org]",
)


def _fact_sheet(context: click.Context, option: click.Parameter, text: str | None) -> dict[str, Any]:
    del context, option
    if text is None:
        return {}
    try:
        content = json.loads(Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text)
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"a JSON object or @FILE is expected: {error}") from error
    if not isinstance(content, dict):
        raise click.BadParameter("a JSON object is expected")
    return content


@click.command()
@click.argument("zip_", metavar="ZIP", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--phase", metavar="ID|NAME", help="Phase of the competition.  [default: the one that is open]")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait for the scores.")
@click.option("--wait-limit-s", type=click.FloatRange(min=0), default=4 * 3600, show_default=True, help="Longest wait.")
@click.option("--yes", is_flag=True, help="Do not ask before the submission; for scripts.")
@click.option("--again", is_flag=True, help="Send a zip that was sent before.")
@click.option("--static", is_flag=True, help="Check the zip by reading it only; do not run it.")
@click.option(
    "--competition", type=click.IntRange(min=1), metavar="ID", help="Number of the competition.  [default: 9975]"
)
@click.option("--organization", type=click.IntRange(min=1), metavar="ID", help="Number of your team on Codabench.")
@click.option("--task", "tasks", type=click.IntRange(min=1), multiple=True, metavar="ID", help="A task. Repeatable.")
@click.option(
    "--fact-sheet", metavar="JSON|@FILE", callback=_fact_sheet, help="Answers, if the competition has a fact sheet."
)
@_SITE
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def submit(
    ctx: click.Context,
    zip_: Path,
    phase: str | None,
    wait: bool,
    wait_limit_s: float,
    yes: bool,
    again: bool,
    static: bool,
    competition: int | None,
    organization: int | None,
    tasks: tuple[int, ...],
    fact_sheet: dict[str, Any],
    site: str | None,
    as_json: bool,
) -> None:
    """Send ZIP to Codabench, and wait for its scores.

    The zip is not sent if its check has errors, its bytes changed since its evaluation, or it was sent before. The
    command shows what the submission uses up, and asks. If the run fails, the command prints the probable causes.
    After Ctrl-C, the same command continues to wait and does not send the zip again.

    The token is read from the environment variable CODABENCH_TOKEN, or from the keyring (`keyring set codabench
    www.codabench.org`). `POST /api/api-token-auth/` with username and password returns it.

    \b
    Exit code:
      0    the submission finished, or it was sent with --no-wait
      1    it was not sent, it failed, or it was cancelled
      2    wrong usage
      3    it has not ended within --wait-limit-s
      130  interrupted
    """  # noqa: D301 - click's mark for lines that are not wrapped
    from submission_builder import submit as verb
    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.report.json_file import json_text
    from submission_builder.report.submission import result_text
    from submission_builder.workflows.submit.sending import Extras
    from submission_builder.workflows.submit.submit import Waiting

    named = {"competition": competition, "site": site}
    with progress_bars() as progress, _Reminder(zip_) as reminder:
        result = verb(
            zip_,
            confirm=lambda plan: _confirmed(plan, yes=yes),
            phase=phase,
            extras=Extras(organization, tasks, fact_sheet),
            again=again,
            static=static,
            waiting=Waiting(wait, wait_limit_s, reminder.report),
            progress=progress,
            **{name: value for name, value in named.items() if value is not None},  # type: ignore[arg-type]
        )
    if result is None:
        click.echo("nothing is sent", err=True)
        ctx.exit(_FAILED)
    click.echo(json_text(result.to_dict()) if as_json else printable(result_text(result)))
    ctx.exit(_FAILED if not result.ok else _DONE if result.ended or not wait else _PENDING)


class _Reminder:
    """Say after Ctrl-C during the wait how it is continued."""

    def __init__(self, path: Path) -> None:
        self.path, self.waiting = path, False

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def report(self, event: str, text: str, submission: object) -> None:
        """Print an event of the wait."""
        self.waiting = True
        _report(event, text, submission)

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Print the reminder if the block was interrupted."""
        if kind is KeyboardInterrupt and self.waiting:
            command = f"subpack submit {shlex.quote(str(self.path))} --wait"
            click.echo(f"the submission stays on Codabench; continue with: {command}", err=True)


def _confirmed(plan: SubmissionPlan, *, yes: bool) -> bool:
    from submission_builder.report.submission import plan_text

    click.echo(printable(plan_text(plan)), err=True)
    if yes:
        return True
    try:
        return click.confirm("Send it?", err=True)
    except click.Abort:
        if not os.isatty(0):
            click.echo("\nthere is no terminal to answer; --yes sends without a question", err=True)
            return False
        raise KeyboardInterrupt from None


def _report(event: str, text: str, submission: object) -> None:
    del submission
    lines = {
        "status": f"status: {text}",
        "unreachable": f"{text}; trying again",
        "reachable": f"Codabench replies again; status: {text}",
        "slow": f"the status is {text} for long; users report submissions that stay so. Ctrl-C ends the wait",
    }
    click.echo(printable(lines[event]), err=True)


@click.command()
@click.option("--update", is_flag=True, help="Ask Codabench for the state of submissions that have not ended.")
@_SITE
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def submissions(update: bool, site: str | None, as_json: bool) -> None:
    """List what was sent from this machine, and its scores.

    The scores of the server stand beside the local ones.
    """
    from submission_builder import submissions as verb
    from submission_builder.report.console import open_console
    from submission_builder.report.json_file import json_text
    from submission_builder.report.submission import show_submissions

    listing = verb(site=site, update=update)
    if as_json:
        click.echo(json_text(listing.to_dict()))
    else:
        show_submissions(listing, open_console())
