"""Independent jobs, here or elsewhere: joblib or Dask starts them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

from submission_builder.base.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from distributed import Client

T = TypeVar("T")

_POLL_S = 0.05
_WORKERS_S = 10
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Jobs:
    """Where independent jobs run.

    Attributes
    ----------
    n
        How many at a time. Processes share the cores among them; Dask has as many jobs as its workers take.
    backend
        ``dask``, or one of joblib: ``loky`` (processes of this machine), ``threading``, or any that is registered.
    scheduler
        Address of Dask's scheduler. Its workers see what a job reads and writes under the same paths.
    """

    n: int = 1
    backend: str = "loky"
    scheduler: str | None = None

    @property
    def local(self) -> bool:
        """Whether they run on this machine, in this terminal."""
        return self.backend in ("loky", "threading")

    @property
    def serial(self) -> bool:
        """Whether they run one after the other in this process."""
        return self.n == 1 and self.local

    def run(self, jobs: Iterable[Callable[[], T]], *, one_per_process: bool = False) -> list[T]:
        """Run jobs and hand out their results in their order; after an error none is begun any more.

        Jobs that run when another one fails, or at Ctrl-C, are ended with loky and go on to their ends with threads
        and Dask.

        Parameters
        ----------
        jobs
            What runs.
        one_per_process
            Whether a process may have one of them at a time, as jobs set what belongs to it, such as seeds; a worker
            of an engine may have threads.

        Raises
        ------
        ConfigError
            If there is no such backend, its engine cannot be reached, or its workers cannot run what is ours.
        """
        if one_per_process:
            jobs = [partial(_exclusively, job) for job in jobs]
        return self._by_dask(jobs) if self.backend == "dask" else self._by_joblib(jobs)

    def _by_joblib(self, jobs: Iterable[Callable[[], T]]) -> list[T]:
        import joblib  # noqa: PLC0415 - takes 0.3 s

        try:
            configured = joblib.parallel_config(self.backend, n_jobs=self.n)
        except ValueError as error:
            raise ConfigError(f"backend {self.backend} cannot be used: {error}") from error
        with configured:
            parallel = joblib.Parallel(batch_size=1, pre_dispatch="all")
            results: list[T] = parallel(joblib.delayed(job)() for job in jobs)
        return results

    def _by_dask(self, jobs: Iterable[Callable[[], T]]) -> list[T]:
        """Hand them to Dask itself.

        joblib's backend for it waits for ever for a job that no worker can unpickle or that kills its workers, and
        keeps the jobs of a cluster with a single thread in this process.
        """
        with self._client() as client:
            from distributed import KilledWorker  # noqa: PLC0415 - an extra

            futures = [client.submit(job, pure=False) for job in jobs]
            while not all(future.done() for future in futures) and all(future.status != "error" for future in futures):
                time.sleep(_POLL_S)  # not in gather, which Ctrl-C leaves in pieces
            try:
                results: list[T] = client.gather(futures)
            except KilledWorker as error:
                raise ConfigError(f"backend dask lost the workers of a job: {error}") from error
        return results

    def _client(self) -> Client:
        """Reach the scheduler, and workers that have what we have."""
        if find_spec("distributed") is None:
            raise ConfigError("backend dask lacks the package distributed", hint="pip install distributed")
        if self.scheduler is None:
            raise ConfigError(
                "backend dask is told no scheduler", hint="--scheduler tcp://HOST:8786, or DASK_SCHEDULER_ADDRESS"
            )
        from distributed import Client  # noqa: PLC0415 - an extra

        try:
            client = Client(self.scheduler, set_as_default=False)
        except (ValueError, OSError) as error:
            raise ConfigError(f"backend dask cannot be used: {error}") from error
        try:
            client.wait_for_workers(1, timeout=_WORKERS_S)
            _require_ours(_versions(client, self.scheduler))
        except TimeoutError as error:
            client.close()
            raise ConfigError(f"backend dask has no worker at {self.scheduler} after {_WORKERS_S} s") from error
        except ConfigError:
            client.close()
            raise
        return client


SERIAL = Jobs()
"""One job after the other, in this process."""


def _versions(client: Client, scheduler: str) -> dict[str, str | Exception]:
    """Ask scheduler and workers, by address, which subpack they have."""
    found: dict[str, str | Exception] = client.run(version, "subpack", on_error="return")
    try:
        found[scheduler] = client.run_on_scheduler(version, "subpack")
    except PackageNotFoundError as error:
        found[scheduler] = error
    return found


def _require_ours(found: dict[str, str | Exception]) -> None:
    """Refuse a scheduler or workers that lack subpack or have another one: they could not unpickle a job."""
    ours = version("subpack")
    for address, theirs in found.items():
        if theirs != ours:
            has = f"has subpack {theirs}" if isinstance(theirs, str) else "lacks subpack"
            raise ConfigError(f"Dask at {address} {has}; scheduler and workers need {ours} in their Python")


def _exclusively(job: Callable[[], T]) -> T:
    with _ONE_AT_A_TIME:
        return job()
