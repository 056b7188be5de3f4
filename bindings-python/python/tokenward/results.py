"""What calls return that is more than JSON and holds a secret: a new token, a new credential."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenward import TokenSecret
    from tokenward.answers import EdgeCredentialDict, OwnTokenDict

__all__ = ["IssuedCredential", "IssuedToken"]


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
