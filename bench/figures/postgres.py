"""How many submissions a second the PostgreSQL store accepts, on a server of its own that syncs."""
import glob
import subprocess

from lockstep import Wrong
from rows import rate

TITLE = "Accepting into PostgreSQL, server and client on this machine"
ALONE = False


def measure(programs, short):
    count = 20_000 if short else 50_000
    if not glob.glob("/usr/lib/postgresql/*/bin/postgres"):
        return [{"name": "PostgreSQL", "missing": "script/bootstrap --test brings it"}]
    lines = []
    for clients in (64, 1024):
        done = subprocess.run([programs.bench / "store_postgres", str(count), str(clients)], capture_output=True,
                              text=True, check=False)
        if done.returncode:
            raise Wrong(done.stderr.strip())
        lines.append(rate(f"accepted a second by PostgreSQL, {clients} clients", count, int(done.stdout), 5000))
    return lines
