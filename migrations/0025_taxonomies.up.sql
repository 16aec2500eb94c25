-- Tags become the terms of taxonomies: each has a type (`tag`: a free word), perhaps a broader tag of the same type, and
-- synonyms. A name stands for one tag of its type.

CREATE TABLE tags_of_types (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  public_id  TEXT NOT NULL UNIQUE,
  slug       TEXT NOT NULL,
  name       TEXT NOT NULL COLLATE NOCASE,
  type       TEXT NOT NULL DEFAULT 'tag',
  parent_id  INTEGER REFERENCES tags (id),
  synonyms   TEXT NOT NULL DEFAULT '[]', -- a JSON array of [slug, name]
  version    INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
INSERT INTO tags_of_types (id, public_id, slug, name, created_at, updated_at)
  SELECT id, concat_ws('-', substr(random, 1, 8), substr(random, 9, 4), '4' || substr(random, 14, 3),
    '8' || substr(random, 18, 3), substr(random, 21)), slug, name, created_at, created_at
  FROM (SELECT *, lower(hex(randomblob(16))) AS random FROM tags);
DELETE FROM sqlite_sequence WHERE name = 'tags_of_types';
INSERT INTO sqlite_sequence (name, seq) SELECT 'tags_of_types', seq FROM sqlite_sequence WHERE name = 'tags';
DROP TABLE tags;
ALTER TABLE tags_of_types RENAME TO tags;
CREATE INDEX tags_name ON tags (name);
CREATE INDEX tags_slug ON tags (slug);
CREATE INDEX tags_type ON tags (type);
CREATE INDEX tags_parent ON tags (parent_id);
CREATE INDEX tags_updated_at ON tags (updated_at);

-- Names and synonyms, by which tags are found. Kept by the triggers below.
CREATE TABLE tag_names (
  slug   TEXT NOT NULL,
  type   TEXT NOT NULL,
  tag_id INTEGER NOT NULL,
  PRIMARY KEY (slug, type)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_names_tag ON tag_names (tag_id);
INSERT INTO tag_names (slug, type, tag_id) SELECT slug, type, id FROM tags;

CREATE TRIGGER tags_named AFTER INSERT ON tags BEGIN
  INSERT INTO tag_names (slug, type, tag_id)
    SELECT new.slug, new.type, new.id UNION ALL SELECT value ->> 0, new.type, new.id FROM json_each(new.synonyms);
END;
CREATE TRIGGER tags_renamed AFTER UPDATE OF slug, type, synonyms ON tags
WHEN (old.slug, old.type, old.synonyms) IS NOT (new.slug, new.type, new.synonyms) BEGIN
  DELETE FROM tag_names WHERE tag_id = new.id;
  INSERT INTO tag_names (slug, type, tag_id)
    SELECT new.slug, new.type, new.id UNION ALL SELECT value ->> 0, new.type, new.id FROM json_each(new.synonyms);
END;
CREATE TRIGGER tags_forgotten AFTER DELETE ON tags BEGIN
  DELETE FROM tag_names WHERE tag_id = old.id;
END;

CREATE TRIGGER changes_tags_created AFTER INSERT ON tags WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('tags', new.id, 'created');
END;
CREATE TRIGGER changes_tags_changed AFTER UPDATE ON tags WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('tags', new.id, 'changed');
END;
CREATE TRIGGER changes_tags_deleted AFTER DELETE ON tags WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('tags', old.id, 'deleted');
END;
