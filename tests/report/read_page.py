"""Reads a page: it loads nothing, and its figures have alternatives."""

import re
from html.parser import HTMLParser
from pathlib import Path

TAGS = {
    *("html", "head", "meta", "title", "link", "style", "body", "h1", "h2", "h3", "p", "span", "strong", "nav", "ul"),
    *("li", "a", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary", "dl", "dt", "dd"),
    *("code", "pre", "figure", "figcaption", "svg", "defs", "g", "path", "use", "text", "clippath", "rect"),
}


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, path):
        super().__init__()
        self.source = Path(path).read_text(encoding="utf-8")
        self.tags, self.attributes, self.text, self.figures, self.ids = [], [], "", [], []
        self.feed(self.source)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]
        if tag == "svg":
            self.figures.append(dict(attrs))

    handle_startendtag = handle_starttag

    def handle_data(self, data):
        self.text += data

    @property
    def headings(self):
        return [int(tag[1]) for tag in self.tags if re.fullmatch("h[1-6]", tag)]


def assert_sound(page):
    """A page loads nothing, has headings in order, and every figure has an alternative."""
    assert set(page.tags) <= TAGS
    loads = [value for name, value in page.attributes if name in {"src", "href", "xlink:href", "action", "srcset"}]
    assert all(value.startswith(("#", "data:")) for value in loads)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert not re.search(r"@import|url\((?!#)|https?://", page.source)
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
    assert page.tags.count("svg") == page.tags.count("figure") == page.tags.count("figcaption")
    for figure in page.figures:
        assert figure["role"] == "img"
        assert len(figure["aria-label"]) > 40
    anchors = {value[1:] for name, value in page.attributes if name == "href" and value.startswith("#") and value[1:]}
    assert anchors <= set(page.ids)
