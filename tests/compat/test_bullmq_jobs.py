"""Jobs that Node's BullMQ adds and we work on, and the other way round."""
import signal

import pytest

from bullmq import Both, redis_server


@pytest.fixture(scope="module", name="server")
def _server():
    with redis_server() as server:
        yield server.path


@pytest.fixture(name="both")
def _both(server):
    return Both(server)


def test_node_waits_for_the_result_of_what_we_work_on(both):
    ours = both.start_work(1)
    heard = both.node("""
        const listener = await events();
        const progress = [];
        listener.on('progress', ({ data }) => progress.push(data));
        const job = await queue.add('run', { language: 'c', text: 'gr\\u00fc\\u00df \\u{1f600}' });
        const result = await job.waitUntilFinished(listener, 30000);
        const { logs } = await queue.getJobLogs(job.id);
        const stored = await queue.getJob(job.id);
        return { result, progress, logs, state: await stored.getState(), by: stored.processedBy,
                 made: stored.attemptsMade, progressStored: stored.progress };
        """)
    ours.end()
    assert heard == {"result": {"language": "c", "text": "grüß 😀"}, "progress": [{"test": 1, "of": 2}],
                     "logs": ["a line of the log"], "state": "completed", "by": "execution-engine", "made": 1,
                     "progressStored": {"test": 1, "of": 2}}


def test_node_hears_why_we_failed_a_job(both):
    ours = both.start_work(1)
    heard = both.node("""
        const listener = await events();
        const job = await queue.add('run', { fail: 'no "such" language' });
        const error = await job.waitUntilFinished(listener, 30000).catch(error => error.message);
        const stored = await queue.getJob(job.id);
        return { error, reason: stored.failedReason, stacktrace: stored.stacktrace, state: await stored.getState() };
        """)
    ours.end()
    reason = 'no "such" language'
    assert heard == {"error": reason, "reason": reason, "stacktrace": [reason], "state": "failed"}


def test_node_works_on_what_we_push(both):
    both.push("one")
    both.push("two")
    worked = both.node("""
        const seen = [];
        await work(2, async job => { seen.push([job.id, job.name, job.data]); return { by: 'node' }; });
        return { seen, result: (await queue.getJob('one')).returnvalue, counts: await queue.getJobCounts() };
        """)
    assert worked["seen"] == [[name, "submission", {"submissionId": name}] for name in ("one", "two")]
    assert worked["result"] == {"by": "node"}
    assert worked["counts"]["completed"] == 2
    assert both.look("one") == "done"


def test_what_node_failed_is_failed_for_us_and_may_be_pushed_again(both):
    both.push("one")
    both.node("await work(1, async () => { throw new Error('node could not'); });")
    assert both.look("one") == "failed node could not"
    both.push("one")
    assert both.work(1) == ["took one"]
    assert both.look("one") == "done"


def test_node_and_we_share_the_work(both):
    ours = both.start_work(5)
    ours_too = both.start_work(5)
    theirs = both.start_node("""
        await queue.addBulk(Array.from({ length: 20 }, (_, number) => ({ name: 'run', data: { number } })));
        const ours_have_ended = async () => (await queue.getCompletedCount()) >= 10;
        const ended = await work(10, async () => until(ours_have_ended), { concurrency: 2 });
        return ended.map(({ id }) => id);
        """)
    said = ours.end() + ours_too.end()
    assert len(said) == 10
    assert len(theirs()) >= 10
    state = both.node("await until(async () => (await queue.getCompletedCount()) === 20); return queue.getJobCounts()")
    assert state == {"active": 0, "completed": 20, "delayed": 0, "failed": 0, "prioritized": 0, "waiting": 0,
                     "waiting-children": 0}


