-- As SQLite's file of this number.

ALTER TABLE lease ADD COLUMN fence bigint NOT NULL DEFAULT 0;
CREATE TABLE fence (
    id   bigint PRIMARY KEY CHECK (id = 1),
    last bigint NOT NULL
);
INSERT INTO fence VALUES (1, 0);
