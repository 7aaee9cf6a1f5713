"""The option ``--no-ledger`` of every command that leaves entries in the ledger."""

from __future__ import annotations

import click


def _switch_off(ctx: click.Context, option: click.Parameter, chosen: bool) -> None:
    del option
    if chosen:
        from submission_builder.ledger.place import switched_off

        ctx.with_resource(switched_off())


no_ledger = click.option(
    "--no-ledger",
    is_flag=True,
    expose_value=False,
    callback=_switch_off,
    help="Record nothing in the ledger, as with SUBPACK_NO_LEDGER=1.",
)
"""The option; it ends with the command."""
