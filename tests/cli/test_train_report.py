"""``subpack train --report --log``: a run on one page that loads nothing, and its epochs in one table."""

import csv
import re
from html.parser import HTMLParser
from pathlib import Path

from click.testing import CliRunner

from submission_builder.cli import main


def run(release, *args):
    args = ("train", "cnn", "--challenge", 1, "--train", release, "--device", "cpu", *args)
    return CliRunner().invoke(main, [str(arg) for arg in args])


class Page(HTMLParser):
    """The text of a page, and the files that it would load."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.loads, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loads += [value for name, value in attrs if name in {"src", "href", "xlink:href"}]

    def handle_data(self, data):
        self.text += data


def page_of(path):
    text = Path(path).read_text(encoding="utf-8")
    page = Page(text)
    assert all(value.startswith(("#", "data:")) for value in page.loads)
    assert not re.search(r"@import|url\((?!#)", text)
    assert not {"script", "iframe", "img"} & set(page.tags)
    return page


def architectures_named(path):
    return list(csv.DictReader(Path(path).read_text(encoding="utf-8").splitlines()))


def test_one_net_on_one_page(small_release):
    result = run(small_release, "--epochs", 2, "--tag", "a<b", "--report", "out.html", "--log", "out.csv")
    assert result.exit_code == 0, result.output
    page = page_of("out.html")
    assert "SIMULATED · cnn.a<b" in page.text
    assert page.tags.count("svg") == 3
    assert "RMSE of each subject (validation). Largest: SIM11N000" in page.text
    for line in result.stdout.splitlines():
        if line.startswith(("! ", "✓ ")):
            assert line[2:] in page.text
    rows = architectures_named("out.csv")
    assert [(row["run"], row["epoch"]) for row in rows] == [("epochs", "1"), ("epochs", "2")]
    shown = [line.split() for line in result.stdout.splitlines() if re.match(r" +\d+  \d\.\de", line)]
    assert [line[6] for line in shown] == [f"{float(row['val_nrmse']):.5f}" for row in rows]


def test_folds_on_one_page(small_release):
    result = run(
        small_release, "--folds", 2, "--epochs", 1, "--val-share", 0.4, "--report", "out.html", "--log", "o.csv"
    )
    assert result.exit_code == 0, result.output
    page = page_of("out.html")
    assert page.tags.count("svg") == 4
    assert "Predictions against targets (out of fold)." in page.text
    assert "Other subjects select its best epoch" in page.text
    rows = architectures_named("o.csv")
    assert [row["run"] for row in rows] == ["fold 1", "fold 2"]


def test_the_live_table_fits_a_terminal_of_80_columns(small_release):
    result = run(small_release, "--epochs", 1)
    lines = result.stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("epoch"))
    assert len({len(line) for line in lines[at : at + 2]}) == 1
    assert max(len(line) for line in lines[at - 1 : at + 2]) <= 80


def test_where_the_page_goes_is_looked_at_before_training(small_release):
    for flag in ("--report", "--log"):
        result = run(small_release, flag, "nowhere/out")
        assert result.exit_code == 1
        assert "nowhere/out cannot be written: nowhere is not a folder" in result.stderr
    assert not Path("runs").exists()
