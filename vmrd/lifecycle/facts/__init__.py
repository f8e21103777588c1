"""What happened, in the past tense: the journal's vocabulary.

Facts carry references, never a name, number, PIN or token. `by` is an officer's account name, or None where vmrd acted
by rule. A fact's fields are everything `evolve` needs, so the journal alone rebuilds the session. Renaming or
re-typing a field needs an upgrader in the store's codec.
"""

from __future__ import annotations

from vmrd.lifecycle.facts.booking import (
    Amended,
    AmendmentHeld,
    Approved,
    CancellationHeld,
    EndRequested,
    EvidenceReceived,
    EvidenceWithdrawn,
    Expected,
    Extended,
    LetterDue,
    Noted,
    OutcomeConfirmed,
    OutcomeProposed,
    PhaseChanged,
    Planned,
    PrisonerRenumbered,
    Reminded,
    RoomWorksChanged,
    Waived,
)
from vmrd.lifecycle.facts.door import PhoneTurnedAway
from vmrd.lifecycle.facts.meeting import (
    AdmitRequested,
    Exposed,
    KnockAnswered,
    Knocked,
    KnockEscalated,
    LegLeft,
    LegObserved,
    Locked,
    LockRequested,
    MeetingLost,
    MeetingObserved,
    Opened,
    OpeningFellBack,
    OpeningStepped,
    OpenRequested,
    PlaceKnown,
    RefusalRequested,
    RemovalRequested,
    RoomConnected,
    RoomLost,
    Unlocked,
    UnlockRequested,
)
from vmrd.lifecycle.facts.officer import (
    AlertAcknowledged,
    AlertEnded,
    AlertRaised,
    BreachBegan,
    BreachEnded,
    Checked,
    CheckVoided,
    DealingBegan,
    DealingLapsed,
    EveryoneLeft,
    OfficerLeftTicked,
    Paused,
    PrisonerCameIn,
    PrisonerWentOut,
    ReminderTicked,
    Resumed,
    Revealed,
    ShareAnnounced,
    SightReturned,
    SomeoneReturned,
    TimeWarned,
    WentBlind,
)
from vmrd.lifecycle.facts.platform import (
    AliasAnswered,
    Asked,
    AskEnded,
    AskFailed,
    ControlHeld,
    ControlWanted,
    EmptinessBroken,
    LinkDead,
    OrderAdvanced,
    PinBurnt,
    SecretsWiped,
    SeenEmpty,
    StrayInstanceSeen,
    TagUsed,
    VmrCreated,
    VmrGone,
    VmrReplaced,
)

__all__ = [
    "AdmitRequested",
    "AlertAcknowledged",
    "AlertEnded",
    "AlertRaised",
    "AliasAnswered",
    "Amended",
    "AmendmentHeld",
    "Approved",
    "AskEnded",
    "AskFailed",
    "Asked",
    "BreachBegan",
    "BreachEnded",
    "CancellationHeld",
    "CheckVoided",
    "Checked",
    "ControlHeld",
    "ControlWanted",
    "DealingBegan",
    "DealingLapsed",
    "EmptinessBroken",
    "EndRequested",
    "EveryoneLeft",
    "EvidenceReceived",
    "EvidenceWithdrawn",
    "Expected",
    "Exposed",
    "Extended",
    "Fact",
    "KnockAnswered",
    "KnockEscalated",
    "Knocked",
    "LegLeft",
    "LegObserved",
    "LetterDue",
    "LinkDead",
    "LockRequested",
    "Locked",
    "MeetingLost",
    "MeetingObserved",
    "Noted",
    "OfficerLeftTicked",
    "OpenRequested",
    "Opened",
    "OpeningFellBack",
    "OpeningStepped",
    "OrderAdvanced",
    "OutcomeConfirmed",
    "OutcomeProposed",
    "Paused",
    "PhaseChanged",
    "PhoneTurnedAway",
    "PinBurnt",
    "PlaceKnown",
    "Planned",
    "PrisonerCameIn",
    "PrisonerRenumbered",
    "PrisonerWentOut",
    "RefusalRequested",
    "Reminded",
    "ReminderTicked",
    "RemovalRequested",
    "Resumed",
    "Revealed",
    "RoomConnected",
    "RoomLost",
    "RoomWorksChanged",
    "SecretsWiped",
    "SeenEmpty",
    "ShareAnnounced",
    "SightReturned",
    "SomeoneReturned",
    "StrayInstanceSeen",
    "TagUsed",
    "TimeWarned",
    "UnlockRequested",
    "Unlocked",
    "VmrCreated",
    "VmrGone",
    "VmrReplaced",
    "Waived",
    "WentBlind",
]

Fact = (
    Planned
    | Amended
    | AmendmentHeld
    | CancellationHeld
    | PrisonerRenumbered
    | RoomWorksChanged
    | Approved
    | Reminded
    | LetterDue
    | PhaseChanged
    | VmrCreated
    | AliasAnswered
    | VmrReplaced
    | ControlWanted
    | TagUsed
    | ControlHeld
    | LegObserved
    | LegLeft
    | PlaceKnown
    | MeetingObserved
    | MeetingLost
    | OrderAdvanced
    | Locked
    | Unlocked
    | LockRequested
    | UnlockRequested
    | OpenRequested
    | OpeningStepped
    | OpeningFellBack
    | Opened
    | RoomConnected
    | RoomLost
    | Asked
    | AskEnded
    | AskFailed
    | Knocked
    | KnockAnswered
    | KnockEscalated
    | AdmitRequested
    | RefusalRequested
    | RemovalRequested
    | Exposed
    | PhoneTurnedAway
    | Checked
    | CheckVoided
    | Expected
    | Waived
    | EvidenceReceived
    | EvidenceWithdrawn
    | PrisonerCameIn
    | PrisonerWentOut
    | Paused
    | Resumed
    | BreachBegan
    | BreachEnded
    | WentBlind
    | SightReturned
    | ReminderTicked
    | OfficerLeftTicked
    | ShareAnnounced
    | Extended
    | TimeWarned
    | PinBurnt
    | AlertRaised
    | AlertAcknowledged
    | AlertEnded
    | DealingBegan
    | DealingLapsed
    | EveryoneLeft
    | SomeoneReturned
    | EndRequested
    | SeenEmpty
    | EmptinessBroken
    | VmrGone
    | StrayInstanceSeen
    | LinkDead
    | SecretsWiped
    | OutcomeProposed
    | OutcomeConfirmed
    | Noted
    | Revealed
)
