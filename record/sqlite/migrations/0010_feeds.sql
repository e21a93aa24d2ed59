-- Lists from elsewhere, and entries that end or are told to others.

-- +goose Up
CREATE TABLE feeds (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  name    TEXT    NOT NULL UNIQUE,
  kind    TEXT    NOT NULL,
  allow   INTEGER NOT NULL,
  service TEXT    NOT NULL,
  node    TEXT    NOT NULL,
  weight  REAL    NOT NULL,
  origin  TEXT    NOT NULL,
  fill    INTEGER NOT NULL DEFAULT 0, -- which chunks are its items
  items   INTEGER NOT NULL DEFAULT 0,
  synced  INTEGER NOT NULL DEFAULT 0,
  trouble TEXT    NOT NULL DEFAULT ''
) STRICT;

-- A fill is made while the old one is still read. Those that no feed has are left over from a program that was stopped.
CREATE TABLE feed_fills (
  id   INTEGER PRIMARY KEY AUTOINCREMENT,
  feed INTEGER NOT NULL
) STRICT;

-- Items of a feed in the order of their values, some hundreds in a row: = or ~ (strangers only), the value, a line break.
CREATE TABLE feed_chunks (
  id    INTEGER PRIMARY KEY,
  fill  INTEGER NOT NULL,
  first TEXT    NOT NULL,
  data  BLOB    NOT NULL,
  UNIQUE (fill, first)
) STRICT;

-- What changed lately: item is empty where all of a feed did. The oldest lines are deleted.
CREATE TABLE feed_changes (
  id   INTEGER PRIMARY KEY AUTOINCREMENT,
  feed TEXT    NOT NULL,
  item TEXT    NOT NULL, -- as in a chunk, or - and the value of one that went
  at   INTEGER NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER feed_changes_insert AFTER INSERT ON feed_changes BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd

ALTER TABLE lists ADD COLUMN until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lists ADD COLUMN publish INTEGER NOT NULL DEFAULT 0;

-- The lists have a revision of their own, so that they are not read again for each held message.
INSERT INTO meta (key, value) VALUES ('lists', 1);
-- +goose StatementBegin
CREATE TRIGGER lists_inserted AFTER INSERT ON lists BEGIN UPDATE meta SET value = value + 1 WHERE key = 'lists'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER lists_updated AFTER UPDATE ON lists BEGIN UPDATE meta SET value = value + 1 WHERE key = 'lists'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER lists_deleted AFTER DELETE ON lists BEGIN UPDATE meta SET value = value + 1 WHERE key = 'lists'; END;
-- +goose StatementEnd

-- Who is told of what is published, by address.
CREATE TABLE subscribers (
  node  TEXT    NOT NULL,
  jid   TEXT    NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (node, jid)
) STRICT, WITHOUT ROWID;
