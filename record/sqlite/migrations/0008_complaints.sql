-- What people report, where reports about the accounts of a domain go, and orders that have a wire form of their own.

-- +goose Up
CREATE TABLE complaints (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  service  TEXT    NOT NULL,
  event_id TEXT    NOT NULL,
  source   TEXT    NOT NULL,
  by       TEXT    NOT NULL,
  about    TEXT    NOT NULL,
  refers   TEXT    NOT NULL,
  proof    TEXT    NOT NULL,
  reason   TEXT    NOT NULL,
  weight   REAL    NOT NULL,
  why      TEXT    NOT NULL,
  at       INTEGER NOT NULL,
  outcome  TEXT    NOT NULL DEFAULT '',
  UNIQUE (service, event_id)
) STRICT;

CREATE INDEX complaints_about ON complaints (about, at);
CREATE INDEX complaints_by ON complaints (by, at);
CREATE INDEX complaints_at ON complaints (at);

CREATE TABLE abuse_contacts (
  domain    TEXT    NOT NULL PRIMARY KEY,
  addresses TEXT    NOT NULL, -- JSON
  problem   TEXT    NOT NULL,
  asked     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE orders ADD COLUMN raw TEXT;
