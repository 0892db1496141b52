-- "EE01": tells our databases from everybody else's.
PRAGMA application_id = 0x45453031;

-- One small row for each submission. What is large lies in tables of its own, so that a change of
-- state rewrites little.
CREATE TABLE submissions (
  sequence        INTEGER PRIMARY KEY,  -- Order of acceptance; unlike a clock, it never jumps.
  id              TEXT NOT NULL UNIQUE,
  owner           TEXT NOT NULL,
  idempotency_key TEXT,
  digest          BLOB,                 -- Of the request that came with the key.
  language        TEXT NOT NULL,
  state           TEXT NOT NULL,        -- 'queued', 'running', 'finished', 'cancelled'
  attempt         INTEGER NOT NULL,     -- 0: nothing has been tried yet.
  priority        INTEGER NOT NULL,
  test_names      TEXT NOT NULL,        -- JSON
  created_at      INTEGER NOT NULL,     -- All times are microseconds since 1970, UTC.
  due             INTEGER NOT NULL,
  started_at      INTEGER,              -- Of the latest attempt.
  finished_at     INTEGER,              -- Set exactly when the state is final.
  bytes           INTEGER NOT NULL      -- What it takes up here and in the outputs.
) STRICT;

CREATE UNIQUE INDEX by_idempotency_key ON submissions (owner, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE INDEX unfinished ON submissions (sequence) WHERE finished_at IS NULL;
CREATE INDEX over ON submissions (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE requests (
  sequence INTEGER PRIMARY KEY,
  body     TEXT NOT NULL               -- JSON
) STRICT;

CREATE TABLE outcomes (
  sequence INTEGER PRIMARY KEY,
  body     TEXT NOT NULL               -- JSON
) STRICT;

-- One row: the sums over all submissions, so that nobody has to count.
CREATE TABLE totals (
  queued  INTEGER NOT NULL,
  running INTEGER NOT NULL,
  bytes   INTEGER NOT NULL
) STRICT;
INSERT INTO totals VALUES (0, 0, 0);
