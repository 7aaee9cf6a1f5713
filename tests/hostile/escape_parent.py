"""The parent of escapes.py: ``escape_parent.py LEVEL FOLDER`` prints what a child of LEVEL reached.

Only the sandbox of subpack and the standard library are needed, so that a user who sees no packages can run it.
"""

import ctypes
import json
import os
import secrets
import socket
import sys
from pathlib import Path

from submission_builder.sandbox.child import start
from submission_builder.sandbox.limits import Limits
from submission_builder.sandbox.proof import why_unavailable

ADD_KEY, SESSION_KEYRING = 248, -3


def main(level, folder):
    key = f"secret-{secrets.token_hex(8)}"
    os.environ["SECRET"] = key
    secret = folder / "secret.txt"
    secret.write_text(key)
    os.set_inheritable(os.open(secret, os.O_RDONLY), True)
    os.set_inheritable(os.open("/", os.O_RDONLY), True)
    number = ctypes.CDLL(None).syscall(ADD_KEY, b"user", key.encode(), b"0.123", 5, SESSION_KEYRING)
    for name in ("submission", "run"):
        (folder / name).mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0{key}")
        listener.listen()
        where = Path(__file__).with_name("escapes.py"), folder / "submission", [], folder / "run"
        with start(*where, Limits(wall_s=60, spare_mib=0), level) as child:
            child.send({"pid": os.getpid(), "secret": str(secret), "socket": key, "key": key, "key_number": number})
            reached = child.receive()
    return {"reached": reached, "unavailable": why_unavailable(), "key_number": number, "uid": os.getuid()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
