-- What waits of each sender for each person, counted as it comes and goes, so that looking at it takes no longer when much waits.

-- +goose Up
-- The recipient of a message to one person alone, who may decide about it.
ALTER TABLE held ADD COLUMN recipient TEXT
  GENERATED ALWAYS AS (CASE json_array_length(recipients) WHEN 1 THEN json_extract(recipients, '$[0]') END) VIRTUAL;

CREATE INDEX held_recipient ON held (recipient);
CREATE INDEX held_from ON held (sender);
CREATE INDEX held_pair ON held (service, recipient, sender) WHERE state = 'held';

CREATE TABLE waiting (
  service   TEXT    NOT NULL,
  recipient TEXT    NOT NULL,
  sender    TEXT    NOT NULL,
  first     INTEGER NOT NULL,           -- the oldest message that waits
  n         INTEGER NOT NULL,           -- how many wait; 0 while told is still to be known
  told      INTEGER NOT NULL DEFAULT 0, -- until when the recipient counts as told
  PRIMARY KEY (service, recipient, sender)
) STRICT, WITHOUT ROWID;

CREATE INDEX waiting_first ON waiting (service, recipient, first) WHERE n > 0;
CREATE INDEX waiting_told ON waiting (service, told, first) WHERE n > 0;

INSERT INTO waiting (service, recipient, sender, first, n, told)
  SELECT service, recipient, sender, min(id), count(*),
    coalesce((SELECT max(until) FROM labels WHERE entity = 'pair:' || held.sender || ' ' || held.recipient AND name = 'noticed'), 0)
  FROM held WHERE state = 'held' AND recipient IS NOT NULL GROUP BY service, recipient, sender;
DELETE FROM labels WHERE name = 'noticed';

INSERT INTO meta (key, value) SELECT 'waiting', count(*) FROM held WHERE state = 'held';

-- +goose StatementBegin
CREATE TRIGGER waiting_more AFTER INSERT ON held WHEN new.state = 'held' BEGIN
  UPDATE meta SET value = value + 1 WHERE key = 'waiting';
  INSERT INTO waiting (service, recipient, sender, first, n)
    SELECT new.service, new.recipient, new.sender, new.id, 1 WHERE new.recipient IS NOT NULL
    ON CONFLICT DO UPDATE SET n = n + 1, first = CASE n WHEN 0 THEN excluded.first ELSE first END;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER waiting_less AFTER UPDATE OF state ON held WHEN old.state = 'held' AND new.state <> 'held' BEGIN
  UPDATE meta SET value = value - 1 WHERE key = 'waiting';
  UPDATE waiting SET n = n - 1, first = coalesce((SELECT min(id) FROM held AS h
      WHERE h.state = 'held' AND h.service = new.service AND h.recipient = new.recipient AND h.sender = new.sender), 0)
    WHERE service = new.service AND recipient = new.recipient AND sender = new.sender;
END;
-- +goose StatementEnd

-- What nospim itself notes is noted once in a while; who reads the journal on marks how far.
CREATE INDEX audit_own ON audit (action, object, at) WHERE by = 'nospim';

CREATE TABLE bookmarks (
  name  TEXT    NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
