-- Deleted entities, kept for thirty days with everything that went with them.
CREATE TABLE deleted_entities (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  kind       TEXT NOT NULL,
  entity_id  INTEGER NOT NULL,
  name       TEXT NOT NULL,
  owner_id   INTEGER,
  content    TEXT NOT NULL, -- the row, as a JSON array
  relations  TEXT NOT NULL, -- by table: the rows that went with it, as JSON arrays
  deleted_at TEXT NOT NULL
) STRICT;
CREATE INDEX deleted_entities_time ON deleted_entities (deleted_at);
CREATE INDEX deleted_entities_owner ON deleted_entities (owner_id);

-- The position of user_id in these arrays is 1, 1 and 4.
CREATE TRIGGER bin_of_deleted AFTER UPDATE OF status ON users WHEN new.status = 'deleted' BEGIN
  DELETE FROM deleted_entities WHERE owner_id = new.id;
  UPDATE deleted_entities SET relations = json_set(relations,
    '$.favourites', json((SELECT json_group_array(json(value)) FROM json_each(relations, '$.favourites') WHERE value ->> 1 IS NOT new.id)),
    '$.ratings', json((SELECT json_group_array(json(value)) FROM json_each(relations, '$.ratings') WHERE value ->> 1 IS NOT new.id)),
    '$.comments', json((SELECT json_group_array(json(value)) FROM json_each(relations, '$.comments') WHERE value ->> 4 IS NOT new.id)))
  WHERE EXISTS (SELECT 1 FROM json_each(relations, '$.favourites') WHERE value ->> 1 = new.id)
    OR EXISTS (SELECT 1 FROM json_each(relations, '$.ratings') WHERE value ->> 1 = new.id)
    OR EXISTS (SELECT 1 FROM json_each(relations, '$.comments') WHERE value ->> 4 = new.id);
END;

-- A deleted comment that comes back as the place of its replies is not counted.
DROP TRIGGER comments_added;
CREATE TRIGGER comments_added AFTER INSERT ON comments BEGIN
  INSERT INTO comment_counts VALUES (new.kind, new.entity_id, iif(new.text IS NULL, 0, 1));
  UPDATE comments SET reply_count = reply_count + 1, version = version + 1 WHERE id = new.parent_id;
END;
