"""Run independent jobs with joblib or Dask."""

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
    """Where independent jobs run, and how many at a time.

    Examples
    --------
    >>> import submission_builder as sb
    >>> sb.Jobs(2, "threading").run([lambda: 1, lambda: 2])
    [1, 2]
    """

    n: int = 1
    """Number of jobs at a time. Processes share the cores. Dask runs as many jobs as its workers allow."""
    backend: str = "loky"
    """``dask`` or a backend of joblib: ``loky`` (processes on this machine), ``threading``, or a registered one."""
    scheduler: str | None = None
    """Address of Dask's scheduler, such as ``tcp://host:8786``. The workers need files under the same paths as here."""

    @property
    def local(self) -> bool:
        """Whether the jobs run on this machine, so that their output appears in this terminal."""
        return self.backend in ("loky", "threading")

    @property
    def serial(self) -> bool:
        """Whether the jobs run one after the other in this process."""
        return self.n == 1 and self.local

    def run(self, jobs: Iterable[Callable[[], T]], *, one_per_process: bool = False) -> list[T]:
        """Run jobs and return their results in order; after an error, no further job starts.

        When a job fails, or at Ctrl-C, loky ends the jobs that are running. Threads and Dask finish them.

        Parameters
        ----------
        jobs
            Functions without arguments.
        one_per_process
            Run only one job at a time in each process, because the jobs set its global state, such as seeds. A worker
            of Dask can have several threads.

        Raises
        ------
        ConfigError
            If the backend does not exist or cannot be reached, or its workers lack our version of subpack.
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
        """Submit the jobs to Dask directly.

        joblib's Dask backend waits forever for a job that no worker can unpickle or that kills its workers, and with a
        single-threaded cluster it runs the jobs in this process.
        """
        with self._client() as client:
            from distributed import KilledWorker  # noqa: PLC0415 - optional dependency

            futures = [client.submit(job, pure=False) for job in jobs]
            while not all(future.done() for future in futures) and all(future.status != "error" for future in futures):
                time.sleep(_POLL_S)  # Ctrl-C during gather would leave Dask's client in an undefined state
            try:
                results: list[T] = client.gather(futures)
            except KilledWorker as error:
                raise ConfigError(f"backend dask lost the workers of a job: {error}") from error
        return results

    def _client(self) -> Client:
        """Connect to the scheduler, and check that its workers have our version of subpack."""
        if find_spec("distributed") is None:
            raise ConfigError(
                "backend dask needs the package distributed, which is not installed", hint="pip install distributed"
            )
        if self.scheduler is None:
            raise ConfigError(
                "backend dask needs the address of a scheduler",
                hint="--scheduler tcp://HOST:8786, or DASK_SCHEDULER_ADDRESS",
            )
        from distributed import Client  # noqa: PLC0415 - optional dependency

        try:
            client = Client(self.scheduler, set_as_default=False)
        except (ValueError, OSError) as error:
            raise ConfigError(f"backend dask cannot be used: {error}") from error
        try:
            client.wait_for_workers(1, timeout=_WORKERS_S)
            _require_our_version(_versions(client, self.scheduler))
        except TimeoutError as error:
            client.close()
            raise ConfigError(f"backend dask found no worker at {self.scheduler} within {_WORKERS_S} s") from error
        except ConfigError:
            client.close()
            raise
        return client


SERIAL = Jobs()
"""One job after the other, in this process."""


def _versions(client: Client, scheduler: str) -> dict[str, str | Exception]:
    """Return the version of subpack of scheduler and workers by address; an exception if it is not installed."""
    found: dict[str, str | Exception] = client.run(version, "subpack", on_error="return")
    try:
        found[scheduler] = client.run_on_scheduler(version, "subpack")
    except PackageNotFoundError as error:
        found[scheduler] = error
    return found


def _require_our_version(versions: dict[str, str | Exception]) -> None:
    """Refuse a scheduler or workers without our version of subpack: they could not unpickle a job."""
    ours = version("subpack")
    for address, theirs in versions.items():
        if theirs != ours:
            found = f"has subpack {theirs}" if isinstance(theirs, str) else "does not have subpack"
            raise ConfigError(f"the Dask process at {address} {found}; scheduler and workers need subpack {ours}")


def _exclusively(job: Callable[[], T]) -> T:
    with _ONE_AT_A_TIME:
        return job()
