-- Data keys have versions that follow each other; root keys too. Both are rewrapped in the background.

-- When this version began to seal; 0: before there was rotation.
alter table organization_key add column created_ms bigint not null default 0;
-- When a newer version began to; the key goes once nothing is sealed under it any more.
alter table organization_key add column superseded_ms bigint;
create index organization_key_superseded on organization_key (organization_id, version)
  where superseded_ms is not null;
create index organization_key_age on organization_key (created_ms, organization_id)
  where superseded_ms is null;
create index organization_key_root on organization_key (root_version, organization_id, version);

create index activity_sealed on activity (organization_id, id) where sealed_body is not null;

-- One row: all data keys from before that moment are to be rotated.
create table rotation_request (
  id smallint primary key,
  before_ms bigint not null
);
