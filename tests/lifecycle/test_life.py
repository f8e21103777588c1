"""From plan to closed: what each phase waits for, and what it asks of Pexip meanwhile."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.lifecycle.story import (
    END,
    LAWYER,
    OFFICER,
    START,
    TAG,
    Story,
    arrived,
    browser,
    codec,
    ended,
    opened,
    own,
    plan,
    planned,
    preparing,
    private,
    ready,
    waiting,
)
from vmrd.lifecycle import commands as c
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle import reminders
from vmrd.lifecycle.evolve import fold
from vmrd.lifecycle.rules import HOUR, MINUTE, SECOND, Rules
from vmrd.lifecycle.words import Control, Phase, Purpose, Result, Role


def test_a_session_goes_through_every_phase_to_closed_and_its_secrets_are_wiped() -> None:
    story = ended().when(i.VmrDeleted(1))
    story.after(story.rules.replication + story.rules.watch_after_delete)
    assert story.one(c.ProbeAlias) == c.ProbeAlias(1, "hqzkwtrmvx")
    story.when(i.AliasProbed(1, 0, 2)).when(i.ConfirmOutcome(OFFICER))
    assert story.one(c.WipeSecrets)
    story.when(i.CommandDone("wipe"))
    assert story.session.secrets_wiped
    assert story.phases() == [
        Phase.PLANNED,
        Phase.PREPARING,
        Phase.READY,
        Phase.OPENING,
        Phase.OPEN,
        Phase.PRIVATE,
        Phase.OPEN,
        Phase.ENDING,
        Phase.ENDED,
        Phase.CLOSED,
    ]


def test_planning_twice_plans_once() -> None:
    story = planned()
    before = story.session
    story.when(plan()).nothing()
    assert story.session == before


def test_an_input_for_no_session_is_refused() -> None:
    Story().when(i.Open(OFFICER)).refuses("unknown-session")


def test_the_vmr_is_asked_for_a_day_ahead_and_at_once_when_booked_late() -> None:
    story = planned()
    assert story.commands == (c.Tell("session.accepted", 1),)
    assert story.wake == START - 24 * HOUR
    late = planned(now=START - HOUR)
    assert late.one(c.EnsureVmr) == c.EnsureVmr(1, "vmrd-s1-1", "hqzkwtrmvx")


def test_the_vmr_is_asked_for_again_until_it_stands_quickly_at_first_then_slowly() -> None:
    story = preparing()
    asked = [story.now]
    while len(asked) < 8:
        assert story.session.phase is Phase.PREPARING
        story.at(story.wake or 0)
        if story.has(c.EnsureVmr):
            asked.append(story.now)
    gaps = [(later - former) // SECOND for former, later in pairwise(asked)]
    assert gaps == [2, 2, 2, 4, 8, 16, 30]


def test_nodes_are_probed_gently_and_the_room_is_ready_when_every_one_answers() -> None:
    story = preparing().when(i.VmrEnsured(1))
    assert not story.has(c.ProbeAlias)
    story.after(MINUTE)
    assert story.one(c.ProbeAlias)
    story.when(i.AliasProbed(1, 1, 2)).in_phase(Phase.PREPARING).after(story.rules.probe_every)
    assert story.one(c.ProbeAlias)
    story.when(i.AliasProbed(1, 2, 2)).in_phase(Phase.READY)
    assert c.Tell("session.ready", story.session.version) in story.commands


def test_a_room_not_ready_by_the_start_is_shown_and_fails_in_the_end() -> None:
    story = preparing().when(i.VmrEnsured(1)).at(START)
    assert "vmr-late" in story.alerts()
    story.at(START + 15 * MINUTE).in_phase(Phase.FAILED)
    assert story.session.reason == "vmr"
    assert story.one(c.DeleteVmr)
    assert story.one(c.EndInstance)


def test_a_vmr_whose_making_was_never_confirmed_is_deleted_all_the_same_when_the_session_fails() -> None:
    story = preparing().at(START + 15 * MINUTE).in_phase(Phase.FAILED)
    assert story.has(c.DeleteVmr)
    assert story.session.watched


def test_a_link_whose_making_was_in_flight_at_the_cancellation_is_deleted() -> None:
    story = preparing().when(i.Cancel(2, "withdrawn")).in_phase(Phase.CANCELLED)
    assert story.one(c.DeleteVmr) == c.DeleteVmr(1, "vmrd-s1-1")
    assert not story.has(c.WipeSecrets)


def test_a_link_made_after_it_was_deleted_is_deleted_again() -> None:
    story = preparing().when(i.Cancel(2, "withdrawn")).when(i.VmrDeleted(1), after=SECOND)
    story.when(i.VmrEnsured(1), after=SECOND)
    assert story.one(c.DeleteVmr)
    story.when(i.VmrDeleted(1), after=SECOND).after(story.rules.replication + story.rules.watch_after_delete)
    story.when(i.AliasProbed(1, 0, 2))
    assert story.session.link_dead_at is not None


def test_a_supervisor_who_replaces_the_link_after_the_start_does_not_fail_the_session_at_once() -> None:
    story = ready().at(START + 16 * MINUTE).when(i.ReplaceVmr("wvkqjhzrtm", OFFICER)).in_phase(Phase.PREPARING)
    assert story.one(c.EnsureVmr) == c.EnsureVmr(2, "vmrd-s1-2", "wvkqjhzrtm")
    story.when(i.VmrEnsured(2)).when(i.AliasProbed(2, 2, 2)).in_phase(Phase.READY)


def test_people_who_wait_behind_a_replaced_link_are_put_out_of_it() -> None:
    story = arrived().when(i.ReplaceVmr("wvkqjhzrtm", OFFICER))
    assert story.one(c.DeleteVmr) == c.DeleteVmr(1, "vmrd-s1-1")
    assert story.one(c.EndInstance) == c.EndInstance("vmrd-s1-1")
    assert story.session.held() == []
    story.when(i.ReplaceVmr("wvkqjhzrtm", OFFICER)).nothing()


def test_a_link_is_replaced_only_before_the_meeting_opens_or_once_its_pin_is_known() -> None:
    opened().when(i.ReplaceVmr("wvkqjhzrtm", OFFICER)).refuses("not-now")
    private().when(i.ReplaceVmr("wvkqjhzrtm", OFFICER)).refuses("not-now")
    planned().when(i.ReplaceVmr("wvkqjhzrtm", OFFICER)).refuses("not-now")


def test_a_burnt_pin_is_replaced_while_the_meeting_runs_and_it_is_opened_anew() -> None:
    story = opened().seen(browser("bo", "Bo", role=Role.HOST)).when(i.ReplaceVmr("wvkqjhzrtm", OFFICER))
    assert story.one(c.EndInstance) == c.EndInstance("vmrd-s1-1"), "whoever came in with the PIN is put out"
    assert not story.in_phase(Phase.PREPARING).session.pin_burnt
    assert story.session.inside() == []
    story.when(i.VmrEnsured(2)).when(i.AliasProbed(2, 2, 2)).in_phase(Phase.READY)
    story.when(i.ControlTaken("own2")).roster(own("own2"), waiting("ada2")).when(i.Open(OFFICER))
    story.roster(own("own2"), browser("ada2"), started=True).when(i.RoomCalled("codec2")).seen(codec("codec2"))
    assert "unchecked:ada2" in story.in_phase(Phase.OPEN).dark(), "every check begins anew"


def test_a_link_is_not_replaced_while_the_prisoner_is_in_the_room() -> None:
    story = private().lost().in_phase(Phase.INTERRUPTED)
    story.when(i.ReplaceVmr("wvkqjhzrtm", OFFICER)).refuses("prisoner-in")
    story.when(i.PrisonerOut(OFFICER)).when(i.ReplaceVmr("wvkqjhzrtm", OFFICER)).in_phase(Phase.PREPARING)


def test_answers_about_a_replaced_vmr_change_nothing() -> None:
    story = ready().when(i.ReplaceVmr("wvkqjhzrtm", OFFICER))
    story.when(i.VmrDeleted(1)).then(f.AskEnded)
    story.when(i.VmrDeleted(1)).nothing()
    story.when(i.AliasProbed(1, 2, 2)).nothing()


@pytest.mark.parametrize("late", [i.VmrEnsured(1), i.CommandFailed("ensure:1", i.Failure.UNCERTAIN)])
def test_a_burnt_link_that_was_made_after_its_deletion_does_not_go_on_living(late: i.CommandOutcome) -> None:
    story = preparing().when(i.ReplaceVmr("wvkqjhzrtm", OFFICER)).when(late, after=SECOND)
    assert story.one(c.DeleteVmr) == c.DeleteVmr(1, "vmrd-s1-1"), "the one under way may have found nothing"
    story.when(i.VmrDeleted(1), after=SECOND).when(late, after=SECOND)
    assert story.one(c.DeleteVmr) == c.DeleteVmr(1, "vmrd-s1-1")
    story.when(i.CommandFailed("ensure:2", i.Failure.UNCERTAIN))
    assert not story.has(c.DeleteVmr)


def test_control_is_wanted_when_somebody_waits_or_the_start_is_near() -> None:
    story = preparing().when(i.VmrEnsured(1)).when(i.AliasProbed(1, 2, 2))
    assert not story.session.watched
    story.at(START - 15 * MINUTE).then(f.ControlWanted)
    assert story.session.watched
    early = preparing().when(i.VmrEnsured(1)).when(i.AliasProbed(1, 2, 2))
    early.when(i.LegSeen(early.order(), i.Source.HINT, waiting()))
    assert early.session.watched


def test_nobody_opened_is_alerted_then_ended_as_no_show_or_never_opened() -> None:
    empty = ready().at(START + 5 * MINUTE)
    assert "late-open" in empty.alerts()
    assert c.Tell("session.late_open", empty.session.version) in empty.commands
    empty.at(END + 5 * MINUTE).in_phase(Phase.ENDING)
    assert empty.session.ending_why == "no-show"
    assert "late-open" not in empty.alerts()
    came = arrived().at(END + 5 * MINUTE).in_phase(Phase.ENDING)
    assert came.session.ending_why == "never-opened"


@pytest.mark.parametrize(("came", "result"), [(False, Result.VISITOR_NO_SHOW), (True, Result.NEVER_OPENED)])
def test_the_outcome_says_whether_anybody_came(came: bool, result: Result) -> None:
    story = (arrived() if came else ready()).at(END + 5 * MINUTE)
    story.when(i.EmptySeen(), after=SECOND).when(i.EmptySeen(), after=5 * SECOND)
    story.when(i.VmrDeleted(1)).after(150 * SECOND).when(i.AliasProbed(1, 0, 2))
    assert story.session.outcome is not None
    assert story.session.outcome.result is result


def test_a_meeting_that_was_opened_to_nobody_is_a_no_show() -> None:
    story = ready().at(START).when(i.Open(OFFICER)).roster(own(), started=True)
    story.when(i.RoomCalled("codec")).seen(codec()).in_phase(Phase.OPEN).when(i.End(OFFICER))
    story.when(i.EmptySeen(), after=SECOND).when(i.EmptySeen(), after=5 * SECOND)
    story.when(i.VmrDeleted(1)).after(150 * SECOND).when(i.AliasProbed(1, 0, 2))
    assert story.session.outcome is not None
    assert story.session.outcome.result is Result.VISITOR_NO_SHOW


def test_an_approval_is_waited_for_until_the_end_and_no_longer() -> None:
    story = planned(needs_approval=True).at(START).in_phase(Phase.PLANNED)
    late = planned(needs_approval=True).at(END).in_phase(Phase.FAILED)
    assert late.session.reason == "not-approved"
    assert late.one(c.WipeSecrets)
    assert late.one(c.Tell).event == "session.declined"
    story.when(i.Approve(OFFICER)).in_phase(Phase.PREPARING)
    assert story.one(c.Tell).event == "session.accepted"
    story.when(i.Approve(OFFICER)).nothing()


@pytest.mark.parametrize("control", [Control.OBSERVE, Control.NONE])
def test_a_room_that_is_not_ours_is_timed_and_noted_but_never_called_secure(control: Control) -> None:
    story = planned(control=control, purpose=Purpose.COURT_HEARING).at(START - 15 * MINUTE).in_phase(Phase.READY)
    version = story.session.version
    assert story.commands == (c.Tell("session.reminder", version - 1), c.Tell("session.ready", version))
    story.when(i.Open(OFFICER)).refuses("not-our-room")
    story.when(i.LockRoom(OFFICER)).refuses("not-running")
    story.at(START).when(i.PrisonerIn(OFFICER, eyes_fresh=False)).then(f.PrisonerCameIn)
    assert story.dark() == {"not-our-room"}
    assert story.light().because is None
    assert not story.session.watched
    story.at(END - 10 * MINUTE)
    assert "time-left:10" in story.alerts()
    story.at(END + HOUR).in_phase(Phase.READY)
    assert "overrun" in story.alerts()
    story.when(i.PrisonerOut(OFFICER)).when(i.End(OFFICER)).in_phase(Phase.ENDED)
    assert story.session.outcome is not None
    assert story.session.outcome.prisoner_attended
    story.when(i.PrisonerIn(OFFICER, eyes_fresh=False)).refuses("over")


def test_a_prisoner_cannot_be_marked_in_for_a_court_room_before_its_day() -> None:
    planned(control=Control.NONE).when(i.PrisonerIn(OFFICER, eyes_fresh=False)).refuses("not-running")


def test_opening_is_refused_before_its_time_and_while_the_room_is_taken() -> None:
    preparing().when(i.Open(OFFICER)).refuses("not-ready")
    early = preparing().when(i.VmrEnsured(1)).when(i.AliasProbed(1, 2, 2))
    early.when(i.Open(OFFICER)).refuses("too-early")
    assert early.refused is not None
    assert "15 minutes" in early.refused.sentence
    arrived().when(i.Open(OFFICER, room_busy_with="s0")).refuses("room-busy")
    ended().when(i.Open(OFFICER)).refuses("over")


def test_opening_twice_opens_once() -> None:
    story = arrived().when(i.Open(OFFICER)).in_phase(Phase.OPENING)
    story.when(i.Open("a.n.other")).nothing()


def test_ending_an_early_ready_room_is_seen_through_to_its_end() -> None:
    story = preparing().when(i.VmrEnsured(1)).when(i.AliasProbed(1, 2, 2)).when(i.End(OFFICER)).in_phase(Phase.ENDING)
    assert story.session.watched


def test_there_is_nothing_to_end_before_the_room_stands() -> None:
    preparing().when(i.End(OFFICER)).refuses("not-running")


def test_a_session_left_unconfirmed_closes_by_itself_after_a_day() -> None:
    story = ended().when(i.VmrDeleted(1)).after(150 * SECOND).when(i.AliasProbed(1, 0, 2))
    assert story.session.outcome is not None
    assert story.session.outcome.attended == (LAWYER.ref,)
    story.at((story.session.ended_at or 0) + 24 * HOUR).in_phase(Phase.CLOSED)
    assert story.session.outcome.confirmed_by is None


def test_an_officer_may_confirm_another_outcome_than_proposed() -> None:
    story = ended()
    story.when(i.ConfirmOutcome(OFFICER)).refuses("no-outcome")
    story.when(i.VmrDeleted(1)).after(150 * SECOND).when(i.AliasProbed(1, 0, 2))
    story.when(i.ConfirmOutcome(OFFICER, Result.PRISONER_EARLY)).in_phase(Phase.CLOSED)
    assert story.session.outcome is not None
    assert (story.session.outcome.result, story.session.outcome.confirmed_by) == (Result.PRISONER_EARLY, OFFICER)
    story.when(i.ConfirmOutcome(OFFICER, Result.NORMAL)).nothing()


def test_a_tag_is_remembered_and_our_leg_told_from_people() -> None:
    story = ready()
    assert story.session.own_tags == (TAG,)
    assert story.session.people_inside() == []
    story.when(i.ControlTagged(TAG)).nothing()
    story.when(i.ControlTaken("own")).nothing()


def test_the_rules_of_an_establishment_decide_when_it_may_open() -> None:
    story = ready(Rules(open_before=30 * MINUTE)).at(START - 30 * MINUTE).roster(own(), browser())
    story.when(i.Open(OFFICER)).in_phase(Phase.OPENING)


def test_a_note_is_written_once() -> None:
    story = private().when(i.Note("note-1", OFFICER)).then(f.Noted)
    story.when(i.Note("note-1", OFFICER)).nothing()


def test_a_journal_begins_with_the_plan_and_has_one() -> None:
    story = planned()
    with pytest.raises(ValueError, match="begins"):
        fold(story.journal[1:] or [f.ControlWanted()])
    with pytest.raises(ValueError, match="once"):
        fold([*story.journal, story.journal[0]])


def test_rules_that_contradict_each_other_are_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminders, "settle", lambda draft: draft.fact(f.Noted("again", OFFICER, draft.now)))
    with pytest.raises(RuntimeError, match="never settle"):
        private().when(i.WakeUp())


def test_who_looked_at_a_pin_or_a_hidden_name_is_written_down_while_there_is_one() -> None:
    story = private().when(i.Reveal("host-pin", None, OFFICER)).then(f.Revealed)
    gone = planned().when(i.Cancel(2, "withdrawn")).when(i.CommandDone("wipe"))
    gone.when(i.Reveal("host-pin", None, OFFICER)).refuses("wiped")
    assert story.session.phase is Phase.PRIVATE
