"""Booking events bent out of shape, sent to a whole web side over HTTP."""
