-- Texts that somebody called spim or honest, as hashed words: what a service learns from. Rolling back revokes, nothing is deleted.

-- +goose Up
CREATE TABLE examples (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  service  TEXT    NOT NULL,
  event_id TEXT    NOT NULL,
  by       TEXT    NOT NULL,
  source   TEXT    NOT NULL CHECK (source IN ('moderator', 'person', 'sample')),
  spam     INTEGER NOT NULL,
  base     REAL    NOT NULL,
  words    BLOB    NOT NULL,
  at       INTEGER NOT NULL,
  revoked  INTEGER NOT NULL DEFAULT 0,
  UNIQUE (service, event_id, by)
) STRICT;

CREATE INDEX examples_service ON examples (service, id) WHERE revoked = 0;

-- Learning reads all examples again, so it asks for a revision of its own.
INSERT INTO meta (key, value) VALUES ('examples', 1);

-- +goose StatementBegin
CREATE TRIGGER examples_insert AFTER INSERT ON examples BEGIN UPDATE meta SET value = value + 1 WHERE key IN ('revision', 'examples'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER examples_update AFTER UPDATE ON examples BEGIN UPDATE meta SET value = value + 1 WHERE key IN ('revision', 'examples'); END;
-- +goose StatementEnd