def test_a_restart_and_a_forgotten_script_lose_no_job():
    """Node's Queue and Worker and we, on one queue, while Redis ends, reads its file, and forgets its scripts."""
    with redis_server(append_only="yes") as server:
        both = Both(server.path)
        theirs = both.start_node("""
            let here = 0;
            work(Infinity, async job => { here++; return job.data.number; }, { patient: true });
            for (let number = 0; number < 300; number++) {
              await queue.add('run', { number });
              await new Promise(resolve => setTimeout(resolve, 10));
            }
            await until(async () => (await queue.getCompletedCount()) === 300);
            const jobs = await queue.getCompleted(0, 300);
            return { here, counts: await queue.getJobCounts(), numbers: jobs.map(job => job.data.number) };
            """)
        ours = both.start_work(1000)
        assert len({ours.line() for _ in range(5)}) == 5
        server.stop(signal.SIGTERM)
        server.start()
        assert len({ours.line() for _ in range(5)}) == 5
        assert server.cli("script", "flush") == "OK"
        assert len({ours.line() for _ in range(5)}) == 5
        ended = theirs()
        ours.kill()
    assert sorted(ended["numbers"]) == list(range(300))
    assert ended["counts"]["completed"] == 300 and ended["counts"]["failed"] == 0
    assert 0 < ended["here"] <= 285


def test_priorities_mean_the_same(both):
    both.push("low", -5)
    both.push("usual")
    both.push("high", 100)
    both.node("""
        await queue.add('run', { text: 'first of all' });
        await queue.add('run', { text: 'between' }, { priority: 50 });
        """)
    assert both.work(5) == ['took {"text":"first of all"}', "took high", 'took {"text":"between"}', "took usual", "took low"]


def test_what_we_delay_comes_after_what_waited(both):
    both.push("later", 0, 200)
    both.push("now")
    assert both.work(2) == ["took now", "took later"]


def test_node_honours_our_priorities(both):
    for name, priority in (("low", -100), ("usual", 0), ("high", 100)):
        both.push(name, priority)
    assert both.node("return (await work(3, async () => null)).map(({ id }) => id)") == ["high", "usual", "low"]


def test_delayed_jobs_of_node_come_when_they_are_due(both):
    both.node("await queue.add('run', { number: 1 }, { delay: 200 }); await queue.add('run', { number: 2 });")
    assert both.work(2) == ['took {"number":2}', 'took {"number":1}']


def test_attempts_and_backoff_are_the_jobs_own(both):
    both.node("await queue.add('run', { lose: 1 }, { jobId: 'flaky', attempts: 3, backoff: { type: 'exponential', delay: 20 } });")
    assert both.work(1) == ['took {"lose":1}', "lost again"] * 2 + ['took {"lose":1}', "lost over"]
    stored = both.node("""
        const job = await queue.getJob('flaky');
        return [await job.getState(), job.attemptsMade, job.attemptsStarted];
        """)
    assert stored == ["failed", 3, 3]


def test_a_job_retried_by_node_after_our_failure_comes_again(both):
    both.node("await queue.add('run', { fail: 'once' }, { jobId: 'again' });")
    both.work(1)
    both.node("const job = await queue.getJob('again'); await job.updateData({ ok: 1 }); await job.retry();")
    assert both.work(1) == ['took {"ok":1}']


def test_pause_and_resume_stop_and_wake_us(both):
    ours = both.start_work(2)
    both.node("await queue.pause(); await queue.add('run', { number: 1 });")
    both.push("two")
    assert both.node("return [await queue.isPaused(), await queue.getActiveCount()]") == [True, 0]
    both.node("await queue.resume();")
    assert ours.end() == ['took {"number":1}', "took two"]


def test_the_global_rate_limit_holds_for_us(both):
    both.node("await queue.setGlobalRateLimit(1, 300);")
    for number in range(3):
        both.push(f"job-{number}")
    both.work(3)
    times = both.node("return (await queue.getCompleted()).map(job => job.processedOn).sort((a, b) => a - b)")
    assert times[1] - times[0] >= 295 and times[2] - times[1] >= 295


def test_the_global_concurrency_holds_for_us(both):
    both.node("await queue.setGlobalConcurrency(1);")
    first, second = both.start_work(3), both.start_work(3)
    both.node("await queue.addBulk(Array.from({ length: 6 }, (_, number) => ({ name: 'run', data: { number } })));")
    first.end()
    second.end()
    spans = both.node("""
        return (await queue.getCompleted()).map(job => [job.processedOn, job.finishedOn]).sort((a, b) => a[0] - b[0]);
        """)
    assert len(spans) == 6
    assert all(before[1] <= after[0] for before, after in zip(spans, spans[1:]))


