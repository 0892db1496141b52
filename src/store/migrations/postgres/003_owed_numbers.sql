-- A number for each debt, never used again and another one each time that it is owed anew: who has
-- removed outputs takes out only the debt that he had read.
CREATE SEQUENCE owed_numbers;
ALTER TABLE owed
  ALTER COLUMN id TYPE text COLLATE "C",
  ADD COLUMN number bigint NOT NULL DEFAULT nextval('owed_numbers');
ALTER SEQUENCE owed_numbers OWNED BY owed.number;
