"""Booking systems of HMPPS as they really speak: a thin event in, a read of the booking, our own event out.

A domain event says only that a booking changed. So the adapter asks for the booking, words it as our own booking event
and hands it to the same door every other sender uses (`web.bookings.accept`): there is one set of rules, and a system
that sends our event itself needs no adapter.

Order of reading: `envelope` (what arrives), `upstream` (asking for the booking), `reading` and `codes` (what mapping
has in common, and its tables), `bvls` and `official_visits` (the two mappings), `adapter` (one of them put together).
"""
