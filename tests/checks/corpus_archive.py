"""Zips with one defect of the archive."""

import zipfile

import saved_weights as weights
from archives import make_zip
from broken import Broken, changed, entries

APPLE_DOUBLE = bytes.fromhex("0005160700020000") + b"Mac OS X        " + bytes(120)


def link(path):
    info = zipfile.ZipInfo("weights.pt")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return entries((info, "/data/weights.pt"))(path)


def cut_short(path):
    path.write_bytes(make_zip(path).read_bytes()[:-40])
    return path


def flipped(path):
    content = bytearray(make_zip(path, names={"w.txt": b"0123456789"}).read_bytes())
    content[content.index(b"0123456789")] ^= 1
    path.write_bytes(content)
    return path


def text_file(path):
    path.write_text("no zip")
    return path


ARCHIVE = {
    "cut short": Broken("S001", cut_short, "z.zip", "The zip cannot be read: File is not a zip file"),
    "a text file": Broken("S001", text_file, "z.zip", "The zip cannot be read: File is not a zip file"),
    "one bit flipped": Broken("S001", flipped, "w.txt", "The entry cannot be read: Bad CRC-32"),
    "a folder round the files": Broken(
        "S002",
        changed(entry="model/submission.py"),
        "z.zip",
        "submission.py lies at model/submission.py; the server imports it from the root",
    ),
    "submission.py has another name": Broken(
        "S002",
        changed(entry="main.py"),
        "z.zip",
        "The zip has no entry named submission.py; the server imports it from the root",
    ),
    "metadata": Broken(
        "S003",
        entries(("metadata", "")),
        "metadata",
        "The worker treats a zip with this file as a program, and no file of it reaches the scorer",
    ),
    "metadata.yaml": Broken(
        "S003",
        entries(("metadata.yaml", "")),
        "metadata.yaml",
        "The worker treats a zip with this file as a program, and no file of it reaches the scorer",
    ),
    "a report at the root": Broken(
        "S004", entries(("report.html", "")), "report.html", "The worker may publish this file as the result page"
    ),
    "one name twice": Broken(
        "S005",
        entries(("a.txt", "1"), ("a.txt", "2")),
        "a.txt",
        "2 entries have this name, ignoring case: a.txt, a.txt",
    ),
    "names that differ in case": Broken(
        "S005",
        entries(("Net.py", ""), ("net.py", "")),
        "Net.py",
        "2 entries have this name, ignoring case: Net.py, net.py",
    ),
    "out of the folder": Broken("S006", entries(("../up.py", "")), "../up.py", "The name points out of the folder"),
    "an absolute path": Broken("S006", entries(("/etc/passwd", "")), "/etc/passwd", "The name is an absolute path"),
    "a backslash": Broken(
        "S006",
        entries(("a\\b.txt", "")),
        "a\\b.txt",
        "The name contains a backslash, which separates no folders on the server (Linux)",
    ),
    "a link": Broken(
        "S006",
        link,
        "weights.pt",
        "The entry is a link; the server unpacks it as a file that holds the name of its target",
    ),
    "the Finder's folder": Broken(
        "S007", entries(("__MACOSX/._submission.py", "")), "__MACOSX/._submission.py", "No submission needs this file"
    ),
    "the Finder's attributes of submission.py": Broken(
        "S007", entries(("._submission.py", APPLE_DOUBLE)), "._submission.py", "No submission needs this file"
    ),
    "the Finder's attributes of weights": Broken(
        "S007",
        entries(("__MACOSX/model/._c1.pt", APPLE_DOUBLE), ("weights.pkl", weights.GOOD)),
        "__MACOSX/model/._c1.pt",
        "No submission needs this file",
    ),
    "the Finder's file": Broken(
        "S007", entries(("data/.DS_Store", "")), "data/.DS_Store", "No submission needs this file"
    ),
    "the time zone of the machine": Broken(
        "S007", entries(("localtime", "")), "localtime", "No submission needs this file"
    ),
    "a validation report": Broken(
        "S007", entries(("validation_report.json", "{}")), "validation_report.json", "No submission needs this file"
    ),
    "bytecode": Broken(
        "S007",
        entries(("__pycache__/a.cpython-310.pyc", "")),
        "__pycache__/a.cpython-310.pyc",
        "No submission needs this file",
    ),
    "a bomb": Broken(
        "S008",
        entries(("zeros.txt", bytes(20 << 20))),
        "zeros.txt",
        "20,387 bytes unpack to 20,971,520, more than 1,000 times as many",
    ),
}
