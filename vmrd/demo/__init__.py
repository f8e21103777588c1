"""`vmrd demo`: the first minute with the product, on one machine and without a real Pexip.

    cast      who is in it and what was booked
    stage     mock Pexip, a daemon made from an ordinary configuration, listeners, bookings sent as a sender would
    officer   acts as an officer does: over HTTP, with a bearer token
    crowd     everybody else, as `consultation.toml` says: who dials, the room's remote control, the clock on the wall
    story     the steps as data: what to press, who does what, and what must then be so
    verify    judges each step by Pexip's own account; knows nothing of vmrd
    run       plays the story, or waits for the viewer to
    controls  what the viewer finds in the panel: the next press, "Play it for me", and the sandbox

Only this package knows of the mock. The daemon in it is the one that runs in a prison.
"""
