-- Campaigns as they were last seen, and what people decided about them; orders that speak of no held message.

-- +goose Up
CREATE TABLE campaigns (
  id       INTEGER NOT NULL PRIMARY KEY,
  last     INTEGER NOT NULL, -- when the last copy was sent
  seen     TEXT    NOT NULL, -- JSON
  names    TEXT    NOT NULL, -- JSON: numbers
  standing TEXT    NOT NULL,
  decided  INTEGER NOT NULL,
  by       TEXT    NOT NULL,
  reason   TEXT    NOT NULL
) STRICT;

CREATE INDEX campaigns_last ON campaigns (last);

-- Only decisions move the revision: what is seen changes all the time.

-- +goose StatementBegin
CREATE TRIGGER campaigns_insert AFTER INSERT ON campaigns WHEN new.decided <> 0 BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER campaigns_update AFTER UPDATE OF standing, decided ON campaigns WHEN new.decided <> old.decided BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd

CREATE TABLE orders_now (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  state      TEXT    NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'done', 'failed')),
  service    TEXT    NOT NULL,
  do         TEXT    NOT NULL,
  held       INTEGER UNIQUE REFERENCES held (id) ON DELETE CASCADE,
  failure    TEXT    NOT NULL DEFAULT '',
  -- Of an order without a held message:
  event_id   TEXT,
  sender     TEXT,
  recipients TEXT,
  made       INTEGER
) STRICT;

-- IDs go on where they were: connectors do an order once by its ID.
INSERT INTO sqlite_sequence (name, seq) SELECT 'orders_now', seq FROM sqlite_sequence WHERE name = 'orders';
INSERT INTO orders_now (id, state, service, do, held, failure) SELECT id, state, service, do, held, failure FROM orders;
DROP TABLE orders;
ALTER TABLE orders_now RENAME TO orders;

CREATE INDEX orders_due ON orders (service, id) WHERE state = 'due';
CREATE UNIQUE INDEX orders_event ON orders (service, do, event_id) WHERE event_id IS NOT NULL;
CREATE INDEX orders_made ON orders (made) WHERE made IS NOT NULL;

-- +goose StatementBegin
CREATE TRIGGER orders_insert AFTER INSERT ON orders BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER orders_update AFTER UPDATE ON orders BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER orders_delete AFTER DELETE ON orders BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd
