"""The replica campaign: real daemons over one PostgreSQL, whose holder of live meetings is struck again and again.

| misfortune        | how                                                  | what must follow                         |
| ----------------- | ---------------------------------------------------- | ---------------------------------------- |
| killed            | SIGKILL                                              | taken over when its leases have run out  |
| hung              | SIGSTOP, and SIGCONT after the take-over             | the same; what it still says is refused  |
| stopped           | SIGTERM                                              | handed over at once, token and all       |
| cut from database | its connections refused, or swallowed                | taken over; it stays, and comes back     |
| cut from Pexip    | the same with what it sends to Pexip                 | it hands its meetings over               |
| unplugged         | its network cable is pulled, at either end (`cable`) | taken over; what it sent before may come |
|                   |                                                      | when it is back, and is refused          |

Meanwhile officers press at whichever replica answers, people come and go at the mock, and bookings are sent. Whatever
happens: each meeting has one holder, no fact is lost or doubled, no lock is turned twice, and a former holder's control
token is dead. `python -m tests.replicas --rounds 200 --seed 1` plays it and prints how long take-overs took.
"""
