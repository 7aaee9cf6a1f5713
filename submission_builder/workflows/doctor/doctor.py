"""Examine this machine: find what subpack uses and what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from submission_builder.base.progress import Progress, silent
from submission_builder.codabench.token import SERVICE, VARIABLE, find_token
from submission_builder.releases.nearby import releases_in
from submission_builder.server.facts import CODABENCH
from submission_builder.workflows.doctor.hardware import examine_disk, examine_torch
from submission_builder.workflows.doctor.result import Examined, MachineReport
from submission_builder.workflows.doctor.software import (
    examine_isolation,
    examine_packages,
    examine_python,
    examine_replicas,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def doctor(*, folder: Path | str = ".", progress: Progress = silent) -> MachineReport:
    """Examine Python, packages, torch, GPU, isolation, replicas, disk, cache, data and token.

    Parameters
    ----------
    folder
        Where releases are looked for: the folder itself, and the folders in it.
    progress
        Called after each part.

    Returns
    -------
    MachineReport
        What was found, each with its remedy. It is ``ok`` if nothing prevents work; what only some commands use is a
        note. The value of the token is in no field.

    Examples
    --------
    >>> import submission_builder as sb
    >>> report = sb.doctor()
    >>> [item.name for item in report.items if item.name in ("Python", "braindecode", "isolation", "token")]
    ['Python', 'braindecode', 'isolation', 'token']
    """
    parts = (
        examine_python,
        examine_packages,
        examine_torch,
        examine_isolation,
        examine_replicas,
        examine_disk,
        lambda: _examine_data(Path(folder)),
        _examine_token,
    )
    items: list[Examined] = []
    for i, part in enumerate(parts):
        progress("examination", i, len(parts))
        items += part()
    progress("examination", len(parts), len(parts))
    return MachineReport(tuple(items))


def _examine_data(folder: Path) -> Iterator[Examined]:
    try:
        found = releases_in(folder)
    except OSError as error:
        yield Examined(
            "data", "note", f"{folder} cannot be listed: {error.strerror}", "start subpack in another folder"
        )
        return
    if found:
        yield Examined("data", "ok", f"releases: {', '.join(path.name for path in found)} (in {folder.resolve()})")
    else:
        fact = f"no release is in {folder.resolve()}"
        yield Examined("data", "note", fact, "subpack demo works without one; --data names a release elsewhere")


def _examine_token() -> Iterator[Examined]:
    token = find_token(CODABENCH)
    if token:
        yield Examined("token", "ok", f"a token for Codabench is in {token.source}")
    else:
        fact = "there is no token for Codabench, which only subpack submit needs"
        remedy = f"set {VARIABLE}, or store it in the keyring: keyring set {SERVICE} www.codabench.org"
        yield Examined("token", "note", fact, remedy)
