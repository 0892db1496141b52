"""The command line: its exit statuses, its streams, its help."""
import json
import pathlib
import pwd
import re

import pytest

from engine import SAMPLES, cli


@pytest.fixture
def program(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path
    return write


def run(path, *flags, stdin=b""):
    return cli("run", path, *flags, stdin=stdin)


def test_streams_and_summary(program):
    done = run(program("a.py", "import sys\nprint('out')\nprint('err', file=sys.stderr)"))
    assert (done.returncode, done.stdout) == (0, b"out\n")
    lines = done.stderr.decode().splitlines()
    assert lines[0] == "err"
    words = lines[1].split()
    assert words[0] == "accepted" and words[1::3] == ["cpu", "wall", "memory"], lines[1]


@pytest.mark.parametrize("source, flags, status, word", [
    ("exit 7", [], 7, "runtime_error"),
    ("kill -11 $$", [], 128 + 11, "runtime_error"),
    ("while :; do :; done", ["--cpu-time", "300ms"], 124, "time_limit"),
    ("sleep 60", ["--wall-time", "300ms"], 124, "time_limit"),
    ("x=$(head -c 200000000 /dev/zero | tr '\\0' x)", ["--memory", "32MiB"], 137, "memory_limit"),
    ("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxx; done", [], 153, "output_limit"),
])
def test_exit_status(program, source, flags, status, word):
    done = run(program("a.sh", source), *flags)
    assert done.returncode == status, done.stderr
    assert done.stderr.decode().splitlines()[-1].split()[0] == word


def test_compile_error(program):
    done = run(program("a.c", "int main(void) { return oops; }"))
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"oops" in done.stderr and b"compile_error" in done.stderr


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_output_that_cannot_be_written(program, flags):
    with open("/dev/full", "wb") as full:
        done = cli("run", program("a.sh", "echo hello"), *flags, stdout=full)
    assert done.returncode == 125, done.stderr
    assert b"cannot write the output: No space left on device" in done.stderr


def test_stdin_and_arguments(program):
    path = program("a.sh", "read line; echo \"$line|$1|$2\"")
    assert run(path, "--stdin", "-", "--arg", "a b", "--arg", "--c", stdin=b"from us\n").stdout == b"from us|a b|--c\n"
    assert run(path, "--stdin", program("in.txt", "from a file\n")).stdout == b"from a file||\n"
    assert run(path, stdin=b"not read\n").stdout == b"||\n"


def test_json_is_the_submission_object(program):
    done = run(program("a.py", "print(1)"), "--json")
    submission = json.loads(done.stdout)
    assert submission["verdict"] == "accepted"
    assert submission["runs"][0]["stdout"] == "1\n"


@pytest.mark.parametrize("policy", ["submission", "run", "pool"])
def test_reuse_policies(policy):
    assert run(SAMPLES / "cpp/sum.cpp", "--reuse", policy, "--stdin", "-", stdin=b"1 2").stdout == b"3\n"


@pytest.mark.parametrize("arguments", [
    [], ["nonsense"], ["run"], ["run", "/nonexistent.py"], ["run", "/etc"], ["run", "/etc/passwd"],
    ["serve", "--slots", "many"], ["serve", "--reuse", "never"], ["serve", "--nonsense"],
    ["serve", "--listen", "nowhere"], ["serve", "--config", "/nonexistent.toml"],
])
def test_wrong_usage(arguments):
    done = cli(*arguments)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert done.stderr.startswith(b"error: "), done.stderr


@pytest.mark.parametrize("command", ["", "serve", "worker", "run", "languages", "doctor", "version"])
def test_help(command):
    done = cli(*command.split(), "--help")
    assert done.returncode == 0
    examples = re.search(rb"\n *Examples?:\n(.+)", done.stdout, re.S)
    assert examples and f"execution-engine {command}".encode() in examples[1], done.stdout


def test_help_names_every_command():
    listed = re.search(rb"\nSubcommands:\n(.+)", cli("--help").stdout, re.S)[1]
    listed = listed.split(b"\n\n")[0]
    assert set(re.findall(rb"^  (\w+) ", listed, re.M)) == {
        b"serve", b"worker", b"run", b"languages", b"image", b"doctor", b"version"}


def test_unknown_variables_and_keys_are_errors(program):
    done = cli("serve", environment={"EXECUTION_ENGINE_SLOTZ": "1"})
    assert done.returncode == 2 and b"EXECUTION_ENGINE_SLOTZ" in done.stderr
    done = cli("serve", "--config", program("a.toml", "slotz = 1\n"))
    assert done.returncode == 2 and b"slotz" in done.stderr


def test_version_languages_and_doctor():
    assert cli("version").stdout.startswith(b"execution-engine ")
    listed = cli("languages")
    assert listed.returncode == 0 and b"cpp" in listed.stdout
    entries = {entry["id"]: entry for entry in json.loads(cli("languages", "--json").stdout)["languages"]}
    assert entries["python"]["version"].startswith("3.")


def test_doctor(scratch):
    done = cli("doctor", "--data", scratch / "doctor")
    assert done.returncode == 0, done.stdout.decode()
    for subject in (b"cgroups", b"system call filter", b"namespaces", b"language"):
        assert subject in done.stdout
    assert b"FAIL" not in done.stdout


def test_doctor_says_what_to_do_where_it_cannot_serve(scratch):
    done = cli("doctor", "--data", scratch / "doctor", environment={"EXECUTION_ENGINE_USER": "nobody-of-that-name"})
    assert done.returncode == 1
    assert b"FAIL" in done.stdout and b"useradd" in done.stdout


def test_doctor_names_a_wrong_place(scratch):
    done = cli("doctor", "--data", scratch / "doctor", "--store", "mysql://x")
    assert done.returncode == 1
    assert b"FAIL" in done.stdout and b"neither sqlite:FILE nor postgres://" in done.stdout


def test_the_server_gives_up_root(server):
    def status(pid):
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
        return dict(line.split(":\t", 1) for line in lines if ":\t" in line)

    user = pwd.getpwnam("execution-engine")
    assert server.run({"language": "bash", "source": "echo hello"})["verdict"] == "accepted"
    serving = status(server.process.pid)
    assert serving["Uid"].split() == [str(user.pw_uid)] * 4
    assert serving["Gid"].split() == [str(user.pw_gid)] * 4
    for power in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(serving[power], 16) == 0, power
    assert server.data.stat().st_mode & 0o077 == 0
    for path in server.data.rglob("*"):
        shown = path.relative_to(server.data).parts[0] == "headers"  # Boxes read it, by another way than through here.
        assert path.stat().st_uid == user.pw_uid and path.stat().st_mode & (0o002 if shown else 0o007) == 0, path


def test_an_address_in_use(server, scratch):
    done = cli("serve", "--listen", f"127.0.0.1:{server.port}", "--data", scratch / "second")
    assert done.returncode == 125 and str(server.port).encode() in done.stderr


def test_interrupt_leaves_nothing(program, tmp_path):
    import os, signal, subprocess, time
    from engine import ENVIRONMENT, PROGRAM
    process = subprocess.Popen([PROGRAM, "run", program("a.sh", "sleep 60")], env={**ENVIRONMENT, "TMPDIR": str(tmp_path)},
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    tmp_path.chmod(0o755)
    while not [path for path in tmp_path.glob("execution-engine.*/engine.db")]:
        time.sleep(0.01)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 125
    assert not list(tmp_path.glob("execution-engine.*"))
