"""The same program in other containers, with an F and a box of their own rounds."""
import contextlib
import shutil
import subprocess

import docker
from lockstep import Row, Worker, take_turns
from rows import timed

TITLE = "The same in other containers"
ALONE = False


def measure(programs, short):
    with contextlib.ExitStack() as stack:
        def spawn(*command):
            return stack.enter_context(Worker(programs.bench / "spawn", *command))

        yardstick = Row("F: bare posix_spawn and wait", spawn(programs.tiny))
        rows = [Row("pool: program in the image", stack.enter_context(
            Worker(programs.bench / "box", "pool", "image", programs.tiny)))]
        missing = []
        if bubblewrap := shutil.which("bwrap", path="/usr/bin:/usr/local/bin"):
            command = bubblewrap_command(bubblewrap, programs.tiny)
            if subprocess.run(command, capture_output=True, env={}, check=False).stdout == b"ok\n":
                rows.append(Row("bubblewrap (no limits, no filter)", spawn(*command)))
            else:
                missing.append(("bubblewrap", "it cannot make its namespaces here"))
        else:
            missing.append(("bubblewrap", "not installed; script/bootstrap --bench brings it"))
        try:
            daemon = stack.enter_context(docker.Docker(programs.tiny, programs.bench / "overrun"))
            rows.append(Row("docker exec (a container that stands ready)", spawn(*daemon.exec), every=4))
            rows.append(Row("docker run --rm (no network)", spawn(*daemon.run), every=4))
        except docker.Unavailable as reason:
            missing.append(("docker run and exec", str(reason)))
        take_turns([yardstick, *rows], 40 if short else 160, warm_up=4)
    return [timed(yardstick, yardstick), *(timed(row, yardstick) for row in rows),
            *({"name": name, "missing": reason} for name, reason in missing)]


def bubblewrap_command(program, tiny):
    return [program, "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", str(tiny.parent), "/t",
            "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/w", "--cap-drop", "ALL", f"/t/{tiny.name}"]
