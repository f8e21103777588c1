"""Pexip Infinity, in our words: the only place that knows the vendor's URLs, JSON and vocabulary.

Two surfaces are spoken to. `management.Management` asks the Management Node: it keeps vmrs, reads the platform's status
and sends commands without taking a place in the roster, slowly and under a limit. `client.Client` asks the Conferencing
Nodes: with a control token it reads and steers one running conference, fast. `sink` reads what the nodes send us.

Nothing of the content of a meeting passes: chat, captions, presentation images and voice activity are dropped by the
name of their event, unparsed.

"Facts" with a number are sections of the fact sheet on Pexip's interfaces that the design rests on.
"""
