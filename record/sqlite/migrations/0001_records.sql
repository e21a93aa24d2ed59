-- The first schema. Times are Unix nanoseconds. Migrations go forward only.

-- +goose Up
CREATE TABLE meta (
  key   TEXT NOT NULL PRIMARY KEY,
  value ANY  NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (key, value) VALUES ('revision', 1);

-- Records of enforced verdicts, one row each. body is the record as JSON, without what people wrote.
CREATE TABLE records (
  id       INTEGER PRIMARY KEY,
  service  TEXT    NOT NULL,
  event_id TEXT    NOT NULL,
  kind     TEXT    NOT NULL,
  action   TEXT    NOT NULL,
  sender   TEXT    NOT NULL,
  time     INTEGER NOT NULL,
  kept     INTEGER NOT NULL,
  body     TEXT    NOT NULL,
  UNIQUE (service, event_id)
) STRICT;

CREATE INDEX records_kept ON records (kept);

-- Records of plain allows, many in a row. data is what codec.go writes, compressed. The token tells a chunk that is written
-- again after a doubtful commit from a new one.
CREATE TABLE chunks (
  id         INTEGER PRIMARY KEY,
  token      BLOB    NOT NULL UNIQUE,
  first_kept INTEGER NOT NULL,
  last_kept  INTEGER NOT NULL,
  count      INTEGER NOT NULL,
  data       BLOB    NOT NULL
) STRICT;

CREATE INDEX chunks_last_kept ON chunks (last_kept);

-- Held messages. content is what people wrote, as JSON: it goes as soon as it is not needed for a delivery.
CREATE TABLE held (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  state      TEXT    NOT NULL DEFAULT 'held',
  service    TEXT    NOT NULL,
  event_id   TEXT    NOT NULL,
  sender     TEXT    NOT NULL,
  recipients TEXT    NOT NULL,
  since      INTEGER NOT NULL,
  event      TEXT    NOT NULL,
  verdict    TEXT    NOT NULL,
  content    TEXT,
  settled    INTEGER,
  by         TEXT    NOT NULL DEFAULT '',
  reason     TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX held_state ON held (state);

CREATE TABLE orders (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  state   TEXT    NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'done', 'failed')),
  service TEXT    NOT NULL,
  do      TEXT    NOT NULL,
  held    INTEGER NOT NULL UNIQUE REFERENCES held (id) ON DELETE CASCADE,
  failure TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX orders_due ON orders (service, id) WHERE state = 'due';

CREATE TABLE lists (
  kind    TEXT    NOT NULL,
  value   TEXT    NOT NULL,
  allow   INTEGER NOT NULL,
  service TEXT    NOT NULL,
  note    TEXT    NOT NULL,
  added   INTEGER NOT NULL,
  by      TEXT    NOT NULL,
  PRIMARY KEY (kind, value, allow, service)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  id     INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,
  by     TEXT    NOT NULL,
  action TEXT    NOT NULL,
  object TEXT    NOT NULL,
  reason TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_at ON audit (at);

-- The revision moves with every change of held messages, orders and lists, whoever makes it.

-- +goose StatementBegin
CREATE TRIGGER held_insert AFTER INSERT ON held BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER held_update AFTER UPDATE ON held BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER held_delete AFTER DELETE ON held BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER orders_insert AFTER INSERT ON orders BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER orders_update AFTER UPDATE ON orders BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER orders_delete AFTER DELETE ON orders BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER lists_insert AFTER INSERT ON lists BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER lists_update AFTER UPDATE ON lists BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER lists_delete AFTER DELETE ON lists BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd
