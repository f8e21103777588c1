"""A stateful stand-in for Pexip Infinity: management API, client API, event sinks, and people who dial in."""
