"""The end: people out first, the room last, nobody twice, and a link that is proved dead."""

from __future__ import annotations

import pytest

from tests.lifecycle.story import (
    OFFICER,
    START,
    Story,
    browser,
    checked,
    ended,
    ending,
    phone,
    planned,
    preparing,
    private,
    ready,
    secure,
    waiting,
)
from vmrd.lifecycle import commands as c
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.rules import HOUR, MINUTE, SECOND
from vmrd.lifecycle.words import Phase, Where

DEAD_AFTER = 150 * SECOND


def dead(story: Story) -> Story:
    return story.when(i.VmrDeleted(1), after=SECOND).after(DEAD_AFTER).when(i.AliasProbed(1, 0, 2))


def test_people_are_put_out_first_and_the_prison_room_last() -> None:
    story = ending()
    assert [command for command in story.commands if isinstance(command, c.DisconnectLeg)] == [c.DisconnectLeg("ada")]
    assert not story.has(c.EndConference)
    assert story.gone("ada").one(c.EndConference)


def test_somebody_who_cannot_be_put_out_does_not_keep_the_room_open() -> None:
    assert ending().after(5 * SECOND).one(c.EndConference)


def test_ending_twice_ends_once() -> None:
    ending().when(i.End("a.n.other")).nothing()
    ended().when(i.End(OFFICER)).nothing()


def test_it_has_ended_when_pexip_shows_nobody_twice_five_seconds_apart() -> None:
    story = ending().when(i.EmptySeen(), after=SECOND).then(f.SeenEmpty)
    story.when(i.EmptySeen(), after=4 * SECOND).in_phase(Phase.ENDING)
    story.when(i.EmptySeen(), after=SECOND).in_phase(Phase.ENDED)
    assert "session.ended" in {tell.event for tell in story.commands if isinstance(tell, c.Tell)}


@pytest.mark.parametrize(
    "sign",
    [i.InstanceSeen("conf-1"), i.LegSeen(i.Order(0, 0), i.Source.HINT, waiting("bo", "Bo"))],
    ids=["an instance", "a hint"],
)
def test_a_sign_of_life_between_starts_the_count_again(sign: i.Input) -> None:
    story = ending().gone("ada").when(i.EmptySeen(), after=SECOND).when(sign, after=SECOND)
    assert story.has(f.EmptinessBroken)
    assert story.session.empty_at is None
    assert story.has(c.EndConference) or story.has(c.DisconnectLeg)
    story.when(i.EmptySeen(), after=5 * SECOND).in_phase(Phase.ENDING)
    story.when(i.EmptySeen(), after=5 * SECOND).in_phase(Phase.ENDED)


def test_an_empty_conference_of_a_session_that_goes_on_means_nothing() -> None:
    private().when(i.EmptySeen()).nothing()
    private().when(i.InstanceSeen("conf-1")).nothing()


def test_in_an_ended_session_nobody_is_shown_inside() -> None:
    story = ending().when(i.EmptySeen(), after=SECOND).when(i.EmptySeen(), after=5 * SECOND)
    assert story.session.inside() == []
    assert story.session.meeting is None
    assert not story.session.endpoint_inside


def test_nothing_seen_or_pressed_afterwards_rings_again() -> None:
    story = ended()
    late = [
        i.LegSeen(story.order(), i.Source.STREAM, phone()),
        i.LegGone(story.order(), i.Source.STREAM, "ada"),
        i.RosterSeen(story.order(), i.Source.READ, (browser(),), True, True, False),
        i.ConferenceSeen(story.order(), i.Source.STREAM, False, True, True),
        i.ConferenceGone(story.order(), "host-ended"),
        i.ControlTaken("own2"),
        i.EyesLost(),
        i.EyesBack(),
        i.RoomCalled("codec2"),
        i.PrisonerOut(OFFICER),
        i.Remove("ada", OFFICER),
        i.Refuse("ada", OFFICER),
        i.EmptySeen(),
        i.WakeUp(),
    ]
    for given in late:
        story.when(given).nothing()
    presses: list[i.Press] = [
        i.Open(OFFICER),
        i.LockRoom(OFFICER),
        i.UnlockRoom(OFFICER),
        i.Admit("ada", OFFICER),
        i.CallRoom(OFFICER),
        i.PrisonerIn(OFFICER, True, "note-1"),
        i.Pause(OFFICER),
        i.Signalled(OFFICER),
        i.ShareAnnounced(OFFICER),
        i.TroubleReported(OFFICER),
        i.ReminderGiven(OFFICER),
        i.OfficerLeft(OFFICER),
        i.Waive("att-lawyer", OFFICER),
        i.ClaimRoom("ada", OFFICER),
        i.CheckId("ada", "att-lawyer", (), OFFICER),
        i.Extend(START + 9 * HOUR, OFFICER),
        i.ReplaceVmr("wvkqjhzrtm", OFFICER),
    ]
    for press in presses:
        story.when(press)
        assert story.refused is not None, press


def test_the_vmr_is_deleted_once_and_our_token_given_back() -> None:
    story = ended()
    assert story.one(c.DeleteVmr) == c.DeleteVmr(1, "vmrd-s1-1")
    assert story.one(c.ReleaseControl)
    assert not story.after(HOUR).has(c.DeleteVmr), "the dispatcher keeps trying by itself"


