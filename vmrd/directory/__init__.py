"""The directory of establishments: what kind each is, who runs it, and how its booking desk is reached.

`published` reads the contact table as HMPPS prints it, with all its ways of writing telephone numbers, and says what it
found odd without mending it. `entries` reads the file made of it (`config/establishments.toml`), which people keep by
hand from then on. Contacts of a prison are no booker's: the rule on gov.uk and CJSM addresses never applies to them.
"""
