-- By what clients know the message that an order speaks of.

-- +goose Up
ALTER TABLE orders ADD COLUMN wire_id TEXT;
