-- What booking systems sent that they may not send. A row stands for a minute, so that a loop at a sender fills nothing.

CREATE TABLE refusal (
    minute        INTEGER NOT NULL, -- the instant it began
    sender        TEXT NOT NULL,
    event_type    TEXT NOT NULL,
    establishment TEXT NOT NULL, -- a code that is configured here; '' where another or none was named
    reason        TEXT NOT NULL,
    times         INTEGER NOT NULL,
    first_at      INTEGER NOT NULL,
    last_at       INTEGER NOT NULL,
    PRIMARY KEY (minute, sender, event_type, establishment, reason)
) STRICT, WITHOUT ROWID;