def test_remove_on_complete_is_the_jobs_own(both):
    both.node("""
        await queue.add('run', { number: 1 }, { jobId: 'gone', removeOnComplete: true });
        await queue.add('run', { fail: 'x' }, { jobId: 'gone-too', removeOnFail: true });
        await queue.add('run', { number: 3 }, { jobId: 'kept', removeOnComplete: { age: 3600 } });
        """)
    both.work(3)
    assert both.node("return (await Promise.all(['gone', 'gone-too', 'kept'].map(id => queue.getJob(id)))).map(Boolean)") == [
        False, False, True]


def test_states_and_counts_agree(both):
    both.push("waits")
    both.push("later", 0, 60_000)
    both.push("ends", 10)
    both.work(1)
    states = both.node("""
        const state = async id => (await queue.getJob(id)).getState();
        return [await state('waits'), await state('later'), await state('ends'), await queue.getJobCounts(),
                (await queue.getJob('later')).delay, (await queue.getJob('waits')).priority];
        """)
    assert states == ["prioritized", "delayed", "completed",
                      {"active": 0, "completed": 1, "delayed": 1, "failed": 0, "prioritized": 1, "waiting": 0,
                       "waiting-children": 0}, 60_000, 101]
    assert both.look("waits") == "waiting"
    assert both.look("later") == "waiting"


def test_node_takes_over_from_a_worker_of_ours_that_is_killed(both):
    both.node("await queue.add('run', { hang: 1 }, { jobId: 'hangs' });")
    ours = both.start_work(1, lease=500)
    assert ours.line() == 'took {"hang":1}'
    ours.kill()
    taken = both.node("""
        const ended = await work(1, async job => job.data, { stalledInterval: 300, lockDuration: 1000 });
        return [ended, (await queue.getJob('hangs')).stalledCounter];
        """)
    assert taken == [[{"id": "hangs"}], 1]


def test_we_take_over_from_a_worker_of_node_that_is_killed(both):
    both.node("""
        await queue.add('run', { number: 1 }, { jobId: 'hangs' });
        let started;
        const active = new Promise(resolve => { started = resolve; });
        work(1, () => { started(); return new Promise(() => {}); }, { lockDuration: 300, stalledInterval: 300 });
        await active;
        """)
    ours = both.start_work(1, lease=300)
    assert ours.end() == ['took {"number":1}']


def test_node_sees_our_worker(both):
    ours = both.start_work(1)
    workers = both.node("""
        await until(async () => (await queue.getWorkers()).length > 0);
        const workers = await queue.getWorkers();
        await queue.add('run', { number: 1 });
        return workers.map(({ rawname }) => rawname.split(':').at(-1));
        """)
    ours.end()
    assert workers == ["execution-engine"]


def test_deduplicated_jobs_are_one(both):
    both.node("""
        for (let i = 0; i < 3; i++) await queue.add('run', { number: i }, { deduplication: { id: 'same' } });
        """)
    assert both.work(1) == ['took {"number":0}']
    assert both.node("const job = await queue.add('run', { number: 9 }, { deduplication: { id: 'same' } }); return job.data") == {
        "number": 9}
    assert both.work(1) == ['took {"number":9}']


def test_the_boards_handler_shows_our_queue(both):
    both.push("waits", 3)
    both.push("later", 0, 60_000)
    both.node("""
        await queue.add('run', { text: 'x' }, { jobId: 'good' });
        await queue.add('run', { fail: 'no' }, { jobId: 'bad' });
        """)
    both.work(2)
    board = both.node("""
        const shown = await board();
        return { counts: shown.counts,
                 jobs: shown.jobs.map(job => [job.id, job.data, job.returnValue, job.failedReason, job.progress]) };
        """)
    assert {key: board["counts"][key] for key in ("completed", "failed", "prioritized", "delayed", "active")} == {
        "completed": 1, "failed": 1, "prioritized": 1, "delayed": 1, "active": 0}
    jobs = {job[0]: job[1:] for job in board["jobs"]}
    assert jobs["bad"][2] == "no"
    assert jobs["good"][1] == {"text": "x"}
    assert jobs["good"][3] == {"test": 1, "of": 2}
    assert set(jobs) == {"waits", "later", "good", "bad"}
