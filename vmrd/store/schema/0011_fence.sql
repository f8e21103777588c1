-- Each lease has a number greater than all before it, so that a late holder is known by its own.

ALTER TABLE lease ADD COLUMN fence INTEGER NOT NULL DEFAULT 0;
CREATE TABLE fence ( -- the greatest number given
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    last INTEGER NOT NULL
) STRICT;
INSERT INTO fence VALUES (1, 0);