def test_the_link_is_dead_when_no_node_answers_after_replication() -> None:
    story = ended().when(i.VmrDeleted(1), after=SECOND).after(DEAD_AFTER - 1)
    assert not story.has(c.ProbeAlias)
    story.after(1)
    assert story.one(c.ProbeAlias)
    story.when(i.AliasProbed(1, 1, 2))
    assert story.session.watched
    assert story.after(15 * SECOND).one(c.ProbeAlias)
    story.when(i.AliasProbed(1, 0, 2, unreached=1))
    assert story.session.link_dead_at is None, "a node that was not reached may still answer"
    story.when(i.AliasProbed(1, 0, 2))
    assert story.has(f.LinkDead)
    assert not story.session.watched


def test_whoever_dialled_a_dying_link_unseen_is_put_out_once_nobody_else_can() -> None:
    story = dead(ended())
    assert story.one(c.EndInstance) == c.EndInstance("vmrd-s1-1")
    story.when(i.AliasProbed(1, 0, 2)).nothing()


def test_a_link_that_still_answers_long_after_its_deletion_is_deleted_again() -> None:
    story = ended().when(i.VmrDeleted(1), after=SECOND).after(DEAD_AFTER)
    assert not story.has(c.DeleteVmr)
    story.when(i.AliasProbed(1, 2, 2))
    assert story.one(c.DeleteVmr) == c.DeleteVmr(1, "vmrd-s1-1")
    story.when(i.VmrDeleted(1)).nothing()
    assert story.after(15 * SECOND).one(c.ProbeAlias)
    assert not story.has(c.DeleteVmr)
    assert story.after(90 * SECOND).has(c.DeleteVmr)
    story.when(i.AliasProbed(1, 0, 2))
    assert story.session.link_dead_at is not None


def test_a_probe_from_before_the_deletion_proves_nothing() -> None:
    story = preparing().when(i.VmrEnsured(1)).after(MINUTE)
    assert story.has(c.ProbeAlias)
    story.when(i.Cancel(2, "withdrawn")).when(i.VmrDeleted(1)).when(i.AliasProbed(1, 0, 2))
    assert story.session.link_dead_at is None
    assert story.session.watched


@pytest.mark.parametrize("deleted", [False, True])
def test_a_stray_conference_under_a_dead_name_is_ended_without_a_token(deleted: bool) -> None:
    story = ended()
    if deleted:
        story.when(i.VmrDeleted(1), after=SECOND)
    story.when(i.InstanceSeen("conf-2"), after=SECOND)
    assert story.one(f.StrayInstanceSeen).instance == "conf-2"
    assert story.one(c.EndInstance) == c.EndInstance("vmrd-s1-1")
    assert "stray-instance" in story.alerts()
    story.when(i.InstanceSeen("conf-2")).nothing()
    assert story.after(3 * SECOND).one(c.EndInstance)
    story.when(i.EmptySeen())
    assert "stray-instance" not in story.alerts()
    assert story.when(i.InstanceSeen("conf-3")).one(c.EndInstance), "the next one too, and at once"


def test_an_empty_look_at_a_cancelled_session_sends_nothing_again() -> None:
    story = preparing().when(i.VmrEnsured(1)).when(i.Cancel(2, "withdrawn"))
    assert story.one(c.EndInstance)
    story.when(i.EmptySeen()).nothing()
    story.when(i.EmptySeen(), after=SECOND).nothing()


def test_secrets_are_wiped_where_there_never_was_a_vmr() -> None:
    story = planned().when(i.Cancel(2, "withdrawn")).in_phase(Phase.CANCELLED)
    assert story.one(c.WipeSecrets)
    assert not story.has(c.DeleteVmr)
    story.when(i.CommandDone("wipe")).then(f.SecretsWiped)
    story.when(i.CommandDone("wipe")).nothing()


def test_a_cancelled_session_is_seen_to_its_dead_link_and_wiped() -> None:
    story = dead(ready().when(i.Cancel(2, "withdrawn")))
    assert story.in_phase(Phase.CANCELLED).one(c.WipeSecrets)
    assert story.session.outcome is None


def test_late_comers_of_an_ending_meeting_are_put_out() -> None:
    story = ending().seen(waiting("bo", "Bo"))
    assert c.DisconnectLeg("bo") in story.commands
    story.seen(phone(where=Where.WAITING))
    assert c.DisconnectLeg("phone") in story.commands


def test_the_outcome_lists_who_was_checked_even_if_they_left_before_the_end() -> None:
    story = dead(checked().gone("ada").when(i.End(OFFICER)).when(i.EmptySeen(), after=SECOND))
    story.when(i.EmptySeen(), after=SECOND)
    assert story.session.outcome is None
    second = dead(secure().when(i.End(OFFICER)).when(i.EmptySeen()).when(i.EmptySeen(), after=5 * SECOND))
    assert second.session.outcome is not None
    assert second.session.outcome.attended == ("att-lawyer",)
    assert not second.session.outcome.prisoner_attended
