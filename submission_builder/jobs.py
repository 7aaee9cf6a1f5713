"""Independent jobs, here or elsewhere: joblib starts them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

import joblib

from submission_builder.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")


@dataclass(frozen=True)
class Jobs:
    """Where independent jobs run.

    Attributes
    ----------
    n
        How many at a time. Each has its share of the cores; one alone runs in this process. Dask has as many as its
        workers take.
    backend
        Of joblib: ``loky`` (processes of this machine), ``threading``, ``dask``, or any that is registered.
    scheduler
        Address of Dask's scheduler. Its workers see what a job reads and writes under the same paths.
    """

    n: int = 1
    backend: str = "loky"
    scheduler: str | None = None

    @property
    def here(self) -> bool:
        """Whether they run one after the other in this process."""
        return self.n == 1 and self.backend == "loky"

    def run(self, jobs: Iterable[Callable[[], T]]) -> list[T]:
        """Run jobs and hand out their results in their order; the first error ends the others, but for threads.

        Raises
        ------
        ConfigError
            If there is no such backend, or its engine cannot be reached.
        """
        try:
            with self._configured():
                parallel = joblib.Parallel(batch_size=1, pre_dispatch="all")
                results: list[T] = parallel(joblib.delayed(job)() for job in jobs)
        except TimeoutError as error:  # of Dask, where no worker comes
            raise ConfigError(f"backend {self.backend}: {error}") from error
        return results

    def _configured(self) -> joblib.parallel_config:
        if self.backend != "dask":
            return self._of_joblib()
        if find_spec("distributed") is None:
            raise ConfigError("backend dask lacks the package distributed", hint="pip install distributed")
        if self.scheduler is None:
            raise ConfigError(
                "backend dask is told no scheduler", hint="--scheduler tcp://HOST:8786, or DASK_SCHEDULER_ADDRESS"
            )
        return self._of_joblib(scheduler_host=self.scheduler)

    def _of_joblib(self, **more: str) -> joblib.parallel_config:
        try:
            return joblib.parallel_config(self.backend, n_jobs=self.n, **more)
        except (ValueError, OSError) as error:
            raise ConfigError(f"backend {self.backend} cannot be used: {error}") from error


HERE = Jobs()
"""One job after the other, in this process."""
