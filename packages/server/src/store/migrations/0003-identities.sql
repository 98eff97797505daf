-- Ways to prove who one is beside API keys, tags, and what an organization may and must not do.
-- Tags of a row, features and limits are JSON, since they are read and written whole.

alter table organization add column features text;
alter table organization add column limits text;
alter table organization add column frozen smallint;
alter table organization add column deleted_ms bigint;
create index organization_name on organization (parent_id, name, organization_id)
  where deleted_ms is null;

alter table org_user add column email_verified smallint;
alter table org_user add column phone_verified smallint;
alter table org_user add column tags text;
create index org_user_name on org_user (name, organization_id);
create index org_user_email on org_user (email, organization_id);
create index org_user_phone on org_user (phone, organization_id);

alter table private_key add column tags text;

create table tag (
  organization_id @uuid not null,
  id @uuid not null,
  kind text not null,
  name text not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  primary key (organization_id, id)
);

create table passkey (
  organization_id @uuid not null,
  id @uuid not null,
  user_id @uuid not null,
  name text not null,
  rp_id_hash @bytes not null,
  credential_id @bytes not null,
  public_key @bytes not null,
  attestation_format text not null,
  aaguid @uuid not null,
  transports text not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  primary key (organization_id, id)
);
create unique index passkey_credential on passkey (organization_id, rp_id_hash, credential_id);
create index passkey_lookup on passkey (credential_id, organization_id);

create table oidc_identity (
  organization_id @uuid not null,
  id @uuid not null,
  user_id @uuid not null,
  name text not null,
  issuer text not null,
  audience text not null,
  subject text not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  primary key (organization_id, id)
);
create unique index oidc_identity_claims
  on oidc_identity (organization_id, issuer, audience, subject);
create index oidc_identity_lookup on oidc_identity (subject, issuer, audience, organization_id);
