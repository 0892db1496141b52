-- What a finished submission put out, as far as it is small; the rest lies in the outputs.
CREATE TABLE objects (
  sequence INTEGER NOT NULL,
  name     TEXT NOT NULL,
  bytes    BLOB NOT NULL,
  PRIMARY KEY (sequence, name)
) STRICT, WITHOUT ROWID;
