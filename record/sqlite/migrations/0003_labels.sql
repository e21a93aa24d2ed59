-- What people decided about labels: one row for each entity and name. An until that is not after at lifts the label.

-- +goose Up
CREATE TABLE labels (
  entity TEXT    NOT NULL, -- kind:id
  name   TEXT    NOT NULL,
  until  INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  by     TEXT    NOT NULL,
  reason TEXT    NOT NULL,
  PRIMARY KEY (entity, name)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER labels_insert AFTER INSERT ON labels BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER labels_update AFTER UPDATE ON labels BEGIN UPDATE meta SET value = value + 1 WHERE key = 'revision'; END;
-- +goose StatementEnd
