-- The commit path, the key hierarchy, and the first nouns.
-- @uuid @bytes are column types; @narrow marks a small table, @head the organization's hot row.

create table organization_head (
  organization_id @uuid primary key,
  revision bigint not null,
  seq bigint not null,
  link @bytes not null,
  tag @bytes not null,
  last_ms bigint not null,
  state_mac @bytes not null,
  dirty smallint not null
) @head;
create index organization_head_dirty on organization_head (organization_id) where dirty = 1;

create table audit_entry (
  organization_id @uuid not null,
  seq bigint not null,
  at_ms bigint not null,
  unit_id @uuid not null,
  actor text not null,
  credential text not null,
  action text not null,
  resource text not null,
  outcome text not null,
  activity_id @uuid,
  body_hash @bytes,
  payload_digest @bytes not null,
  payload text,
  payload_salt @bytes,
  link @bytes not null,
  primary key (organization_id, seq)
);

create table checkpoint (
  height bigint primary key,
  epoch bigint not null,
  at_ms bigint not null,
  previous @bytes not null,
  root @bytes not null,
  count bigint not null,
  signature @bytes not null
);

create table checkpoint_leaf (
  height bigint not null,
  organization_id @uuid not null,
  seq bigint not null,
  link @bytes not null,
  primary key (organization_id, height)
) @narrow;
create index checkpoint_leaf_height on checkpoint_leaf (height);

create table lease (
  name text primary key,
  holder text not null,
  epoch bigint not null,
  until_ms bigint not null
);

create table activity (
  organization_id @uuid not null,
  id @uuid not null,
  fingerprint @bytes not null,
  seq bigint not null,
  status text not null,
  denied_to text not null,
  type text not null,
  actor_organization_id @uuid not null,
  actor_user_id @uuid not null,
  body @bytes not null,
  stamp text not null,
  result text,
  failure text,
  created_ms bigint not null,
  updated_ms bigint not null,
  primary key (organization_id, id)
);
create unique index activity_fingerprint on activity (organization_id, fingerprint, denied_to);
create unique index activity_seq on activity (organization_id, seq);

create table vote (
  organization_id @uuid not null,
  activity_id @uuid not null,
  voter_organization_id @uuid not null,
  voter_user_id @uuid not null,
  id @uuid not null,
  selection text not null,
  body @bytes not null,
  stamp text not null,
  created_ms bigint not null,
  primary key (organization_id, activity_id, voter_organization_id, voter_user_id)
);

create table seal (
  id @uuid primary key,
  kind text not null,
  wrapped_root_key @bytes not null,
  created_ms bigint not null
);

create table organization_key (
  organization_id @uuid not null,
  version bigint not null,
  wrapped @bytes not null,
  primary key (organization_id, version)
) @narrow;

create table instance_key (
  name text not null,
  version bigint not null,
  public_key @bytes not null,
  sealed @bytes not null,
  created_ms bigint not null,
  primary key (name, version)
);

create table organization (
  organization_id @uuid primary key,
  parent_id @uuid,
  name text not null,
  root_threshold bigint not null,
  created_ms bigint not null,
  updated_ms bigint not null
);
create index organization_parent on organization (parent_id, organization_id);

create table org_user (
  organization_id @uuid not null,
  id @uuid not null,
  name text not null,
  email text,
  phone text,
  is_root smallint not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  primary key (organization_id, id)
);

create table api_key (
  organization_id @uuid not null,
  id @uuid not null,
  user_id @uuid not null,
  name text not null,
  curve text not null,
  public_key @bytes not null,
  expires_ms bigint,
  expiration_seconds text,
  created_ms bigint not null,
  updated_ms bigint not null,
  primary key (organization_id, id)
);
create unique index api_key_public on api_key (organization_id, public_key);
create index api_key_lookup on api_key (public_key);

create table wallet (
  organization_id @uuid not null,
  id @uuid not null,
  name text not null,
  exported smallint not null,
  imported smallint not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  primary key (organization_id, id)
);

create table wallet_secret (
  organization_id @uuid not null,
  wallet_id @uuid not null,
  version bigint not null,
  sealed @bytes not null,
  primary key (organization_id, wallet_id)
);

create table wallet_account (
  organization_id @uuid not null,
  id @uuid not null,
  wallet_id @uuid not null,
  name text,
  curve text not null,
  path text not null,
  address_format text not null,
  address text not null,
  address_key text not null,
  public_key @bytes not null,
  mac @bytes not null,
  created_ms bigint not null,
  seq bigint not null,
  n bigint not null,
  primary key (organization_id, id)
);
create unique index wallet_account_key
  on wallet_account (organization_id, wallet_id, public_key, address_format);
create index wallet_account_address on wallet_account (organization_id, address_key);
create index wallet_account_order on wallet_account (organization_id, seq, n);
create index wallet_account_wallet on wallet_account (organization_id, wallet_id, seq, n);
