"""vmrd over HTTP: bookings in, officers' presses in, views out.

Order of reading: `view_shapes` and `view` (what a session looks like from outside); `call` and `contract` (one entry
per call, from which validation, access and the OpenAPI document come); `caller`, `dispatch` and `middleware` (who
calls, and what every answer has in common); then the handlers `bookings`, `adapter_events`, `sessions`, `record`,
`live`, `signin` and `pexip_events`. `hub` and `sink` own what goes on behind them, and `routes` puts everything
together.
"""
