"""Explanations as people read them: what is denied, every obstacle, and what would help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tokenward._native import Decision, Remedy
from tokenward.errors import TokenwardError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tokenward.types import FullExplanationDict, ObstacleDict
    from tokenward.words import Check, Reason

    Kind = TypeVar("Kind", bound="Explanation")

__all__ = ["ExplainedError", "Explanation", "Obstacle", "Preflight"]


@dataclass(frozen=True)
class Obstacle:
    """One thing that stands in a token's way, and what would remove it."""

    check: Check
    reason: Reason
    message: str | None
    remedy: Remedy | None

    @classmethod
    def from_dict(cls, told: ObstacleDict) -> Obstacle:
        """An obstacle from its JSON form."""
        remedy = told["remedy"]
        who = Remedy(remedy["who"], remedy["do"], remedy["text"]) if remedy else None
        return cls(check=told["check"], reason=told["reason"], message=told["message"], remedy=who)

    def __str__(self) -> str:
        lines = [f"{self.reason}: {self.message}" if self.message else self.reason]
        lines += [f"  {self.remedy.text}"] if self.remedy else []
        return "\n".join(lines)


@dataclass(frozen=True)
class Explanation:
    """Why one action is allowed or denied; true when it is allowed.

    Attributes:
        action: the action; `None` where the token alone is in the way, or nobody may do it.
        resource: like `model:acme/bert`; `None` likewise.
        decision: the decision; its reason is that of the first obstacle.
        obstacles: everything that stands in the way, in the order of the checks; none when allowed.
    """

    action: str | None
    resource: str | None
    decision: Decision
    obstacles: tuple[Obstacle, ...]

    @classmethod
    def from_dict(cls: type[Kind], told: FullExplanationDict) -> Kind:
        """An explanation from its JSON form."""
        resource = told["resource"]
        return cls(
            action=told["action"],
            resource=f"{resource['type']}:{resource['name']}" if resource else None,
            decision=Decision.from_dict(told),
            obstacles=tuple(Obstacle.from_dict(obstacle) for obstacle in told["obstacles"]),
        )

    def __bool__(self) -> bool:
        return self.decision.allowed

    def __str__(self) -> str:
        return "\n".join([f"{self._about()} is {'allowed' if self else 'denied'}", *map(_item, _told_once(self.obstacles))])

    def _about(self) -> str:
        return f"`{self.action}` on {self.resource}" if self.action and self.resource else "the request"


class Preflight(Explanation):
    """What `preflight` found out."""

    def raise_for_denied(self) -> None:
        """Does nothing when it is allowed.

        Raises:
            ExplainedError: it is denied.
        """
        if not self:
            raise ExplainedError([self])


class ExplainedError(TokenwardError):
    """Something is denied, and this is why: all obstacles, each with its remedy.

    Out of `explained()` it is also of the class of the error that it explains, and has its attributes.

    Attributes:
        explanations: one for each thing that is denied.
        obstacles: all of theirs, each once.
        status: the HTTP status that goes with the first.
        reason: its reason code.
        message: what its user is told.
        remedy: what would help against it, a sentence.
    """

    def __init__(self, explanations: Sequence[Explanation]) -> None:
        # Not `super()`: next to another class in line, that would be the other's.
        Exception.__init__(self, explanations)
        self._tell(explanations)

    def _tell(self, explanations: Sequence[Explanation]) -> None:
        decision = explanations[0].decision
        self.explanations = tuple(explanations)
        self.obstacles = tuple(_unique(obstacle for told in explanations for obstacle in told.obstacles))
        self.status = decision.status
        self.reason = decision.reason
        self.message = decision.message
        self.remedy = decision.remedy.text if decision.remedy else None

    def __str__(self) -> str:
        denied = [f"{told._about()} is denied" for told in self.explanations]
        return "\n".join([*denied, *map(_item, _told_once(self.obstacles))])


def _unique(obstacles: Iterable[Obstacle]) -> Iterable[Obstacle]:
    return dict.fromkeys(obstacles)


def _told_once(obstacles: Iterable[Obstacle]) -> Iterable[Obstacle]:
    """Those that say something new: two checks can fail for the same reason."""
    once: dict[object, Obstacle] = {}
    for told in obstacles:
        once.setdefault((told.reason, told.message, told.remedy), told)
    return once.values()


def _item(obstacle: Obstacle) -> str:
    return "- " + str(obstacle).replace("\n", "\n  ")
