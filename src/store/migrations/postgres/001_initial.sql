-- One row for each submission. What is large lies out of line (TOAST), where a change of state does
-- not copy it. Neither foreign keys nor checks: every write costs each of them once more.
CREATE TABLE submissions (
  id              text COLLATE "C" PRIMARY KEY,
  -- Order of acceptance; unlike a clock, it never jumps. One of another process may be seen later
  -- than one of a higher number: who goes through them finds it the next time.
  sequence        bigint NOT NULL,
  owner           text COLLATE "C" NOT NULL,
  idempotency_key text COLLATE "C",
  digest          bytea,                 -- Of the request that came with the key.
  language        text COLLATE "C" NOT NULL,
  state           text COLLATE "C" NOT NULL DEFAULT 'queued',  -- 'running', 'finished', 'cancelled'
  attempt         integer NOT NULL DEFAULT 0,  -- 0: nothing has been tried yet.
  priority        integer NOT NULL,
  test_names      jsonb NOT NULL,
  created_at      timestamptz NOT NULL,  -- By the clock of the process that wrote it, as all times.
  due             timestamptz NOT NULL,
  started_at      timestamptz,           -- Of the latest attempt.
  finished_at     timestamptz,           -- Set exactly when the state is final.
  bytes           bigint NOT NULL,       -- What it takes up here and in the outputs.
  outcome         jsonb,                 -- Strings that jsonb cannot hold are {"base64": "..."}.
  request         bytea NOT NULL         -- JSON likewise, but never looked into: not parsed.
) WITH (fillfactor = 80);                -- Room for the next state beside the former.

CREATE SEQUENCE submission_sequence OWNED BY submissions.sequence;
CREATE UNIQUE INDEX submissions_by_idempotency_key ON submissions (owner, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE INDEX submissions_unfinished ON submissions (sequence) WHERE finished_at IS NULL;
CREATE INDEX submissions_over ON submissions (finished_at, sequence)
  WHERE finished_at IS NOT NULL;

-- What a finished submission put out, as far as it is small; the rest lies in the outputs.
CREATE TABLE objects (
  sequence bigint NOT NULL,
  name     text COLLATE "C" NOT NULL,
  bytes    bytea NOT NULL,
  PRIMARY KEY (sequence, name)
);

-- The sums over all submissions, so that nobody has to count. They lie in many rows that only
-- together mean something: a transaction holds its row until it is on the disk, so a single row
-- would let one commit pass at a time. A connection has one transaction at a time and always
-- takes the same row; two that share one wait for each other, no more. The rows are locked last,
-- after those of submissions, by every statement, and each statement is a transaction of its own:
-- no circle of waiting can arise. They are kept by triggers, so that no statement can forget them.
CREATE TABLE totals (
  shard   integer PRIMARY KEY,
  queued  bigint NOT NULL DEFAULT 0,
  running bigint NOT NULL DEFAULT 0,
  bytes   bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);  -- Rewritten without end: room for that in their own pages.
INSERT INTO totals (shard) SELECT generate_series(0, 63);

CREATE FUNCTION add_to_totals(more_queued bigint, more_running bigint, more_bytes bigint)
RETURNS void LANGUAGE sql AS $$
  UPDATE totals
  SET queued = queued + more_queued, running = running + more_running, bytes = bytes + more_bytes
  WHERE shard = pg_backend_pid() % 64 AND (more_queued, more_running, more_bytes) <> (0, 0, 0);
$$;

CREATE FUNCTION count_submissions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'DELETE' THEN
    PERFORM add_to_totals(count(*) FILTER (WHERE state = 'queued'),
                          count(*) FILTER (WHERE state = 'running'),
                          coalesce(sum(bytes), 0)::bigint)
    FROM after;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    PERFORM add_to_totals(-count(*) FILTER (WHERE state = 'queued'),
                          -count(*) FILTER (WHERE state = 'running'),
                          -coalesce(sum(bytes), 0)::bigint)
    FROM before;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER count_inserted AFTER INSERT ON submissions
  REFERENCING NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION count_submissions();
CREATE TRIGGER count_updated AFTER UPDATE ON submissions
  REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION count_submissions();
CREATE TRIGGER count_deleted AFTER DELETE ON submissions
  REFERENCING OLD TABLE AS before
  FOR EACH STATEMENT EXECUTE FUNCTION count_submissions();

-- Who works, as each worker says of itself from time to time.
CREATE TABLE workers (
  id        text COLLATE "C" PRIMARY KEY,
  host      text NOT NULL,
  slots     integer NOT NULL,
  languages jsonb NOT NULL,
  heard_at  timestamptz NOT NULL  -- By the server's clock: those of the hosts differ.
);
