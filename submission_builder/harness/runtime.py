"""The settings of a run: where a submission runs, under which limits, and how its windows are batched."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from submission_builder.base.cache import cache_folder
from submission_builder.base.errors import SandboxError
from submission_builder.sandbox.limits import Limits
from submission_builder.sandbox.mounts import View
from submission_builder.sandbox.proof import why_unavailable
from submission_builder.server.replica import EVERY, Replica, find_replica, own_python

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from submission_builder.sandbox.isolation import Level

_NAME = "affects_predictions"
_AFFECTS = {_NAME: True}
_NO_EFFECT = {_NAME: False}
"""Metadata of a field: whether the predictions, or the success of the run, depend on it."""


@dataclass(frozen=True)
class Runtime:
    """Where a submission runs, under which limits, and how its windows are batched.

    Commands, workflows and sessions pass this one object on. Every field declares whether predictions depend on it; the
    fields that do are part of the key of the prediction cache.

    Examples
    --------
    >>> import submission_builder as sb
    >>> sb.Runtime(device="cpu", limits=sb.Limits(wall_s=600), exact=True).device
    'cpu'
    """

    device: str = field(default="cpu", metadata=_AFFECTS)
    """Device of the model, as ``torch.device`` takes it: ``cpu``, ``cuda``, ``cuda:1``."""
    limits: Limits = field(default=Limits(), metadata=_AFFECTS)
    """Limits on time, memory, output, files and processes."""
    isolation: Level | None = field(default=None, metadata=_AFFECTS)
    """Isolation level; None is the strongest that is available on this machine."""
    server: str | Path | None = field(default=None, metadata=_AFFECTS)
    """Server image whose replica runs the submission, or the path of a Python; None is the Python that runs subpack.
    :func:`check` and :func:`evaluate_servers` also take ``all``, which stands for every installed replica."""
    threads: int | None = field(default=None, metadata=_AFFECTS)
    """Threads of torch; None leaves torch's default."""
    exact: bool = field(default=False, metadata=_AFFECTS)
    """Predict one window at a time throughout, as the server does."""
    use_cache: bool = field(default=True, metadata=_NO_EFFECT)
    """Reuse predictions of an earlier run with the same zip, release and settings."""

    @property
    def every_server(self) -> bool:
        """Whether `server` stands for every installed replica."""
        return self.server == EVERY

    def view(self, hidden: Sequence[Path] = ()) -> View:
        """Return what a submission sees of this machine; the cache and further paths are hidden."""
        return View(hidden=(cache_folder(), *hidden), gpu=self.device.startswith("cuda"))

    def why_weaker(self, hidden: Sequence[Path] = ()) -> str | None:
        """Return why isolation level ``namespace`` is unavailable for this run; None if it is available."""
        return why_unavailable(self.replica().interpreter.executable, self.view(hidden))

    def level(self, hidden: Sequence[Path] = ()) -> Level:
        """Return the isolation level of the run.

        Parameters
        ----------
        hidden
            Files and folders that the submission must not see, beside the cache: the release.

        Raises
        ------
        SandboxError
            If the requested level is not available on this machine.
        """
        if self.isolation == "process":
            return "process"
        reason = self.why_weaker(hidden)
        if reason and self.isolation == "namespace":
            raise SandboxError(f"isolation level namespace is not available: {reason}")
        return "process" if reason else "namespace"

    def replica(self) -> Replica:
        """Return the Python that runs the submission.

        Raises
        ------
        ServerError
            If `server` names neither an installed replica nor a Python that has torch.
        """
        return own_python() if self.server is None else find_replica(str(self.server), cache_folder())

    def cache_key(self, hidden: Sequence[Path] = ()) -> dict[str, Any]:
        """Return the settings that predictions depend on, with the isolation level and the Python resolved.

        The level is that of :meth:`level`, with the same `hidden`.
        """
        affecting = {one.name for one in fields(self) if one.metadata[_NAME]}
        settings = {name: value for name, value in asdict(self).items() if name in affecting}
        return settings | {"isolation": self.level(hidden), "server": str(self.replica().interpreter.executable)}
