"""Programs of attackers, through the HTTP API, in boxes of both kinds: the verdict is right and nothing is left."""
import contextlib
import pathlib
import threading
import time

import pytest

from engine import HOSTILE, Engine, source
from services import EngineOnDocker, wait_until

LIMITS = {"memoryBytes": 128 << 20, "processes": 32, "wallTimeMs": 3000, "cpuTimeMs": 1500,
          "outputBytes": 64 << 10, "diskBytes": 16 << 20, "files": 1000}
LANGUAGE = {".c": "c", ".cpp": "cpp", ".py": "python"}
IDS_PER_BOX, PAYLOAD_ID = 65536, 1000  # What foreign code is, counted within its box's range.


SLOTS, WARM = 2, 2  # Containers that wait, for each slot.


@pytest.fixture(scope="module", params=["native", "docker"])
def engine(scratch, request):
    # Compilers are attacked too, and need not get the usual time to die.
    options = {"environment": {"EXECUTION_ENGINE_COMPILE_LIMITS_CPU_TIME": "5s"}}
    if request.param == "native":
        engine = Engine(scratch / "hostile", "--slots", str(SLOTS), **options)
    else:
        engine = EngineOnDocker(scratch / "hostile-on-docker", request.getfixturevalue("dockerd"),
                                "--slots", str(SLOTS), **options)
    with engine:
        yield engine


def on_docker(engine):
    return isinstance(engine, EngineOnDocker)


def descendants(pid):
    with contextlib.suppress(OSError):
        for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text().split():
                yield child
                yield from descendants(child)


def foreign_processes(engine):
    """Every process of this engine's boxes that is not their init's."""
    if on_docker(engine):
        return [pid for supervisor in engine.supervisors() for pid in descendants(supervisor)]
    found = []
    for pid in descendants(engine.process.pid):
        with contextlib.suppress(OSError, StopIteration):
            status = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
            uid = next(int(line.split()[1]) for line in status if line.startswith("Uid:"))
            if uid > IDS_PER_BOX and uid % IDS_PER_BOX == PAYLOAD_ID:
                found.append(pid)
    return found


def assert_nothing_left(engine):
    deadline = time.monotonic() + 1
    while foreign_processes(engine) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert foreign_processes(engine) == []
    assert "/box" not in pathlib.Path("/proc/mounts").read_text()
    if on_docker(engine):
        wait_until(lambda: len(engine.containers()) <= SLOTS * WARM, "used containers to go")
    assert engine.run({"language": "bash", "source": "ls -A; echo ok"})["runs"][0]["stdout"].endswith("ok\n")


def attack(engine, program, **limits):
    """Runs an attack beside an honest neighbour; both must come out right."""
    path = HOSTILE / program
    neighbour = {}
    honest = threading.Thread(target=lambda: neighbour.update(engine.run(
        {"language": "python", "source": "print(sum(range(100000)))", "limits": {"wallTimeMs": 20000}})))
    honest.start()
    submission = engine.run({"language": LANGUAGE[path.suffix], "source": source(path), "limits": {**LIMITS, **limits}})
    honest.join()
    assert neighbour["verdict"] == "accepted", neighbour
    assert_nothing_left(engine)
    return submission, submission["runs"][0] if submission["runs"] else None


def test_fork_bomb(engine):
    submission, run = attack(engine, "a01_fork_bomb.c")
    assert submission["verdict"] == "time_limit"
    assert run["usage"]["processes"] <= 32


def test_daemon_is_dead_before_the_answer(engine):
    submission, _ = attack(engine, "a02_setsid_daemon.c")
    assert submission["verdict"] == "accepted"
    assert submission["runs"][0]["stdout"] == "parent done\n"


def test_sleep(engine):
    submission, run = attack(engine, "a03_sleep_forever.c")
    assert (submission["verdict"], run["timeLimit"]) == ("time_limit", "wall")
    assert run["usage"]["cpuTimeMs"] < 100


def test_cpu_of_children_is_summed(engine):
    submission, run = attack(engine, "a04_cpu_children.c", wallTimeMs=30000)
    assert (submission["verdict"], run["timeLimit"]) == ("time_limit", "cpu")
    assert run["usage"]["cpuTimeMs"] >= 1500


def test_ignored_signals(engine):
    submission, run = attack(engine, "a06_ignore_signals.c", wallTimeMs=30000)
    assert (submission["verdict"], run["timeLimit"]) == ("time_limit", "cpu")


def test_memory(engine):
    submission, run = attack(engine, "a07_mem_touch.c", wallTimeMs=10000, cpuTimeMs=10000)
    assert submission["verdict"] == "memory_limit"
    assert 0.98 * (128 << 20) <= run["usage"]["memoryBytes"] <= 128 << 20


def test_full_work_directory(engine):
    submission, _ = attack(engine, "a08_tmpfs_fill.c")
    assert submission["verdict"] in ("accepted", "runtime_error", "memory_limit")


