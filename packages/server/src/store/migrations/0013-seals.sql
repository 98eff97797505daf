-- Seals have public keys, so that a new root key is wrapped for each without its secret. A seal of
-- the older form has none until it is opened: its wrap is a symmetric one.

create table root_key (
  version bigint primary key,
  -- The key under the one before it, for processes that know only that, while data keys are rewrapped.
  handover @bytes,
  created_ms bigint not null
);

create table seal_wrap (
  seal_id @uuid not null,
  root_version bigint not null,
  wrapped @bytes not null,
  primary key (seal_id, root_version)
) @narrow;

insert into root_key (version, created_ms)
  select 1, min(created_ms) from seal having count(*) > 0;

insert into seal_wrap (seal_id, root_version, wrapped)
  select id, 1, wrapped_root_key from seal;

alter table seal drop column wrapped_root_key;

alter table seal add column public_key @bytes;

alter table seal add column auth_key @bytes;

-- JSON; nothing in it is secret.
alter table seal add column details text not null default '{}';

alter table organization_key add column root_version bigint not null default 1;
