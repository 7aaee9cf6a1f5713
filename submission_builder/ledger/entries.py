"""What a verb's result leaves in the ledger.

:data:`RECORDED` names the verbs that leave entries. A result is read by its ``to_dict()``, so that the ledger knows the
documented keys and no class of another room.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from submission_builder.base.digests import file_digests
from submission_builder.ledger.entry import Entry, StoredBuild
from submission_builder.protocol.challenges import PROFILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Result(Protocol):
    """The result of a verb."""

    def to_dict(self) -> dict[str, Any]:
        """Return it in a form that JSON can hold."""


@dataclass(frozen=True)
class Rows:
    """The rows that a result leaves."""

    entries: tuple[Entry, ...] = ()
    builds: tuple[StoredBuild, ...] = ()


def of_build(result: Result) -> Rows:
    """Return the entry of a written zip, and what is needed to write it again; a dry run leaves nothing."""
    content = result.to_dict()
    if not content["written"]:
        return Rows()
    entry = _entry("build", content["path"], content, "built", {"notes": content["notes"]})
    return Rows((entry,), (StoredBuild(*(content[key] for key in ("sha256", "recipe", "inputs", "manifest"))),))


def of_check(result: Result) -> Rows:
    """Return the entry of a check, with the number of findings of each id."""
    content = result.to_dict()
    errors = any(finding["severity"] == "error" for finding in content["findings"])
    outcome = "ok" if content["ok"] else "errors" if errors else content["outcome"]
    ids = Counter(finding["id"] for finding in content["findings"])
    detail = {"findings": dict(sorted(ids.items())), "run": content["outcome"], "ran": content["ran"]}
    digests = file_digests(Path(content["path"]))
    return Rows((_entry("check", content["path"], digests, outcome, detail, findings=len(content["findings"])),))


def of_evaluation(result: Result) -> Rows:
    """Return the entry of an evaluation."""
    return of_evaluations([result])


def of_evaluations(results: Iterable[Result]) -> Rows:
    """Return the entries of several evaluations; of several releases, one of each and one of all together."""
    return _evaluations(result.to_dict() for result in results)


def of_servers(results: Iterable[Result]) -> Rows:
    """Return the entries of evaluations under several server images."""
    return _evaluations(one for result in results for one in result.to_dict()["servers"].values())


def of_comparison(result: Any) -> Rows:
    """Return the entries of the evaluations that a comparison rests on."""
    return of_evaluations([*(candidate.evaluation for candidate in result.candidates), *result.failed])


def of_server_result(
    path: str | Path,
    digests: Mapping[str, str | None],
    scores: Mapping[str, float],
    *,
    profile: str,
    release: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Entry:
    """Return the entry of the scores that the server published for a zip."""
    return _entry(
        "record",
        path,
        digests,
        "server",
        detail or {},
        release=release,
        profile=profile,
        definition=definition_of(profile),
        **scores,
    )


RECORDED: Mapping[str, Callable[[Any], Rows]] = {
    "build": of_build,
    "check": of_check,
    "compare": of_comparison,
    "evaluate": of_evaluation,
    "evaluate_many": of_evaluations,
    "evaluate_servers": of_servers,
}
"""The verbs that leave entries, by name."""


def definition_of(profile: str | None) -> str | None:
    """Return the definition of a profile's scores: ``rmse/std`` or ``rmse/range``; None for an unknown profile."""
    rules = PROFILES.get(profile or "")
    return f"rmse/{rules.denominator}" if rules else None


def named(path: str | Path) -> str:
    """Return an absolute path as text; bytes that are no UTF-8 become replacement characters."""
    return os.fsencode(os.path.normpath(Path(path).absolute())).decode("utf-8", "replace")


def _evaluations(contents: Iterable[Mapping[str, Any]]) -> Rows:
    return Rows(tuple(_evaluation(one) for content in contents for one in (*content["releases"], content)))


def _evaluation(content: Mapping[str, Any]) -> Entry:
    release = content["release"] or {}
    detail = {key: content[key] for key in ("overall", "challenges", "isolation")}
    detail |= {key: content["run"][key] for key in ("device", "server", "wall_s", "cached")}
    if content["error"]:
        detail["error"] = content["error"]["message"]
    return _entry(
        "evaluate",
        content["path"],
        content["zip"],
        content["outcome"],
        detail,
        at=content["run"]["began"],
        release=release.get("name"),
        fingerprint=release.get("digest"),
        simulated=release.get("simulated"),
        partial=bool(release.get("sample") or release.get("left_out")),
        profile=content["profile"],
        definition=definition_of(content["profile"]),
        **content["scores"],
    )


def _entry(
    command: str,
    path: str | Path,
    digests: Mapping[str, str | None],
    outcome: str,
    detail: Mapping[str, Any],
    at: float | None = None,
    **columns: Any,
) -> Entry:
    return Entry(
        command,
        named(path),
        outcome,
        version("subpack"),
        time.time() if at is None else at,
        digests["sha256"],
        digests["md5"],
        detail=detail,
        **columns,
    )
