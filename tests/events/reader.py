"""Reading files in a process of their own, which may crash, hang or take too much without harm to the tests."""

import json
import select
import subprocess
import sys
from pathlib import Path

SECONDS, MEGABYTES, PATIENCE = 10.0, 2000.0, 60.0
ALONE = {"table": None}
"""Nothing is stated about the file."""


class Reader:
    """The child process; a new one where a file has killed the last."""

    def __init__(self):
        self.child = None

    def read(self, path, options=ALONE):
        """Return what came of an event list, or, without options, of a list of point sources."""
        if self.child is None:
            script = Path(__file__).with_name("read_damaged.py")
            pipe = subprocess.PIPE
            self.child = subprocess.Popen(
                [sys.executable, str(script)], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
            )
        case = {"path": str(path), "options": options}
        self.child.stdin.write(json.dumps(case) + "\n")
        self.child.stdin.flush()
        if not select.select([self.child.stdout], [], [], PATIENCE)[0]:
            self.close(kill=True)
            return {"outcome": "hangs", "seconds": PATIENCE, "peak_mb": 0.0}
        line = self.child.stdout.readline()
        if not line:
            return {"outcome": f"crashes with {self.close(kill=True)}", "seconds": 0.0, "peak_mb": 0.0}
        return json.loads(line)

    def close(self, *, kill=False):
        if self.child is None:
            return None
        if kill:
            self.child.kill()
        self.child.stdin.close()
        status = self.child.wait()
        self.child.stdout.close()
        self.child = None
        return status


def fault(answer, path):
    """Return what is wrong with an answer, or nothing."""
    if answer["outcome"] not in ("read", "refused"):
        return f"{answer['outcome']}: {answer.get('message')}"
    if answer["seconds"] > SECONDS:
        return f"takes {answer['seconds']:.1f} s"
    if answer["peak_mb"] > MEGABYTES:
        return f"takes {answer['peak_mb']:.0f} MB"
    if answer["outcome"] == "read":
        return answer["wrong"]
    message = answer["message"]
    return "" if message.isprintable() and str(path) in message else f"is refused with {message!r}"
