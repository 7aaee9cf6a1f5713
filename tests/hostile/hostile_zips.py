"""Build the zip of a case: entries, then changes of single bytes."""

import io
import stat
import struct
import warnings
import zipfile

METHODS = {
    "store": zipfile.ZIP_STORED,
    "deflate": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}
LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
FLAG_AT, METHOD_AT = {LOCAL: 6, CENTRAL: 8}, {LOCAL: 8, CENTRAL: 10}
NAME_AT = {LOCAL: 30, CENTRAL: 46}
UTF8 = 0x800


def built(case):
    """Return the bytes of the zip that a case describes."""
    if "raw" in case:
        return bytes.fromhex(case["raw"])
    content = bytearray(_packed(case["entries"]))
    if "damage" in case:
        _damage(content, case["damage"])
    if "set_flag" in case:
        _set(content, FLAG_AT, case["set_flag"])
    if "set_method" in case:
        _set(content, METHOD_AT, case["set_method"])
    if "rename" in case:
        _rename(content, case["rename"])
    return bytes.fromhex(case.get("prefix", "")) + bytes(content)[: case.get("truncate")]


def _packed(entries):
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")  # on duplicate names
        for entry in entries:
            info = zipfile.ZipInfo(entry["name"])
            info.compress_type = METHODS[entry.get("method", "store")]
            info.external_attr = ((stat.S_IFLNK if entry.get("link") else stat.S_IFREG) | 0o644) << 16
            content = bytes.fromhex(entry["hex"]) if "hex" in entry else entry["text"].encode("utf-8", "surrogatepass")
            archive.writestr(info, content * entry.get("times", 1))
    return buffer.getvalue()


def _damage(content, damage):
    """Overwrite data of an entry."""
    at = content.rindex(damage["after"].encode(), 0, content.index(CENTRAL))
    begin = at + len(damage["after"]) + damage["skip"]
    new = bytes.fromhex(damage["hex"])
    assert content[begin : begin + len(new)] != new
    content[begin : begin + len(new)] = new


def _set(content, places, value):
    """Set a field of two bytes in both headers of the last entry."""
    for signature, at in places.items():
        struct.pack_into("<H", content, content.rindex(signature) + at, value)


def _rename(content, change):
    """Replace the name of the last entry by bytes, in its own header alone or in both."""
    new, find = bytes.fromhex(change["hex"]), change["find"]
    assert len(new) == len(find)
    for signature in (LOCAL,) if change.get("first") else (LOCAL, CENTRAL):
        at = content.rindex(signature)
        if change.get("utf8"):
            struct.pack_into("<H", content, at + FLAG_AT[signature], UTF8)
        begin = at + NAME_AT[signature]
        assert content[begin : begin + len(new)] == find.encode()
        content[begin : begin + len(new)] = new
