"""A thousand mixed submissions from many clients at once: no verdict may be wrong."""
import collections
import os
import queue
import threading

LIMITS = {"cpuTimeMs": 700, "wallTimeMs": 20_000, "memoryBytes": 64 << 20, "outputBytes": 32 << 10}
C = "#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\nint main(void) { %s }"

# kind -> (submission, verdict, further members of the run)
KINDS = {
    "accepted": ({"language": "bash", "source": "read a b; echo $((a + b))", "stdin": "20 22\n"}, "accepted", {"stdout": "42\n"}),
    "accepted python": ({"language": "python", "source": "print(6 * 7)"}, "accepted", {"stdout": "42\n"}),
    "accepted c": ({"language": "c", "source": C % 'puts("hi");'}, "accepted", {"stdout": "hi\n"}),
    "wrong": ({"language": "bash", "source": "echo 41", "tests": [{"stdin": "", "expectedOutput": "42"}]}, "wrong_answer", {}),
    "compile error": ({"language": "c", "source": "int main(void) { return x; }"}, "compile_error", None),
    "exit": ({"language": "bash", "source": "exit 3"}, "runtime_error", {"exitCode": 3}),
    "cpu": ({"language": "bash", "source": "while :; do :; done"}, "time_limit", {"timeLimit": "cpu"}),
    "wall": ({"language": "bash", "source": "sleep 30", "limits": {**LIMITS, "wallTimeMs": 500}}, "time_limit", {"timeLimit": "wall"}),
    "memory": ({"language": "c", "source": C % "for (;;) { char* p = malloc(1 << 20); memset(p, 1, 1 << 20); }"}, "memory_limit", {}),
    "output": ({"language": "bash", "source": "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done"}, "output_limit", {"stdoutTruncated": True}),
}
for number in (4, 6, 7, 8, 9, 11, 13, 15):  # ILL ABRT BUS FPE KILL SEGV PIPE TERM
    KINDS[f"signal {number}"] = ({"language": "bash", "source": f"kill -{number} $$"}, "runtime_error", {"signal": number})

TOTAL = int(os.environ.get("EXECUTION_ENGINE_LOAD", "1000"))


def test_a_thousand_mixed_submissions(own_server):
    engine = own_server()
    work = queue.SimpleQueue()
    names = list(KINDS)
    for index in range(TOTAL):
        work.put(names[index % len(names)])
    wrong, seen = [], collections.Counter()

    def client():
        while True:
            try:
                name = work.get_nowait()
            except queue.Empty:
                return
            submission, verdict, expected = KINDS[name]
            try:
                result = engine.run({"limits": LIMITS, **submission})
                got = {} if not result["runs"] else result["runs"][0]
                if result["verdict"] != verdict or any(got.get(k) != v for k, v in (expected or {}).items()):
                    wrong.append((name, result))
            except Exception as error:  # Whatever it is, it is one wrong answer.
                wrong.append((name, repr(error)))
            seen[name] += 1

    clients = [threading.Thread(target=client) for _ in range(4 * len(os.sched_getaffinity(0)))]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    assert sum(seen.values()) == TOTAL
    assert wrong == []
