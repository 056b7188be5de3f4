-- The present state of the world, its audit logs, the journal that servers follow, and the outbox.
-- One text for SQLite and PostgreSQL: columns are TEXT, BIGINT (times are milliseconds since 1970)
-- or BOOLEAN. Lists that nobody searches are JSON in TEXT. No raw token is ever kept, only digests.

-- The number of the newest change. Whoever changes anything updates this row first: that is the
-- one write lock, in both databases.
CREATE TABLE journal_head (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    seq BIGINT NOT NULL
);
INSERT INTO journal_head (one, seq) VALUES (1, 0);

-- What the newest changes were, for servers that hold the world in memory.
CREATE TABLE journal (
    seq BIGINT PRIMARY KEY,
    recorded TEXT NOT NULL
);

-- Users, organizations and service accounts share one name space. Nothing is ever deleted here:
-- a name that was taken once is never used again.
CREATE TABLE names (
    key TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL
);

CREATE TABLE users (
    name TEXT PRIMARY KEY REFERENCES names (name) DEFERRABLE INITIALLY DEFERRED,
    id TEXT NOT NULL UNIQUE,
    fullname TEXT,
    email TEXT,
    email_confirmed BOOLEAN NOT NULL,
    suspended BOOLEAN NOT NULL,
    site_admin BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE organizations (
    name TEXT PRIMARY KEY REFERENCES names (name) DEFERRABLE INITIALLY DEFERRED,
    plan TEXT NOT NULL,
    token_policy TEXT NOT NULL,
    generation BIGINT NOT NULL
);

CREATE TABLE service_accounts (
    name TEXT PRIMARY KEY REFERENCES names (name) DEFERRABLE INITIALLY DEFERRED,
    org TEXT NOT NULL REFERENCES organizations (name) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE members (
    org TEXT NOT NULL REFERENCES organizations (name) DEFERRABLE INITIALLY DEFERRED,
    username TEXT NOT NULL REFERENCES users (name) DEFERRABLE INITIALLY DEFERRED,
    role TEXT NOT NULL,
    PRIMARY KEY (org, username)
);

CREATE TABLE resource_groups (
    org TEXT NOT NULL REFERENCES organizations (name) DEFERRABLE INITIALLY DEFERRED,
    name TEXT NOT NULL,
    members TEXT NOT NULL,
    PRIMARY KEY (org, name)
);

CREATE TABLE repositories (
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    org TEXT NOT NULL,
    visibility TEXT NOT NULL,
    gated BOOLEAN NOT NULL,
    resource_group TEXT,
    created_by TEXT,
    gated_users TEXT NOT NULL,
    PRIMARY KEY (type, name),
    FOREIGN KEY (org, resource_group) REFERENCES resource_groups (org, name)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX repositories_of_group ON repositories (org, resource_group);

CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES names (name) DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL,
    display_name TEXT,
    digest TEXT UNIQUE,
    last4 TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    fine_grained TEXT,
    issued_by TEXT NOT NULL
);
CREATE INDEX tokens_of_owner ON tokens (owner, created_at, id);

-- Values that tokens had before they were rotated; they never authenticate.
CREATE TABLE retired_digests (
    digest TEXT PRIMARY KEY,
    token TEXT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    by_itself BOOLEAN NOT NULL
);
CREATE INDEX retired_digests_of_token ON retired_digests (token);

-- What organizations think of tokens; no row means that an organization thinks nothing.
CREATE TABLE standings (
    token TEXT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    org TEXT NOT NULL REFERENCES organizations (name) DEFERRABLE INITIALLY DEFERRED,
    status TEXT,
    decided_at BIGINT,
    decided_by TEXT,
    reason TEXT,
    requested_at BIGINT,
    revoked_at BIGINT,
    revoked_by TEXT,
    revoked_reason TEXT,
    told_at BIGINT,
    PRIMARY KEY (token, org)
);

-- One entry for every generation of every organization; it outlives what it is about.
CREATE TABLE audit (
    org TEXT NOT NULL REFERENCES organizations (name) DEFERRABLE INITIALLY DEFERRED,
    generation BIGINT NOT NULL,
    at BIGINT NOT NULL,
    type TEXT NOT NULL,
    actor TEXT NOT NULL,
    data TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (org, generation)
);

-- Notices that have not been delivered yet.
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    notice TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_attempt BIGINT NOT NULL
);
CREATE INDEX outbox_by_time ON outbox (next_attempt, id);

-- Credentials of hubs: they list repositories, and nothing else.
CREATE TABLE hub_credentials (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    last4 TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
