-- Generated from tables.py by scripts/generate_schema.py.
CREATE TABLE grantctl_revision (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
CREATE TABLE audit_events (
	pk INTEGER NOT NULL,
	at BIGINT NOT NULL,
	actor TEXT NOT NULL,
	action TEXT NOT NULL,
	object_type TEXT NOT NULL,
	object_id TEXT NOT NULL,
	"before" JSON,
	"after" JSON,
	reason TEXT,
	CONSTRAINT pk_audit_events PRIMARY KEY (pk)
);
CREATE INDEX ix_audit_events_at ON audit_events (at);
CREATE INDEX ix_audit_events_object ON audit_events (object_type, object_id);
CREATE TABLE groups (
	pk INTEGER NOT NULL,
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	description TEXT NOT NULL,
	parent_pk INTEGER,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	CONSTRAINT pk_groups PRIMARY KEY (pk),
	CONSTRAINT uq_groups_id UNIQUE (id),
	CONSTRAINT fk_groups_parent_pk FOREIGN KEY(parent_pk) REFERENCES groups (pk) ON DELETE SET NULL
);
CREATE INDEX ix_groups_name ON groups (name);
CREATE INDEX ix_groups_parent_pk ON groups (parent_pk);
CREATE TABLE login_failures (
	subject TEXT NOT NULL,
	count BIGINT NOT NULL,
	first_at BIGINT NOT NULL,
	locked_until BIGINT,
	CONSTRAINT pk_login_failures PRIMARY KEY (subject)
);
CREATE INDEX ix_login_failures_first_at ON login_failures (first_at);
CREATE TABLE permissions (
	pk INTEGER NOT NULL,
	"key" TEXT NOT NULL,
	default_allowed BOOLEAN NOT NULL,
	description TEXT NOT NULL,
	restricts BOOLEAN DEFAULT 0 NOT NULL,
	gated_by TEXT,
	CONSTRAINT pk_permissions PRIMARY KEY (pk),
	CONSTRAINT uq_permissions_key UNIQUE ("key")
);
CREATE TABLE policy_settings (
	"key" TEXT NOT NULL,
	value JSON NOT NULL,
	updated_at BIGINT NOT NULL,
	updated_by TEXT NOT NULL,
	CONSTRAINT pk_policy_settings PRIMARY KEY ("key")
);
CREATE TABLE signing_keys (
	pk INTEGER NOT NULL,
	kid TEXT NOT NULL,
	algorithm TEXT NOT NULL,
	public_jwk JSON NOT NULL,
	state TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	created_by TEXT NOT NULL,
	ended_at BIGINT,
	CONSTRAINT pk_signing_keys PRIMARY KEY (pk),
	CONSTRAINT ck_signing_keys_algorithm CHECK (algorithm IN ('RS256', 'ES256', 'EdDSA')),
	CONSTRAINT ck_signing_keys_state CHECK (state IN ('active', 'passive', 'retired', 'revoked')),
	CONSTRAINT uq_signing_keys_kid UNIQUE (kid)
);
CREATE UNIQUE INDEX uq_signing_keys_active ON signing_keys (state) WHERE state = 'active';
CREATE TABLE users (
	pk INTEGER NOT NULL,
	id TEXT NOT NULL,
	email TEXT,
	name TEXT NOT NULL,
	role TEXT NOT NULL,
	password_hash TEXT,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	tokens_revoked_at BIGINT,
	CONSTRAINT pk_users PRIMARY KEY (pk),
	CONSTRAINT ck_users_role CHECK (role IN ('admin', 'user', 'pending')),
	CONSTRAINT uq_users_id UNIQUE (id),
	CONSTRAINT uq_users_email UNIQUE (email)
);
CREATE INDEX ix_users_name ON users (name);
CREATE INDEX ix_users_role ON users (role);
CREATE TABLE group_permissions (
	group_pk INTEGER NOT NULL,
	permission_pk INTEGER NOT NULL,
	allowed BOOLEAN NOT NULL,
	CONSTRAINT pk_group_permissions PRIMARY KEY (group_pk, permission_pk),
	CONSTRAINT fk_group_permissions_group_pk FOREIGN KEY(group_pk) REFERENCES groups (pk) ON DELETE CASCADE,
	CONSTRAINT fk_group_permissions_permission_pk FOREIGN KEY(permission_pk) REFERENCES permissions (pk) ON DELETE CASCADE
)
 WITHOUT ROWID;
CREATE INDEX ix_group_permissions_grant ON group_permissions (permission_pk, allowed, group_pk);
CREATE TABLE identities (
	pk INTEGER NOT NULL,
	user_pk INTEGER NOT NULL,
	issuer TEXT NOT NULL,
	subject TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	created_by TEXT NOT NULL,
	last_login_at BIGINT,
	CONSTRAINT pk_identities PRIMARY KEY (pk),
	CONSTRAINT uq_identities_issuer_subject UNIQUE (issuer, subject),
	CONSTRAINT fk_identities_user_pk FOREIGN KEY(user_pk) REFERENCES users (pk) ON DELETE CASCADE
);
CREATE INDEX ix_identities_user_pk ON identities (user_pk);
CREATE TABLE memberships (
	user_pk INTEGER NOT NULL,
	group_pk INTEGER NOT NULL,
	source TEXT NOT NULL,
	added_by TEXT,
	added_at BIGINT,
	expires_at BIGINT,
	CONSTRAINT pk_memberships PRIMARY KEY (user_pk, group_pk),
	CONSTRAINT ck_memberships_source CHECK (source IN ('manual', 'oauth', 'import')),
	CONSTRAINT fk_memberships_user_pk FOREIGN KEY(user_pk) REFERENCES users (pk) ON DELETE CASCADE,
	CONSTRAINT fk_memberships_group_pk FOREIGN KEY(group_pk) REFERENCES groups (pk) ON DELETE CASCADE
)
 WITHOUT ROWID;
CREATE INDEX ix_memberships_group_pk_user_pk ON memberships (group_pk, user_pk);
CREATE TABLE resources (
	pk INTEGER NOT NULL,
	type TEXT NOT NULL,
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	is_public BOOLEAN NOT NULL,
	owner_pk INTEGER,
	missing_owner TEXT,
	base_pk INTEGER,
	missing_base TEXT,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	CONSTRAINT pk_resources PRIMARY KEY (pk),
	CONSTRAINT uq_resources_type_id UNIQUE (type, id),
	CONSTRAINT ck_resources_owner CHECK (owner_pk IS NULL OR missing_owner IS NULL),
	CONSTRAINT ck_resources_base CHECK (base_pk IS NULL OR missing_base IS NULL),
	CONSTRAINT fk_resources_owner_pk FOREIGN KEY(owner_pk) REFERENCES users (pk) ON DELETE RESTRICT,
	CONSTRAINT fk_resources_base_pk FOREIGN KEY(base_pk) REFERENCES resources (pk) ON DELETE RESTRICT
);
CREATE INDEX ix_resources_base_pk ON resources (base_pk);
CREATE INDEX ix_resources_missing_base ON resources (missing_base) WHERE missing_base IS NOT NULL;
CREATE INDEX ix_resources_missing_owner ON resources (missing_owner) WHERE missing_owner IS NOT NULL;
CREATE INDEX ix_resources_owner_pk ON resources (owner_pk);
CREATE TABLE tokens (
	pk INTEGER NOT NULL,
	id TEXT NOT NULL,
	kind TEXT NOT NULL,
	user_pk INTEGER,
	user_id TEXT NOT NULL,
	name TEXT NOT NULL,
	scope TEXT NOT NULL,
	audience TEXT,
	key_kid TEXT,
	key_hash TEXT,
	key_hint TEXT,
	source TEXT NOT NULL,
	issued_at BIGINT NOT NULL,
	issued_by TEXT NOT NULL,
	expires_at BIGINT,
	last_used_at BIGINT,
	revoked_at BIGINT,
	revoked_by TEXT,
	revoke_reason TEXT,
	CONSTRAINT pk_tokens PRIMARY KEY (pk),
	CONSTRAINT ck_tokens_kind CHECK (kind IN ('jwt', 'api_key')),
	CONSTRAINT ck_tokens_source CHECK (source IN ('grantctl', 'openwebui')),
	CONSTRAINT uq_tokens_id UNIQUE (id),
	CONSTRAINT fk_tokens_user_pk FOREIGN KEY(user_pk) REFERENCES users (pk) ON DELETE SET NULL,
	CONSTRAINT uq_tokens_key_hash UNIQUE (key_hash)
);
CREATE INDEX ix_tokens_expires_at ON tokens (expires_at);
CREATE INDEX ix_tokens_user_pk ON tokens (user_pk);
CREATE TABLE access_grants (
	pk INTEGER NOT NULL,
	resource_pk INTEGER NOT NULL,
	action TEXT NOT NULL,
	principal_type TEXT NOT NULL,
	user_pk INTEGER,
	group_pk INTEGER,
	missing_id TEXT,
	CONSTRAINT pk_access_grants PRIMARY KEY (pk),
	CONSTRAINT ck_access_grants_principal CHECK (CASE principal_type WHEN 'user' THEN group_pk IS NULL AND (user_pk IS NULL) <> (missing_id IS NULL) WHEN 'group' THEN user_pk IS NULL AND (group_pk IS NULL) <> (missing_id IS NULL) WHEN 'everyone' THEN user_pk IS NULL AND group_pk IS NULL AND missing_id IS NULL ELSE false END),
	CONSTRAINT fk_access_grants_resource_pk FOREIGN KEY(resource_pk) REFERENCES resources (pk) ON DELETE CASCADE,
	CONSTRAINT fk_access_grants_user_pk FOREIGN KEY(user_pk) REFERENCES users (pk) ON DELETE CASCADE,
	CONSTRAINT fk_access_grants_group_pk FOREIGN KEY(group_pk) REFERENCES groups (pk) ON DELETE CASCADE
);
CREATE INDEX ix_access_grants_user ON access_grants (user_pk, action, resource_pk) WHERE user_pk IS NOT NULL;
CREATE UNIQUE INDEX uq_access_grants_everyone ON access_grants (action, resource_pk) WHERE principal_type = 'everyone';
CREATE UNIQUE INDEX uq_access_grants_group ON access_grants (group_pk, action, resource_pk) WHERE group_pk IS NOT NULL;
CREATE UNIQUE INDEX uq_access_grants_missing ON access_grants (missing_id, principal_type, action, resource_pk) WHERE missing_id IS NOT NULL;
CREATE UNIQUE INDEX uq_access_grants_resource ON access_grants (resource_pk, action, user_pk);
