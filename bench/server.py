"""The real server, started for one figure with its own data, and what it says about itself."""
import contextlib
import os
import pathlib
import re
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/e2e"))
import engine as e2e  # noqa: E402
import machine  # noqa: E402


@contextlib.contextmanager
def scratch():
    """A directory on disk, not in memory, that the engine may search after it gave up root."""
    path = tempfile.mkdtemp(prefix="execution-engine-bench.", dir="/var/tmp")
    os.chmod(path, 0o755)
    try:
        yield pathlib.Path(path)
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def server(program, *flags, processor=None, environment=None):
    """A running server; with `processor` it and all its threads stay on that one."""
    with scratch() as directory:
        e2e.PROGRAM = program
        engine = e2e.Engine(directory / "data", *flags, environment=environment,
                            config=f'[sandbox]\ncgroupParent = "{machine.BOXES}"\n')
        everywhere = os.sched_getaffinity(0)
        try:
            if processor is not None:
                os.sched_setaffinity(0, {processor})
            engine.start()
        finally:
            os.sched_setaffinity(0, everywhere)
        try:
            yield engine
        finally:
            engine.stop()


def resident_bytes(pid):
    """(RSS, PSS) of one process."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return tuple(int(re.search(rf"^{name}:\s+(\d+)", text, re.M)[1]) * 1024 for name in ("Rss", "Pss"))


def processor_seconds(pid):
    """Processor time of one process and all its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
