-- What booking systems were told, from the first try of each callback on. No body and no person is in it.

CREATE TABLE delivery (
    id          TEXT PRIMARY KEY, -- what the receiver knows it by: webhook-id
    session_id  TEXT NOT NULL REFERENCES session,
    seq         INTEGER NOT NULL,
    event       TEXT NOT NULL,
    target      TEXT NOT NULL, -- the booking system's name
    state       TEXT NOT NULL,
    attempts    INTEGER NOT NULL,
    answer      TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    tried_at    INTEGER NOT NULL,
    next_at     INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_dead ON delivery (occurred_at) WHERE state = 'dead';
