"""What a build says when BullMQ's package is not the one that our calls are made for."""
import re
import subprocess

from bullmq import NODE_ENVIRONMENT, ROOT

PACKAGE = ROOT / "build/npm/node_modules/bullmq"
SOURCES = ROOT / "src/queue"


def generate(package, table, output):
    return subprocess.run(["node", SOURCES / "bullmq_scripts.cjs", package, table, output], env=NODE_ENVIRONMENT,
                          capture_output=True, text=True, check=False)


def test_the_scripts_are_those_of_the_package(tmp_path):
    done = generate(PACKAGE, SOURCES / "bullmq_scripts.h", tmp_path / "scripts.cc")
    assert done.returncode == 0, done.stderr
    assert "moveToFinished" in (tmp_path / "scripts.cc").read_text()


def test_another_number_of_keys_ends_the_build(tmp_path):
    table = (SOURCES / "bullmq_scripts.h").read_text()
    name, keys = re.search(r"SCRIPT\((\w+), (\d+)\)", table).groups()
    (tmp_path / "table.h").write_text(table.replace(f"SCRIPT({name}, {keys})", f"SCRIPT({name}, {int(keys) + 1})"))
    done = generate(PACKAGE, tmp_path / "table.h", tmp_path / "scripts.cc")
    assert done.returncode == 1 and not (tmp_path / "scripts.cc").exists()
    assert f"{name} of version" in done.stderr and f"takes {keys} keys, our call gives it {int(keys) + 1}" in done.stderr


def test_a_script_that_is_gone_ends_the_build(tmp_path):
    (tmp_path / "table.h").write_text("SCRIPT(noSuchScript, 3)")
    done = generate(PACKAGE, tmp_path / "table.h", tmp_path / "scripts.cc")
    assert done.returncode == 1 and "has no script noSuchScript" in done.stderr


def test_a_missing_package_is_said(tmp_path):
    done = generate(tmp_path, SOURCES / "bullmq_scripts.h", tmp_path / "scripts.cc")
    assert done.returncode == 1 and "script/bootstrap installs the package" in done.stderr
    configured = subprocess.run(["cmake", f"-DBULLMQ_PACKAGE={tmp_path}", "-P", SOURCES / "bullmq.cmake"],
                                capture_output=True, text=True, check=False)
    assert configured.returncode == 1 and "script/bootstrap" in configured.stderr
