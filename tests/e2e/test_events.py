"""Server-sent events: live, complete, and for late subscribers too."""

TALKER = "import time, sys\nfor i in range(4):\n print('line', i, flush=True)\n time.sleep(0.3)\nprint('err', file=sys.stderr)"


def test_a_run_is_seen_as_it_happens(server):
    identifier = server.submit({"language": "python", "source": TALKER})
    events = list(server.events(identifier))
    names = [name for name, _ in events]
    assert names[-1] == "result" and names.count("result") == 1
    states = [data["state"] for name, data in events if name == "state"]
    assert states in (["queued", "running", "finished"], ["running", "finished"])  # It may have begun before we looked.
    assert names[-2] == "state", "the end is said before the result"
    output = "".join(data["text"] for name, data in events if name == "output" and data["stream"] == "stdout")
    assert output == "line 0\nline 1\nline 2\nline 3\n"
    usages = [data for name, data in events if name == "usage"]
    assert len(usages) >= 3
    for usage in usages:
        assert usage["cpuTimeMs"] >= 0 and usage["memoryPeakBytes"] > 0 and usage["processes"] >= 0
    assert events[-1][1]["verdict"] == "accepted"


def test_late_subscribers_get_the_state_so_far(server):
    identifier = server.submit({"language": "python", "source": TALKER})
    for name, data in server.events(identifier):
        if name == "output" and "line 2" in data["text"]:
            break
    late = list(server.events(identifier))
    output = "".join(data["text"] for name, data in late if name == "output" and data["stream"] == "stdout")
    assert output == "line 0\nline 1\nline 2\nline 3\n"
    after_the_end = list(server.events(identifier))
    assert after_the_end[-1][0] == "result"


def test_live_output_is_bounded(server):
    identifier = server.submit({"language": "python", "source": "import time\nfor i in range(50):\n print('x' * 9999)\ntime.sleep(0.5)"})
    events = list(server.events(identifier))
    live = sum(len(data["text"]) for name, data in events if name == "output")
    assert 0 < live <= 64 << 10
    assert events[-1][1]["runs"][0]["stdoutBytes"] == 500_000


def test_unknown_submission(server):
    assert server.get("/api/v1/submissions/00000000-0000-4000-8000-000000000000/events").status == 404
