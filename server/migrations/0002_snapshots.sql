-- Credentials of edges: each fetches the snapshots of one organization, and nothing else.
CREATE TABLE edge_credentials (
    org TEXT NOT NULL REFERENCES organizations (name) DEFERRABLE INITIALLY DEFERRED,
    name TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL UNIQUE,
    last4 TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT,
    PRIMARY KEY (org, name)
);

-- Keys that manifests are signed with: published from the beginning, signing from a time on, and
-- withdrawn in the end.
CREATE TABLE snapshot_keys (
    id TEXT PRIMARY KEY,
    seed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    signs_from BIGINT NOT NULL,
    gone_from BIGINT
);

-- Which generation each edge has applied, as it said itself; no number when it only fetched. It
-- outlives the edge's credential: what was fetched is decided from for a while.
CREATE TABLE edge_receipts (
    org TEXT NOT NULL REFERENCES organizations (name) DEFERRABLE INITIALLY DEFERRED,
    edge TEXT NOT NULL,
    instance TEXT NOT NULL,
    generation BIGINT,
    applied_at BIGINT,
    seen_at BIGINT NOT NULL,
    live_until BIGINT NOT NULL,
    PRIMARY KEY (org, edge, instance)
);
