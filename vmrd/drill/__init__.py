"""Drills: a failure of the runbook, made to happen for real beside a consultation that is under way.

    house     a mock Pexip in this process, a vmrd in one of its own, everybody else either of them talks to
    drill     what a drill is made of, and the steps every drill takes: SECURE, the failure, what officers see,
              what Prometheus is told and the rule makes of it, the end of the failure, SECURE again, nothing lost
    platform, events, management, machine, configuration, people, outward, shadow    the drills themselves
    faulty    the daemon of the drill of a shadow: the one part of a drill in which vmrd is not as it is delivered
    catalogue every drill by its name

But for that one, nothing here is simulated inside vmrd: a disk that takes nothing is a limit the kernel keeps, a locked
database is locked by another connection, a certificate that has expired is refused by TLS itself, a machine that is too
slow is stopped and let go on by signals. Only time is made short: the wall clock of the rehearsal jumps, and a scrape
taken every quarter of a second stands for one every quarter of a minute or more.
"""
