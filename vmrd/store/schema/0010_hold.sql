-- Sessions that nothing may be let go of: an inquiry or a court wants them. Why is a code; who and when is in the audit.

CREATE TABLE hold (
    session_id TEXT PRIMARY KEY REFERENCES session,
    reason     TEXT NOT NULL,
    since      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
