-- Orders that tell somebody something.

-- +goose Up
ALTER TABLE orders ADD COLUMN text TEXT;
CREATE INDEX orders_asked ON orders (service, do, sender, made) WHERE text IS NOT NULL;