def test_endless_output(engine):
    before = resident(engine)
    submission, run = attack(engine, "a10_stdout_flood.c")
    assert submission["verdict"] == "output_limit"
    assert run["stdoutBytes"] == 64 << 10 and run["stdoutTruncated"]
    assert resident(engine) - before < 32 << 20


def resident(engine):
    lines = pathlib.Path(f"/proc/{engine.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) << 10


def test_inodes(engine):
    submission, run = attack(engine, "a12_inode_bomb.c")
    assert submission["verdict"] == "accepted", submission


def test_deep_directories(engine):
    submission, _ = attack(engine, "a14_deep_dirs.py", files=20000)
    assert submission["verdict"] == "accepted", submission


def test_trace(engine):
    submission, run = attack(engine, "a16_ptrace.c")
    assert submission["verdict"] == "accepted"
    assert "/OK" not in run["stdout"].replace("pidfd_open1=", "allowed=") or "attach1=0" not in run["stdout"]
    for denied in ("attach1=-1", "attachpp=-1", "vm_readv=-1", "getfd=-1", "mem=-1", "root=-1", "fd=-1"):
        assert denied in run["stdout"], run["stdout"]


def test_what_speaks_for_the_box(engine):
    submission, run = attack(engine, "a27_supervisor.c")
    assert submission["verdict"] == "accepted"
    assert run["stdout"].startswith("done\n") and "REACHED" not in run["stdout"], run


def test_core_dump(engine):
    submission, run = attack(engine, "a19_core_dump.c")
    assert (submission["verdict"], run["signal"]) == ("runtime_error", 6)
    assert not list(pathlib.Path("/").glob("core*"))


def test_descriptors(engine):
    submission, run = attack(engine, "a20_fd_exhaust.py")
    assert submission["verdict"] == "accepted"
    inherited = run["stdout"].splitlines()[0]
    assert [f"'{n}'" in inherited for n in range(3)] == [True] * 3
    assert "'4'" not in inherited  # 3 is the listing of the directory itself.


def test_signals_to_everybody(engine):
    submission, run = attack(engine, "a21_kill_all.c")
    assert submission["verdict"] == "accepted"
    # kill(-1) answers 0 where everybody it met refused; nobody was hit, or there were no answer.
    assert run["stdout"].startswith("k1=-1 kpp=-1 stop1=-1 all=")


def test_threads(engine):
    submission, run = attack(engine, "a23_thread_bomb.c")
    assert submission["verdict"] == "accepted"
    assert run["usage"]["processes"] <= 32


def test_stack_overflow(engine):
    submission, run = attack(engine, "a26_stack_overflow.c")
    assert (submission["verdict"], run["signal"]) == ("runtime_error", 11)


@pytest.mark.parametrize("program", ["c01_include_random.c", "c03_include_secret.c", "c05_template_bomb.cpp", "c07_error_flood.cpp"])
def test_compiles(engine, program):
    submission, _ = attack(engine, program)
    assert submission["verdict"] == "compile_error"
    compile_output = submission["compile"]["output"]
    assert len(compile_output) <= 256 << 10
    assert "root:" not in compile_output and "PATH=" not in compile_output


# Cases that a few lines can show. What the program prints must be exactly this.
SNIPPETS = {
    "its own environment": ("import os\nprint(sorted(os.environ))", None),
    "no host secrets": ("import os\nfor p in ('/etc/shadow', '/root', '/home', '/var/log', '/proc/1/environ', '/proc/sys/kernel/core_pattern',"
                        " '/proc/sysrq-trigger', '/sys/kernel', '/dev/mem', '/dev/kvm', '/run/docker.sock'):\n"
                        " try: os.listdir(p) if os.path.isdir(p) else open(p).read(); print('open', p)\n except OSError: pass\nprint('done')", "done\n"),
    "no network": ("import socket\nfor f in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET, 40):\n"
                   " try: socket.socket(f, socket.SOCK_DGRAM); print('open', f)\n except OSError: pass\nprint('done')", "done\n"),
    "no writing of the system": ("import os\nfor p in ('/usr/x', '/etc/x', '/x', '/bin/x', '/dev/x', '/proc/x'):\n"
                                 " try: open(p, 'w'); print('wrote', p)\n except OSError: pass\nprint('done')", "done\n"),
    "no new namespaces": ("import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
                          "for f in (0x10000000, 0x00020000, 0x40000000, 0x20000000): print(libc.unshare(f))", "-1\n-1\n-1\n-1\n"),
    "no mounts": ("import ctypes\nlibc = ctypes.CDLL(None)\nprint(libc.mount(b'x', b'/tmp', b'tmpfs', 0, None), libc.umount2(b'/tmp', 2), libc.chroot(b'/tmp'))", "-1 -1 -1\n"),
    "neutral names": ("import socket, os\nprint(socket.gethostname(), os.getuid() != 0)", "box True\n"),
    "an own process tree": ("import os\nprint(all(int(open(f'/proc/{p}/status').read().split('Uid:')[1].split()[0]) == os.getuid() for p in os.listdir('/proc') if p.isdigit()))", "True\n"),
    "a sleeping stop": None,
    "keeps its own exit codes": ("import sys; sys.exit(137)", ""),
    "no device nodes": ("import os, stat\ntry: os.mknod('d', stat.S_IFCHR | 0o666, os.makedev(1, 1)); print('made')\nexcept OSError: print('done')", "done\n"),
    "no setuid": ("import os\nprint(open('/proc/self/status').read().split('NoNewPrivs:')[1].split()[0], open('/proc/self/status').read().split('CapBnd:')[1].split()[0])", "1 0000000000000000\n"),
    "sparse files are bounded": ("f = open('big', 'wb')\ntry: f.truncate(1 << 40); print('made')\nexcept OSError: print('done')", None),
    "stdin cannot be rewritten": ("import os\ntry:\n f = os.open('/proc/self/fd/0', os.O_RDWR); os.write(f, b'x'); print('wrote')\nexcept OSError: print('done')", "done\n"),
}


# What a container shows beyond a native box; docs/docker.md says so. None of it can be written or used.
SHOWN_ON_DOCKER = {
    "no host secrets": "open /proc/sys/kernel/core_pattern\nopen /sys/kernel\ndone\n",
    "an own process tree": "False\n",  # The supervisor is there, as root.
    "no setuid": "1 00000000000000e0\n",  # The supervisor's three capabilities, which no_new_privs keeps from all.
}


@pytest.mark.parametrize("case", [name for name, snippet in SNIPPETS.items() if snippet])
def test_snippets(engine, case):
    program, expected = SNIPPETS[case]
    if on_docker(engine):
        expected = SHOWN_ON_DOCKER.get(case, expected)
    submission = engine.run({"language": "python", "source": program, "stdin": "secret", "limits": LIMITS})
    run = submission["runs"][0]
    if expected is not None:
        assert run["stdout"] == expected, run
    if case == "its own environment":
        assert not set(eval(run["stdout"])) - {"HOME", "PATH", "LANG", "TMPDIR", "PYTHONUTF8", "PYTHONDONTWRITEBYTECODE"}
    if case == "keeps its own exit codes":
        assert (run["verdict"], run["exitCode"]) == ("runtime_error", 137)


def test_stopped_program_is_a_wall_time_limit(engine):
    submission = engine.run({"language": "bash", "source": "kill -STOP $$; echo never", "limits": {**LIMITS, "wallTimeMs": 500}})
    assert (submission["verdict"], submission["runs"][0]["timeLimit"]) == ("time_limit", "wall")


def test_never_reading_a_large_stdin(engine):
    submission = engine.run({"language": "bash", "source": "echo done", "stdin": "x" * (8 << 20)})
    assert submission["runs"][0]["stdout"] == "done\n"


def test_grandchild_that_holds_the_pipe_does_not_hold_the_answer(engine):
    submission = engine.run({"language": "bash", "source": "sleep 100 & echo done", "limits": LIMITS})
    assert (submission["verdict"], submission["runs"][0]["stdout"]) == ("accepted", "done\n")
    assert_nothing_left(engine)


def test_writing_one_byte_at_a_time(engine):
    submission = engine.run({"language": "c", "source": "#include <unistd.h>\nint main(void) { for (int i = 0; i < 60000; ++i) write(1 + i % 2, \"x\", 1); }",
                             "limits": {**LIMITS, "wallTimeMs": 20000, "cpuTimeMs": 10000}})
    assert submission["verdict"] == "accepted", submission
    assert submission["runs"][0]["stdoutBytes"] == 30000


def test_big_array_in_the_object_file(engine):
    submission = engine.run({"language": "c", "source": "char big[1 << 30] = {1};\nint main(void) { return big[5]; }"})
    assert submission["verdict"] == "compile_error"


def test_include_of_stdin_and_zero(engine):
    for path in ("/dev/stdin", "/dev/zero"):
        submission = engine.run({"language": "c", "source": f'#include "{path}"\nint main(void) {{ return 0; }}'})
        assert submission["verdict"] in ("compile_error", "accepted")


def test_program_cannot_be_read_into_the_next_submission(engine):
    for _ in range(4):
        submission = engine.run({"language": "bash", "source": "cat /tmp/* /dev/shm/* 2>/dev/null; echo secret > /tmp/x; echo secret > /dev/shm/x; ipcmk -M 100 >/dev/null; ipcs -m | grep -c ' 100 '"})
        assert "secret" not in submission["runs"][0]["stdout"]
        assert submission["runs"][0]["stdout"].strip() in ("1", "")
