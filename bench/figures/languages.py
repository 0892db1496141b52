"""Hello in several languages: by the machine's own tools, and judged through HTTP."""
import contextlib
import os
import shutil

from lockstep import Row, Worker, take_turns
from rows import timed
from server import scratch, server

TITLE = "Hello by the machine's own tools, and judged through HTTP"
ALONE = False

# An @ becomes a number that is new in every submission: nothing was seen before.
CPP = """#include <bits/stdc++.h>
int main() { std::string text_@ = "hello"; std::cout << text_@ << std::endl; }
"""
JAVA = """public class Main {
  public static void main(String[] words) { String text_@ = "hello"; System.out.println(text_@); }
}
"""
GO = """package main

import "fmt"

func main() { text_@ := "hello"; fmt.Println(text_@) }
"""
GO_CACHE = "/var/cache/execution-engine/go"  # Of script/bake-go-cache.
# The same places, in the same order, as languages/go.toml names.
GO_TOOL = next(filter(os.path.exists, ("/usr/bin/go", "/usr/local/go/bin/go")), "/opt/go/bin/go")
# It keeps what it made of a source, so it gets another one each time.
GO_BUILD = ("echo // >> main.go; HOME=$PWD GOPATH=$PWD/go GOCACHE=$PWD/cache GO111MODULE=off CGO_ENABLED=0"
            f" {GO_TOOL} build -o main main.go && ./main")
# Language, file, source, the machine's tool, its own way in a directory of its own, every so many rounds.
PROGRAMS = (
    ("python", "main.py", 'print("hello")  # @\n', "/usr/bin/python3", "/usr/bin/python3 main.py", 1),
    ("javascript", "main.js", 'console.log("hello");  // @\n', "/usr/bin/node", "/usr/bin/node main.js", 1),
    ("cpp", "main.cpp", CPP, "/usr/bin/g++", "/usr/bin/g++ -std=gnu++20 -O2 -o main main.cpp && ./main", 4),
    ("java", "Main.java", JAVA, "/usr/bin/javac", "/usr/bin/javac Main.java && /usr/bin/java Main", 4),
    ("go", "main.go", GO, GO_TOOL, GO_BUILD, 4),
)


def measure(programs, short):
    pairs, missing = [], []
    with scratch() as directory, server(programs.engine) as engine, contextlib.ExitStack() as stack:
        for language, name, source, tool, command, every in PROGRAMS:
            if not os.path.exists(tool):
                missing.append({"name": tool, "missing": "not installed"})
                continue
            place = directory / language
            place.mkdir()
            (place / name).write_text(source.replace("@", "1"))
            if language == "go" and os.path.exists(GO_CACHE):
                shutil.copytree(GO_CACHE, place / "cache")
            numbered = directory / name
            numbered.write_text(source)
            # A compiler looks for its assembler there.
            bare = Worker(programs.bench / "spawn", "/bin/sh", "-c", f"export PATH=/usr/bin:/bin; cd {place} && {command}")
            through = Worker(programs.bench / "client", engine.port, language, numbered, "hello\n")
            then_run = " and the program" if "&&" in command else " hello"
            pairs.append((Row(tool + then_run, stack.enter_context(bare), every=every),
                          Row("  through HTTP, new source each", stack.enter_context(through), every=every)))
        take_turns([row for pair in pairs for row in pair], 8 if short else 60, warm_up=4)
    lines = [line for bare, through in pairs for line in (timed(bare), timed(through, bare))]
    return [*lines, *missing]
