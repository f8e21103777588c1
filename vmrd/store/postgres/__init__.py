"""The store of several replicas: PostgreSQL, with the SQL of the one machine's and locks where that has one writer.

Order of reading: `link` (a connection), `group` (how replicas write at once), `store` (opening and closing), `migrate`.
"""
