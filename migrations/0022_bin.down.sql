DROP TRIGGER bin_of_deleted;
DROP TABLE deleted_entities;
DROP TRIGGER comments_added;
CREATE TRIGGER comments_added AFTER INSERT ON comments BEGIN
  INSERT INTO comment_counts VALUES (new.kind, new.entity_id, 1);
  UPDATE comments SET reply_count = reply_count + 1, version = version + 1 WHERE id = new.parent_id;
END;
