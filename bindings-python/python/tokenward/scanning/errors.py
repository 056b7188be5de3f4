"""What scanning raises."""

from __future__ import annotations

from tokenward.errors import TokenwardError

__all__ = ["BaselineError", "GitError", "ScanError"]


class ScanError(TokenwardError):
    """The root of what scanning raises. A file that cannot be read is not raised but reported."""


class GitError(ScanError):
    """git is not there, or could not read the repository."""


class BaselineError(ScanError):
    """A file of known findings that is none, or cannot be read or written."""
