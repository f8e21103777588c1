-- Everything vmrd keeps. Instants are milliseconds since 1970 in UTC; `body` is text of codec.py.

CREATE TABLE meta (
    version INTEGER PRIMARY KEY,
    name    TEXT NOT NULL
) STRICT;

-- The columns beside `body` are copies of what is searched for.
CREATE TABLE session (
    id            TEXT PRIMARY KEY,
    booking_id    TEXT NOT NULL,
    establishment TEXT NOT NULL,
    room          TEXT NOT NULL,
    phase         TEXT NOT NULL,
    starts_at     INTEGER NOT NULL,
    ends_at       INTEGER NOT NULL,
    wake_at       INTEGER,
    watched       INTEGER NOT NULL,
    holds_room    TEXT, -- the room, while this live session's endpoint leg is inside
    version       INTEGER NOT NULL,
    body          TEXT NOT NULL
) STRICT;
CREATE INDEX session_by_booking ON session (booking_id);
CREATE INDEX session_by_day ON session (starts_at);
CREATE INDEX session_by_establishment ON session (establishment, starts_at);
CREATE INDEX session_by_phase ON session (phase, starts_at);
CREATE INDEX session_due ON session (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX session_watched ON session (id) WHERE watched = 1;
CREATE INDEX session_in_room ON session (establishment, holds_room) WHERE holds_room IS NOT NULL;

CREATE TABLE vmr_name ( -- every generation's, for a name may show in Pexip long after its session
    name       TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES session
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    session_id TEXT NOT NULL REFERENCES session,
    seq        INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    type       TEXT NOT NULL,
    body       TEXT NOT NULL,
    prev       BLOB NOT NULL,
    hash       BLOB NOT NULL,
    PRIMARY KEY (session_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE seal ( -- one per commit that appended facts
    number INTEGER PRIMARY KEY,
    covers TEXT NOT NULL,
    mac    BLOB NOT NULL
) STRICT;

CREATE TABLE seal_head (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    seals INTEGER NOT NULL,
    rows  INTEGER NOT NULL,
    last  BLOB NOT NULL,
    mac   BLOB NOT NULL
) STRICT;

-- No foreign key on the four below: references, secrets and claims are made before the session they are made for.
CREATE TABLE personal (
    session_id TEXT NOT NULL,
    ref        TEXT NOT NULL,
    text       TEXT NOT NULL,
    PRIMARY KEY (session_id, ref)
) STRICT, WITHOUT ROWID;

CREATE TABLE salt (
    session_id TEXT PRIMARY KEY,
    salt       BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE secret ( -- nonce and AES-256-GCM ciphertext
    session_id TEXT NOT NULL,
    name       TEXT NOT NULL,
    sealed     BLOB NOT NULL,
    PRIMARY KEY (session_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE claim (
    session_id TEXT NOT NULL,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    starts_at  INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX claim_by_session ON claim (session_id);
CREATE INDEX claim_by_end ON claim (kind, subject, ends_at, starts_at); -- by end: what is past is never looked at

CREATE TABLE outbox (
    id            INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: a late `finish` must not hit another command
    session_id    TEXT NOT NULL REFERENCES session,
    establishment TEXT NOT NULL,
    lane          TEXT NOT NULL,
    key           TEXT NOT NULL,
    body          TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    not_before    INTEGER NOT NULL,
    not_after     INTEGER,
    attempts      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_in_order ON outbox (session_id, lane, id);

CREATE TABLE outbox_lane ( -- one per session and lane with commands waiting; see outbox.py
    session_id  TEXT NOT NULL,
    lane        TEXT NOT NULL,
    ready_at    INTEGER NOT NULL,
    lease_item  INTEGER,
    lease_owner TEXT,
    PRIMARY KEY (session_id, lane)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_lane_ready ON outbox_lane (lane, ready_at);

CREATE TABLE booking (
    id            TEXT PRIMARY KEY,
    source        TEXT NOT NULL,
    version       INTEGER NOT NULL,
    digest        TEXT NOT NULL,
    status        TEXT NOT NULL,
    establishment TEXT NOT NULL,
    segments      TEXT NOT NULL, -- [[key, session id], ...]
    warnings      TEXT NOT NULL, -- [text, ...]
    updated_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE receipt (
    scope  TEXT NOT NULL,
    key    TEXT NOT NULL,
    digest TEXT NOT NULL,
    status INTEGER NOT NULL,
    answer BLOB NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE officer (
    name           TEXT PRIMARY KEY,
    role           TEXT NOT NULL,
    establishments TEXT NOT NULL, -- [code, ...]
    password_hash  TEXT,
    token_hash     TEXT UNIQUE
) STRICT;

CREATE TABLE sign_in (
    cookie_hash TEXT PRIMARY KEY,
    officer     TEXT NOT NULL,
    csrf        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (
    name  TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
