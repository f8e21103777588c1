-- Every alias ever issued: whoever dials one that is spent is turned away, and one that never was is nobody's.

CREATE TABLE alias (
    alias      TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES session
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO alias SELECT json_extract(body, '$.fields.alias'), id FROM session
    WHERE json_extract(body, '$.fields.alias') IS NOT NULL;
