-- Submissions that are gone, and whose outputs lie elsewhere and are yet to be removed. Written with
-- the removal of the row, so that no end of a process leaves outputs that nobody knows of.
CREATE TABLE owed (id text PRIMARY KEY);
