-- Strangers who were asked to prove something. The rows move no revision: what follows from a passed one does.

-- +goose Up
CREATE TABLE challenges (
  id        TEXT    NOT NULL PRIMARY KEY,
  service   TEXT    NOT NULL,
  sender    TEXT    NOT NULL,
  recipient TEXT    NOT NULL,
  event     TEXT    NOT NULL,
  made      INTEGER NOT NULL,
  until     INTEGER NOT NULL,
  tries     INTEGER NOT NULL DEFAULT 0,
  passed    INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX challenges_sender ON challenges (service, sender, until);
CREATE INDEX challenges_until ON challenges (until);
