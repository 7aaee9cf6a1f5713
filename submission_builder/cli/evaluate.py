"""``subpack evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from submission_builder.cli.numbers import FiniteRange
from submission_builder.cli.server import server_option
from submission_builder.protocol.challenges import DEFAULT_PROFILE, PROFILES
from submission_builder.sandbox.isolation import LEVELS, Level

if TYPE_CHECKING:
    from submission_builder.harness.session import Precision


@click.command()
@click.argument("zip_path", metavar="ZIP", type=click.Path(path_type=Path))
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Release folder, such as R5_L100_bdf. Without it: the simulated demo release.",
)
@click.option(
    "--profile",
    type=click.Choice(sorted(PROFILES)),
    default=DEFAULT_PROFILE,
    show_default=True,
    help="Scoring rules.",
)
@click.option("--json", "json_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the result here.")
@click.option("--device", default="cpu", show_default=True, help="Where the submission runs: cpu, cuda, cuda:1 …")
@click.option(
    "--limit-s", type=FiniteRange(min=1, max=1e6), default=3600, show_default=True, help="Limit on wall time."
)
@click.option("--limit-mib", type=click.IntRange(min=1024), default=16384, show_default=True, help="Limit on memory.")
@click.option(
    "--require-isolation",
    type=click.Choice(LEVELS),
    help="Make less than this an error; the submission is always kept apart as far as this machine can.",
)
@server_option
@click.option("--exact", is_flag=True, help="Ask one window at a time throughout, as the server does; slower.")
@click.option(
    "--probe",
    is_flag=True,
    help="Also ask a sample in other batches, orders, processes and threads: what does each cost?",
)
@click.option(
    "--precision",
    "precisions",
    type=click.Choice(["fp16", "bf16", "tf32"]),
    multiple=True,
    help="Also ask a sample with matrix products in this precision; may be repeated.",
)
@click.pass_context
def evaluate(
    ctx: click.Context,
    zip_path: Path,
    data: Path | None,
    profile: str,
    json_path: Path | None,
    device: str,
    limit_s: float,
    limit_mib: int,
    require_isolation: Level | None,
    server: str | None,
    exact: bool,
    probe: bool,
    precisions: tuple[Precision, ...],
) -> None:
    """Run a submission zip as the server would and score it.

    Exit code: 0 scored, 1 any other outcome, 2 wrong usage.
    """
    from rich.console import Console

    from submission_builder.cli.failure import show_failure
    from submission_builder.cli.progress import progress_bars
    from submission_builder.evaluation.run import evaluate as run
    from submission_builder.releases.cache import cache_folder
    from submission_builder.replica import find_replica
    from submission_builder.report.as_json import require_folder, write_json
    from submission_builder.report.terminal import show_evaluation
    from submission_builder.sandbox.limits import Limits

    if json_path:
        require_folder(json_path)
    replica = find_replica(server, cache_folder()) if server else None
    limits = Limits(wall_s=limit_s, memory_mib=limit_mib)
    with progress_bars() as progress:
        if data is None:
            from submission_builder.releases.demo import demo_release  # loads what simulates: a second

            data = demo_release(cache_folder(), progress)
        evaluation = run(
            zip_path,
            data,
            PROFILES[profile],
            cache=cache_folder(),
            device=device,
            limits=limits,
            level="namespace" if require_isolation == "namespace" else None,
            server=replica,
            exact=exact,
            probe=probe,
            precisions=precisions,
            progress=progress,
        )
    if evaluation.error:
        show_failure(evaluation.error, outcome=evaluation.outcome)
    else:
        show_evaluation(evaluation, Console())
    if json_path:
        write_json(evaluation, json_path)
    ctx.exit(1 if evaluation.error else 0)
