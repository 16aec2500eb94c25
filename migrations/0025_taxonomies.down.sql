-- Of tags of one name the first keeps it and the tracks of the others.
DROP TRIGGER changes_tags_deleted;
DROP TRIGGER changes_tags_changed;
DROP TRIGGER changes_tags_created;
DROP TRIGGER tags_forgotten;
DROP TRIGGER tags_renamed;
DROP TRIGGER tags_named;
DROP TABLE tag_names;

INSERT OR IGNORE INTO track_tags (track_id, tag_id, added_at)
  SELECT x.track_id, (SELECT min(id) FROM tags one WHERE one.slug = t.slug), x.added_at
  FROM track_tags x JOIN tags t ON t.id = x.tag_id;
DELETE FROM track_tags WHERE tag_id NOT IN (SELECT min(id) FROM tags GROUP BY slug);
DELETE FROM deleted_entities WHERE kind = 'tags';
CREATE TABLE tags_without_types (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  slug       TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
INSERT INTO tags_without_types SELECT id, slug, name, created_at FROM tags
  WHERE id IN (SELECT min(id) FROM tags GROUP BY slug);
DELETE FROM sqlite_sequence WHERE name = 'tags_without_types';
INSERT INTO sqlite_sequence (name, seq) SELECT 'tags_without_types', seq FROM sqlite_sequence WHERE name = 'tags';
DROP TABLE tags;
ALTER TABLE tags_without_types RENAME TO tags;
