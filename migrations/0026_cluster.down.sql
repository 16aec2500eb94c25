DROP TRIGGER customers_listener;
CREATE TRIGGER customers_listener AFTER INSERT ON customers
WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = new.id) BEGIN
  INSERT INTO users (id, customer_id, created_at, updated_at)
  VALUES (new.id, new.id, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));
END;
DROP TABLE refusals;
DROP TABLE cluster_applied;
DROP TABLE cluster_writers;
DROP TABLE cluster_changes;
DROP TABLE cluster_commits;
