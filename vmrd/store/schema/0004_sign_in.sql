-- Accounts that can be closed, sign-ins of people who have no account here, and a journal of what happened to both.

ALTER TABLE officer ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;

-- Who somebody is whom a sign-in service, or the sealed account, vouched for; null where the account's own row says it.
ALTER TABLE sign_in ADD COLUMN vouched_by TEXT;
ALTER TABLE sign_in ADD COLUMN role TEXT;
ALTER TABLE sign_in ADD COLUMN establishments TEXT; -- [code, ...]
CREATE INDEX sign_in_by_officer ON sign_in (officer);
CREATE INDEX sign_in_vouched ON sign_in (vouched_by) WHERE vouched_by IS NOT NULL;

-- Counts every change that may end a sign-in: whoever watches one number knows when to look again at all of them.
CREATE TABLE revocation (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    changes INTEGER NOT NULL
) STRICT;
INSERT INTO revocation VALUES (1, 0);

CREATE TABLE audit ( -- what belongs to no session; one chain, sealed with the journal's
    seq    INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    who    TEXT NOT NULL,
    detail TEXT NOT NULL, -- {word: code, ...}
    prev   BLOB NOT NULL,
    hash   BLOB NOT NULL
) STRICT;
