"""Python sources, read as Python 3.10 reads them."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings

from submission_builder.base.input_file import wide_encoding
from submission_builder.checks.newer_syntax import newer_syntax
from submission_builder.server.facts import PYTHON

_LARGE = 256 << 10


def parsed(content: bytes) -> ast.Module | SyntaxError:
    """Parse a source for Python 3.10, or return the error of parsing it, whichever Python runs this."""
    try:
        text = _decoded(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # unknown escape sequences, which Python 3.10 accepts
            try:
                tree = ast.parse(text, feature_version=PYTHON)
            except SyntaxError as error:
                found = _newer(text)
                return _error(*found[0]) if found else error
            found = newer_syntax(tree, text)
            return _error(*found[0]) if found else tree
    except SyntaxError as error:
        return error
    except RecursionError:
        return _error(1, "nested too deeply")
    except MemoryError:  # the parser raises it for code that is nested too deeply, too
        if len(content) > _LARGE:
            raise
        return _error(1, "nested too deeply")
    except ValueError as error:  # such as a number of too many digits
        return _error(1, str(error))


def _newer(text: str) -> list[tuple[int, str]]:
    """Return the syntax after Python 3.10, with its lines, of a source that parses under this Python."""
    try:
        return newer_syntax(ast.parse(text), text)
    except SyntaxError:
        return []


def _decoded(content: bytes) -> str:
    """Decode a source by its encoding, which is UTF-8 unless its first lines name another."""
    if wide := wide_encoding(content):
        fact = f"the file is encoded in {wide}, and Python reads UTF-8"
        raise _error(1, f"{fact}; save it as UTF-8, with an editor or with `iconv -f {wide} -t UTF-8 OLD > NEW`")
    if b"\0" in content:
        raise _error(1 + content.count(b"\n", 0, content.index(b"\0")), "the line contains a null byte")
    encoding = "utf-8"
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    except SyntaxError as error:  # an encoding that Python does not have, or bytes that are not UTF-8
        if "invalid or missing" not in str(error):
            raise _error(1, str(error)) from None
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = 1 + content.count(b"\n", 0, error.start)
        raise _error(line, f"the byte 0x{content[error.start]:02x} is not {encoding}; save the file as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _error(line: int, message: str) -> SyntaxError:
    return SyntaxError(message, (None, line, None, None))
