-- A number for each debt, never used again and another one each time that it is owed anew: who has
-- removed outputs takes out only the debt that he had read.
CREATE TABLE debts (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id     TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO debts (id) SELECT id FROM owed;
DROP TABLE owed;
ALTER TABLE debts RENAME TO owed;
