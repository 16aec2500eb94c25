-- What begins with the text that is typed comes first among suggestions: found by the name, ordered by the id, which
-- is the popularity.
CREATE INDEX suggestions_name ON suggestions (name COLLATE NOCASE);
