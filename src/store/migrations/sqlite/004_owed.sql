-- Submissions that are gone, and whose outputs lie elsewhere and are yet to be removed. Written with
-- the removal of the row, so that no end of the process leaves outputs that nobody knows of.
CREATE TABLE owed (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
