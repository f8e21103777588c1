-- When this database was put back from a backup: what was made after the backup is unknown to it, and is not an orphan.

CREATE TABLE restored (
    at INTEGER PRIMARY KEY
) STRICT;
