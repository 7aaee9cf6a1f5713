"""Errors of the S3 library, told apart by what helps: to try again, to read the object anew, or nothing."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError, GenericError, PermissionDeniedError, PreconditionError, UnauthenticatedError

from submission_builder.base.errors import DownloadError

if TYPE_CHECKING:
    from collections.abc import Iterator

RESUME_HINT = "the same command resumes the download"

_LONGEST = 300  # characters of the library's message


class InterruptedTransferError(Exception):
    """A cut connection, a stall or a server error: the next attempt may succeed."""


class ChangedObjectError(Exception):
    """The object is another one than was listed."""


class RefusedObjectError(Exception):
    """The server does not give this object."""


@contextlib.contextmanager
def sorted_failures() -> Iterator[None]:
    """Turn an error of the library about one object into one of the three kinds."""
    try:
        yield
    except PreconditionError as error:
        raise ChangedObjectError("the object changed on the server") from error
    except FileNotFoundError as error:
        raise RefusedObjectError("the object is no longer on the server") from error
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise RefusedObjectError("the server refuses anonymous access to the object (403)") from error
    except GenericError as error:
        raise InterruptedTransferError(first_line(error)) from error
    except BaseError as error:
        raise RefusedObjectError(first_line(error)) from error


@contextlib.contextmanager
def explained_listing(where: str, server: str) -> Iterator[None]:
    """Turn an error of the library during a listing into a DownloadError.

    Parameters
    ----------
    where
        What is listed.
    server
        The server, for the message.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise DownloadError(f"{where} is not on {server}: the bucket does not exist there") from error
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise DownloadError(f"{server} refuses an anonymous listing of {where} (403)") from error
    except GenericError as error:
        raise DownloadError(
            f"{where} cannot be listed: {first_line(error)}",
            hint=f"check the connection to {server}; a proxy is taken from HTTPS_PROXY",
        ) from error
    except BaseError as error:
        raise DownloadError(f"{where} cannot be listed: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """Return the last cause in the first line of the library's message, which lists the causes in order."""
    line = str(error).strip().partition("\n")[0].strip()
    cause = line.rpartition(" - ")[2] if " - " in line else line
    return cause[:_LONGEST]
