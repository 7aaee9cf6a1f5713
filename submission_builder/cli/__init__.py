"""The command line: each command parses its arguments, calls one verb of the public API, and renders the result.

Commands import their verb when they run, so that ``subpack --help`` loads neither torch nor MNE.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import TYPE_CHECKING

import click

from submission_builder.base.errors import SubpackError
from submission_builder.cli.blend import blend
from submission_builder.cli.build import build
from submission_builder.cli.cache import cache
from submission_builder.cli.check import check, explain
from submission_builder.cli.compare import compare
from submission_builder.cli.data import data
from submission_builder.cli.demo import demo
from submission_builder.cli.diagnose import diagnose
from submission_builder.cli.doctor import doctor
from submission_builder.cli.evaluate import evaluate
from submission_builder.cli.failure import INTERRUPTED, show_failure
from submission_builder.cli.fetch import fetch
from submission_builder.cli.ledger import calibration, history, rebuild, record
from submission_builder.cli.ledger_option import no_ledger
from submission_builder.cli.models import models
from submission_builder.cli.server import server
from submission_builder.cli.simulate import simulate
from submission_builder.cli.submit import submissions, submit
from submission_builder.cli.train import train
from submission_builder.cli.tune import tune

if TYPE_CHECKING:
    from types import FrameType


_SECTIONS: dict[str, tuple[click.Command, ...]] = {
    "Start": (demo, doctor, models),
    "Data": (fetch, data, simulate),
    "Train": (train, tune, blend),
    "Package": (build, check, explain, server),
    "Score": (evaluate, compare),
    "Submit": (submit, submissions, diagnose),
    "Keep": (history, record, calibration, rebuild, cache),
}
"""The commands by the section of ``subpack --help`` that lists them."""


class Commands(click.Group):
    """A group that prints a :class:`SubpackError` as one message and exits with 1; after Ctrl-C it exits with 130."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by section."""
        del ctx
        longest = max(map(len, self.commands))
        limit = formatter.width - 6 - longest
        for heading, commands in _SECTIONS.items():
            with formatter.section(heading):
                rows = [(f"{one.name:{longest}}", one.get_short_help_str(limit)) for one in commands]
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; other exceptions are bugs and keep their traceback."""
        try:
            return super().invoke(ctx)
        except SubpackError as error:
            show_failure(error)
            ctx.exit(1)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)


def _end(number: int, frame: FrameType | None) -> None:
    del frame
    sys.exit(128 + number)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="subpack", prog_name="subpack")
def main() -> None:
    """Build, check and score submissions to the EEG Foundation Challenge."""
    # Idle OpenMP threads sleep instead of spinning; spinning slows training tenfold on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # A terminal that cannot show a character shows a question mark.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # A scheduler ends jobs by SIGTERM: clean up as after Ctrl-C.
    signal.signal(signal.SIGTERM, _end)


for _commands in _SECTIONS.values():
    for _command in _commands:
        main.add_command(_command)
for _command in (demo, build, check, evaluate, compare):
    no_ledger(_command)
