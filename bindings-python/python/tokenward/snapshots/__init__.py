"""Following an organization's signed snapshots, to decide without asking the server: `SnapshotClient`.

* `client` is what a program uses.
* `edge` keeps the newest snapshot and puts the next in its place; `follower` is the thread that tells it when.
* `link` speaks to the server, `events` reads its stream, `cache` keeps a snapshot in a file.

What is right or stale is decided by the compiled engine alone.
"""

from tokenward.snapshots.client import SnapshotClient, SnapshotStatus

__all__ = ["SnapshotClient", "SnapshotStatus"]
