-- Who has what alone for a while, among the nodes that share this store. A lease moves no revision: nobody waits for one.

-- +goose Up
CREATE TABLE leases (
  name   TEXT    NOT NULL PRIMARY KEY,
  holder TEXT    NOT NULL,
  until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
