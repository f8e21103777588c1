"""The command line: each command when it works, and as it fails on what it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.canary.canaries import Place
from tests.canary.world import VALUE
from tests.crash.house import SECRET

if TYPE_CHECKING:
    from tests.canary.run import Run


async def commands(run: Run) -> None:
    """Each command when it works, and as it fails on what it is given."""
    world, config = run.world, f"--config={run.world.config}"
    table = world.folder / "rows.csv"
    table.write_text(
        "booking_id,establishment,room,prisoner_number,date_of_birth,date,start,end,attendee_1_name,attendee_1_phone\n"
        f"desk:7,MDI,{VALUE['sent-junk']},{VALUE['prisoner-number']}x,{VALUE['date-of-birth']}x,2026-06-31,9,10,"
        f"{VALUE['attendee']},{VALUE['contact-number']}\n"
    )
    broken = world.folder / "broken.toml"
    broken.write_text(world.config.read_text().replace('user = "vmrd"\n', "").replace('key = "', 'key = "x'))
    no_toml = world.folder / "no.toml"
    no_toml.write_text(world.config.read_text().replace('password = "', 'password = ""'))
    away = ("--url", "http://127.0.0.1:9")
    for words, place, given in (
        (("journal", "verify", config), Place.EXPORT, {}),
        (("journal", "export", run.session, config), Place.EXPORT, {}),
        (("journal", "export", VALUE["sent-junk"], config), Place.COMMAND, {}),
        (("journal", "audit", config), Place.EXPORT, {}),
        (("journal", "refusals", config, "--json"), Place.EXPORT, {}),
        (("deliveries", config), Place.EXPORT, {}),
        (("backup", str(world.folder / "copy.db"), config), Place.COMMAND, {}),
        (("purge", "--dry-run", config), Place.COMMAND, {}),
        (("bookings", "import", str(table), *away), Place.COMMAND, {"VMRD_BOOKING_SECRET": SECRET}),
        (("bookings", "import", str(table), *away), Place.COMMAND, {"VMRD_BOOKING_SECRET": VALUE["sent-junk"]}),
        (("bookings", "send", str(table), *away), Place.COMMAND, {"VMRD_BOOKING_SECRET": SECRET}),
        (("run", f"--config={broken}"), Place.COMMAND, {}),
        (("run", f"--config={no_toml}"), Place.COMMAND, {}),
        (("watch", "--once", *away), Place.COMMAND, {"VMRD_TOKEN": world.token("officer")}),
        (("officer", "list", config), Place.COMMAND, {}),
    ):
        world.found[place].append(await world.command(*words, **given))
    erase, add = ("subject", "erase", "--dry-run", config), ("officer", "add", "new", config)
    world.found[Place.COMMAND].append(await world.command(*erase, stdin=f"{VALUE['attendee']}\n"))
    world.found[Place.COMMAND].append(await world.command(*add, stdin="short\n"))
