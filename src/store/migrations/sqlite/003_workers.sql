-- Who works, as each worker says of itself from time to time.
CREATE TABLE workers (
  id        TEXT PRIMARY KEY,
  host      TEXT NOT NULL,
  slots     INTEGER NOT NULL,
  languages TEXT NOT NULL,    -- JSON
  heard_at  INTEGER NOT NULL
) STRICT;
