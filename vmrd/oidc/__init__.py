"""Signing in by a sign-in service: OpenID Connect's authorization code flow, with PKCE.

    attempts    what a browser takes along and must bring back: state, nonce, verifier
    provider    what is asked of the service itself: discovery, keys, a token for a code
    tokens      whether a token is the service's, for us, for this attempt and of now; who it says somebody is
    flow        the three together: begin, finish

Nothing here knows of sessions or cookies of vmrd; what comes out is a `Person` or a `NotSignedIn` with a code.
"""
