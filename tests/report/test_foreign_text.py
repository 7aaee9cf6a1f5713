"""One hostile text goes through every renderer: it is shown, and neither styles, steers nor breaks the output."""

import ast
import html
import io
import json
import re
from pathlib import Path

import pytest
from jinja2 import BaseLoader
from rich.table import Table
from rich.text import Text

from submission_builder.base.errors import SubmissionError, SubpackError
from submission_builder.checks.catalogue import CHECKS
from submission_builder.checks.report import CheckReport, Finding
from submission_builder.cli import failure
from submission_builder.report import console, evaluations_table, findings, findings_markdown, findings_sarif
from submission_builder.report import html_page as pages
from submission_builder.report.console import open_console
from submission_builder.report.json_file import json_text, write_json
from submission_builder.report.notebook import html as notebook_html

HOSTILE = (
    "[/red][bold]x[link=http://e]:smile: \x1b[2J\x1b]0;t\x07\x9b1m\u202e\ud800\x00\r"
    "\n::error file=a::b\n  ::stop-commands::c\n##[group]d|`<script>alert(1)</script>%0A$\\frac$ {{7*7}}"
)
SOURCES = Path(__file__).parents[2] / "submission_builder"
ELSEWHERE = ("Console", "rich.print", "Text.from_markup", "Text.from_ansi", "json.dumps", "Environment")
RENDERERS = sorted(
    path.relative_to(SOURCES).as_posix()
    for path in [*(SOURCES / "report").glob("*.py"), *(SOURCES / "cli").glob("*.py")]
)


def require_harmless(output, *, lines=True):
    """The output has no control character and no line that GitHub's runner obeys."""
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", output)
    assert not lines or not re.search(r"^\s*::|##\[", output, re.MULTILINE)
    output.encode()


def report(path="z.zip"):
    found = [Finding("S101", "error", "fault", HOSTILE, HOSTILE), Finding("S007", "warning", "fault", path, HOSTILE)]
    return CheckReport(Path(path), tuple(found), (), {"S102": HOSTILE}, outcome="machine_error", message=HOSTILE)


def printed(*shown, **options):
    file = io.StringIO()
    one = open_console(file=file, width=60, **options)
    for each in shown:
        one.print(each)
    return file.getvalue()


def table():
    made = Table(HOSTILE, title=HOSTILE, caption=HOSTILE)
    made.add_row(HOSTILE)
    made.add_row(Text(HOSTILE))
    return made


def test_the_console_shows_markup_and_control_characters_as_text():
    output = printed(HOSTILE, Text(HOSTILE), table())
    require_harmless(output)
    assert output.count("[/red][bold]x") >= 5
    assert r"\x1b[2J" in output


def test_a_console_with_colours_prints_only_the_sequences_of_its_own_styles():
    output = printed(Text(HOSTILE, style="bold red"), table(), force_terminal=True, color_system="standard")
    assert r"\x1b[2J" in output
    assert set(re.findall(r"\x1b[^m]*m", output)) <= set(re.findall(r"\x1b\[[0-9;]*m", output))
    require_harmless(re.sub(r"\x1b\[[0-9;]*m", "", output))


@pytest.mark.parametrize("format_", ["text", "json", "github", "sarif"])
def test_findings_are_harmless_in_every_format(format_):
    output = findings.render([report(), report("a[b] :.zip")], CHECKS, format_)
    if format_ == "github":
        assert [line.partition(" ")[0] for line in output.splitlines()] == ["::error", "::warning", "::error"] * 2
        output = output.replace("::error title=", "").replace("::warning title=", "")
    require_harmless(output)


def test_json_gives_the_hostile_text_to_a_program_unchanged(tmp_path):
    assert json.loads(findings.as_json([report()]))["findings"][0]["where"] == HOSTILE
    assert json.loads(json_text([HOSTILE, "\x7f\u2028\U000e0001😀"])) == [HOSTILE, "\x7f\u2028\U000e0001😀"]
    write_json({"a": HOSTILE}, tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": HOSTILE}


def test_a_sarif_message_has_no_link_and_its_uri_is_encoded():
    log = json.loads(findings_sarif.as_sarif([report("a[b] c.zip")], CHECKS))
    result = log["runs"][0]["results"][0]
    assert not re.search(r"(?<!\\)\[", result["message"]["text"])
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%5Bb%5D%20c.zip"


def test_a_markdown_table_keeps_its_rows_and_columns(tmp_path):
    findings_markdown.append_summary([report()], tmp_path / "s.md")
    output = (tmp_path / "s.md").read_text()
    require_harmless(output)
    assert "<script" not in output
    rows = [line for line in output.splitlines() if line.startswith("| ")]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [5] * len(rows)


def test_a_notebook_shows_the_text_and_no_element_of_it():
    for output in (notebook_html(lambda one: one.print(table())), report()._repr_html_()):
        require_harmless(html.unescape(re.sub(r"<[^>]*>", "", output)))
        assert "<script" not in output


def test_a_page_escapes_every_text(tmp_path, monkeypatch):
    """Every page is written by this function, from templates that mark nothing as safe."""
    loader = pages.PackageLoader("submission_builder.report", "pages")
    templates = [loader.get_source(pages.Environment(), name)[0] for name in loader.list_templates()]
    assert templates
    assert not any(re.search(r"\|\s*safe|autoescape", text) for text in templates)
    monkeypatch.setattr(pages, "PackageLoader", lambda *_: _One('<p>{{ text }}</p><i title="{{ text }}"></i>'))
    pages.write_html("page", tmp_path / "p.html", text=HOSTILE)
    output = (tmp_path / "p.html").read_text()
    require_harmless(output)
    assert "<script" not in output


class _One(BaseLoader):
    def __init__(self, text):
        self.text = text

    def get_source(self, *_):
        return self.text, None, lambda: True


@pytest.mark.parametrize(
    "error", [SubpackError(HOSTILE, hint=HOSTILE), SubmissionError(HOSTILE, outcome="crashed", output=HOSTILE)]
)
def test_errors_are_harmless_in_the_terminal(capsys, error):
    failure.show_failure(error)
    failure.show_failure(error, of=HOSTILE)
    output = capsys.readouterr().err
    require_harmless(output)
    assert r"\x1b[2J" in output
    assert "[/red][bold]x" in output


def test_names_of_zips_are_shortened_without_their_meaning():
    _, names = evaluations_table.short_names([Path(f"a/{HOSTILE}1"), Path(f"a/{HOSTILE}2")])
    require_harmless(printed(*names))


def calls(path):
    """Names of the functions that a file calls, with the values of `markup`."""
    for node in ast.walk(ast.parse((SOURCES / path).read_text())):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            yield name, {one.arg: ast.unparse(one.value) for one in node.keywords}


@pytest.mark.parametrize("path", RENDERERS)
def test_every_module_prints_through_the_one_console_and_writes_through_the_one_function(path):
    if path in ("report/console.py", "report/json_file.py", "report/html_page.py"):
        return
    for name, keywords in calls(path):
        assert name not in (
            "Console",
            "rich.print",
            "Text.from_markup",
            "Text.from_ansi",
            "json.dumps",
            "Environment",
        ), name
        assert keywords.get("markup", "False") == "False"
        assert name != "TextColumn" or keywords["markup"] == "False"


def test_the_one_console_has_no_markup():
    assert dict(calls("report/console.py"))["super().__init__"]["markup"] == "False"
    assert console.open_console().render_str("[red]x").plain == "[red]x"
