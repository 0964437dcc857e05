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
CREATE TABLE users (
	pk INTEGER NOT NULL,
	id TEXT NOT NULL,
	email TEXT,
	name TEXT NOT NULL,
	role TEXT NOT NULL,
	password_hash TEXT,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
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
