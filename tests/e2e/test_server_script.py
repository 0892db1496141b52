"""The first command of the README, as a new user types it, and the line that it prints to try."""
import json
import os
import select
import signal
import subprocess
import time

import pytest

from engine import ENVIRONMENT, PROGRAM, ROOT, free_port

pytestmark = pytest.mark.skipif(PROGRAM != ROOT / "build/release/execution-engine", reason="script/server starts its own build")


class Script:
    """script/server, until its greeting is whole."""

    def __init__(self, data, patience):
        self.port = free_port()
        command = [ROOT / "script/server", "--listen", f"127.0.0.1:{self.port}", "--data", data]
        began = time.monotonic()
        with open(data.parent / "server-script.log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=ENVIRONMENT, start_new_session=True)
        self.greeting = ""
        while "executedUrl" not in self.greeting:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, began + patience - time.monotonic()))
            piece = os.read(self.process.stdout.fileno(), 4096).decode() if ready else ""
            assert piece, (data.parent / "server-script.log").read_text()[-3000:]
            self.greeting += piece
        self.took = time.monotonic() - began

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGTERM)
        assert self.process.wait(60) == 0
        self.process.stdout.close()

    def line_to_paste(self):
        """From `curl` to the end of the last line that a backslash continues."""
        lines = self.greeting.splitlines()
        first = next(number for number, line in enumerate(lines) if line.lstrip().startswith("curl "))
        last = next(number for number in range(first, len(lines)) if not lines[number].endswith("\\"))
        return "\n".join(lines[first:last + 1])


def test_the_printed_line_works_when_pasted(scratch):
    with Script(scratch / "by-script", patience=1200) as server:  # It may have to build.
        assert f"http://127.0.0.1:{server.port}" in server.greeting
        pasted = subprocess.run(["sh", "-c", server.line_to_paste()], capture_output=True, text=True, timeout=60, env=ENVIRONMENT, check=True)
        submission = json.loads(pasted.stdout)
        assert submission["verdict"] == "accepted", submission
        log = subprocess.run(["curl", "-sf", submission["executedUrl"]], capture_output=True, text=True, timeout=60, env=ENVIRONMENT, check=True)
        assert log.stdout == submission["runs"][0]["stdout"] != ""
    taken = []
    while len(taken) < 3 and not any(took < 2 for took in taken):  # Something else may keep the machine busy.
        with Script(scratch / "by-script", patience=60) as again:
            taken.append(again.took)
    assert min(taken) < 2, taken
