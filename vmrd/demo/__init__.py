"""`vmrd demo`: the first minute with the product, on one machine and without a real Pexip.

    cast           who is in it and what was booked
    stage          mock Pexip, a daemon made from an ordinary configuration, listeners, bookings sent as a sender would
    officer        acts as an officer does: over HTTP, with a bearer token
    clerk          acts as booking systems do, and keeps what they send and are answered; `receiver` hears callbacks
    crowd          everybody else, as `consultation.toml` says: who dials, a remote control, the clock on the wall
    stories        the stories there are, each its steps as data: what to press, who does what, what must then be so
    story          a consultation, by those who hold it
    booking_story  a booking office's day, by what it sends and hears
    verify         judges each step by Pexip's own account; knows nothing of vmrd
    ledger         judges answers and callbacks beside that account
    run            plays a story, or waits for the viewer to; `transcript` shows what crossed the wire
    controls       what the viewer finds in the panel: the next press, "Play it for me", and the sandbox

Only this package knows of the mock. The daemon in it is the one that runs in a prison.
"""
