-- As SQLite's file of this number.

CREATE TABLE hold (
    session_id text COLLATE "C" PRIMARY KEY REFERENCES session,
    reason     text NOT NULL,
    since      bigint NOT NULL
);
