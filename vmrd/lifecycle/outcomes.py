"""What became of a command. A command that was carried out proves little: what it did is known when Pexip shows it.

So `CommandDone` writes nothing (but for letters and the wiping of secrets, which Pexip cannot show), and a failure is
written down only where somebody should know; the next try follows from `Draft.ask`, which repeats until the effect
shows.
"""

from __future__ import annotations

from typing import assert_never

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.commands import LETTER, DeleteVmr, EndInstance, key
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.inputs import (
    AliasProbed,
    CommandDone,
    CommandFailed,
    CommandOutcome,
    Failure,
    RoomCalled,
    VmrDeleted,
    VmrEnsured,
)
from vmrd.lifecycle.words import OVER, RUNNING, Phase, Where


def outcome(draft: Draft, given: CommandOutcome) -> None:
    """Take down what became of a command; late outcomes of a former generation change nothing."""
    session = draft.session
    match given:
        case VmrEnsured(generation=generation):
            undone = session.vmr_deleted_at is not None  # it was made after all, behind the back of its deletion
            if generation == session.generation and (session.vmr_created_at is None or undone):
                draft.fact(f.VmrCreated(generation, draft.now))
                draft.end_ask(f"ensure:{generation}")
                if undone:
                    draft.end_ask(f"probe:{generation}")
            elif generation < session.generation:
                _stands_after_all(draft, generation)
            else:
                draft.end_ask(f"ensure:{generation}")  # it stood, and its settings are right again
        case AliasProbed(generation=generation):
            if generation == session.generation:
                _probed(draft, given)
        case RoomCalled(leg=leg):
            known = session.legs.get(leg)
            gone = known is not None and known.where is Where.LEFT
            if not gone and not session.endpoint_inside and session.endpoint.leg != leg and session.phase in RUNNING:
                draft.fact(f.RoomConnected(leg, None))
        case VmrDeleted(generation=generation):
            if generation == session.generation and session.vmr_deleted_at is None and session.phase in OVER:
                draft.fact(f.VmrGone(draft.now))
                draft.end_ask(f"delete:{generation}")
            elif generation < session.generation:
                draft.end_ask(f"delete:{generation}")
        case CommandDone(key=name):
            if name == "wipe" and not session.secrets_wiped:
                draft.fact(f.SecretsWiped())
            elif name.startswith(LETTER):
                draft.end_ask(name)
        case CommandFailed(key=name, why=why):
            what, _, number = name.partition(":")
            if what == "ensure" and int(number) < session.generation and why is not Failure.REFUSED:
                _stands_after_all(draft, int(number))
            _failed(draft, name, why)
        case _:
            assert_never(given)


def _stands_after_all(draft: Draft, generation: int) -> None:
    """A replaced vmr was made, or may have been, though its deletion was asked for: the two passed each other.

    A deletion under way may have found nothing, so another follows it: commands of one key are carried out in order.
    """
    delete = DeleteVmr(generation, draft.session.vmr_name_of(generation))
    former = draft.session.asks.get(key(delete))
    if former is None or former.at < draft.now:
        draft.fact(f.Asked(key(delete), draft.now))
        draft.command(delete)


def _probed(draft: Draft, given: AliasProbed) -> None:
    session = draft.session
    if session.nodes_ready != (given.answering, given.nodes):
        draft.fact(f.AliasAnswered(given.answering, given.nodes))
    asked = f"probe:{session.generation}" in session.asks  # an answer from before the deletion proves nothing
    if session.phase in OVER and asked and session.link_dead_at is None:
        # A node that could not be reached may still answer for the alias: the link is not proved dead.
        if given.nodes > 0 and given.answering == given.unreached == 0:
            draft.fact(f.LinkDead(draft.now))
            # Somebody may have dialled while nodes still answered and the status could not be read: from here on no
            # meeting can begin, and this is kept until none is left.
            draft.command(EndInstance(session.vmr_name))
            draft.end_ask(f"probe:{session.generation}")
    elif session.phase is Phase.PREPARING and given.nodes > 0 and given.answering == given.nodes:
        draft.end_ask(f"probe:{session.generation}")


def _failed(draft: Draft, name: str, why: Failure) -> None:
    ask = draft.session.asks.get(name)
    if ask is None or why is Failure.GONE:
        return
    if why is Failure.REFUSED and f"command-refused:{name}" not in draft.session.alerts:
        draft.fact(f.AskFailed(name, why))
        draft.alert("command-refused", name)
