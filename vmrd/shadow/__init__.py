"""Shadow mode: vmrd watches a live platform, does nothing there, and notes what it would have done (docs/shadow.md).

    event sinks ──┐
                  ├─► observer ─► engine and core, as ever ─► outbox ─► record instead of Pexip
    status (GET) ─┘       ▲                                               │
                          └── what officers were seen to do (`hands`)     └─► `vmrd shadow report`

| module       | does                                                                                         |
|--------------|----------------------------------------------------------------------------------------------|
| `mark`       | a database is for shadow or for live work, never both                                        |
| `places`     | which of the platform's meetings are a prison room's                                         |
| `bookings`   | which booked session a meeting is                                                            |
| `observer`   | events and status become the inputs of the core                                              |
| `hands`      | what officers were seen to do, said to the core as their press                               |
| `carrier`    | every command is noted and none carried out                                                  |
| `record`     | the file of what would have been done, and of how well was watched                           |
| `story`      | one meeting: what was seen, and what vmrd would have done                                    |
| `report`     | all meetings of some days, in figures and plain sentences                                    |

That nothing leaves is not left to this package: the transport itself refuses (`pexip.watch_only`).
"""
