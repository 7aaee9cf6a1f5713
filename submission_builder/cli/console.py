"""The console of commands whose exit code is a result."""

from __future__ import annotations

import os
import sys

from submission_builder.report.console import PrintableConsole


class ResultConsole(PrintableConsole):
    """A console that prints nothing more once its reader is gone, as behind ``| head``; the command finishes."""

    def on_broken_pipe(self) -> None:
        """Discard the rest of the output. Rich itself would end the command with 1, whatever its result is."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
