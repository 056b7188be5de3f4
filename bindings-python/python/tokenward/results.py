"""What calls return that is more than JSON: a new token, a decision of the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tokenward import TokenSecret
    from tokenward.answers import EdgeCredentialDict, OwnTokenDict
    from tokenward.types import DecisionDict, RemedyDict
    from tokenward.words import Reason, Who

__all__ = ["IssuedCredential", "IssuedToken", "ServerDecision", "ServerRemedy"]


@dataclass(frozen=True)
class IssuedToken:
    """A token that was just made or rotated. Its value is shown this once, by `token.reveal()`, and never printed.

    Attributes:
        token: the secret.
        info: what the owner's listing says of it.
    """

    token: TokenSecret
    info: OwnTokenDict


@dataclass(frozen=True)
class IssuedCredential:
    """A credential of an edge that was just issued. Its value is shown this once, by `credential.reveal()`, and never printed.

    Attributes:
        credential: the secret.
        edge: what the listing says of it.
    """

    credential: TokenSecret
    edge: EdgeCredentialDict


@dataclass(frozen=True)
class ServerRemedy:
    """What would make a denied request work: who has to act, a stable code, and a sentence."""

    who: Who
    do: str
    text: str

    def to_dict(self) -> RemedyDict:
        """The JSON form."""
        return {"who": self.who, "do": self.do, "text": self.text}


@dataclass(frozen=True)
class ServerDecision:
    """A decision that a server made, like `tokenward.Decision`: true when it is `allow`.

    >>> decision = ServerDecision("allow", "granted", 200, None, 42, None)
    >>> decision.allowed, bool(decision)
    (True, True)
    """

    decision: Literal["allow", "deny"]
    reason: Reason
    status: int
    message: str | None
    generation: int | None
    remedy: ServerRemedy | None

    @classmethod
    def from_dict(cls, decision: DecisionDict) -> ServerDecision:
        """A decision from its JSON form; the fields of an explanation that it does not have are left out."""
        told = decision["remedy"]
        return cls(
            decision=decision["decision"],
            reason=decision["reason"],
            status=decision["status"],
            message=decision["message"],
            generation=decision["generation"],
            remedy=ServerRemedy(who=told["who"], do=told["do"], text=told["text"]) if told else None,
        )

    def to_dict(self) -> DecisionDict:
        """The decision in its JSON form (contract §5)."""
        return {
            "decision": self.decision,
            "reason": self.reason,
            "status": self.status,
            "message": self.message,
            "generation": self.generation,
            "remedy": self.remedy.to_dict() if self.remedy else None,
        }

    @property
    def allowed(self) -> bool:
        """Whether the request is let through."""
        return self.decision == "allow"

    def __bool__(self) -> bool:
        return self.allowed
