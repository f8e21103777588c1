-- Windows of works that take rooms out of use, and who changed them.

CREATE TABLE works ( -- a withdrawn one stays, so that a late message about it is known to be late
    id            TEXT PRIMARY KEY,
    establishment TEXT NOT NULL,
    starts_at     INTEGER NOT NULL,
    ends_at       INTEGER NOT NULL,
    withdrawn     INTEGER NOT NULL,
    body          TEXT NOT NULL
) STRICT;
CREATE INDEX works_by_end ON works (establishment, ends_at) WHERE withdrawn = 0;

CREATE TABLE works_journal ( -- as `journal`, chained by window and sealed with it
    session_id TEXT NOT NULL REFERENCES works, -- the window: the column has the name its hash is told under
    seq        INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    type       TEXT NOT NULL,
    body       TEXT NOT NULL,
    prev       BLOB NOT NULL,
    hash       BLOB NOT NULL,
    PRIMARY KEY (session_id, seq)
) STRICT, WITHOUT ROWID;
