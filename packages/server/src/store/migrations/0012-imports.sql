-- Keys that imports are encrypted to, each for one user and one import; and accounts exported singly.

create table import_key (
  organization_id @uuid not null,
  id @uuid not null,
  user_id @uuid not null,
  kind text not null,
  public_key @bytes not null,
  sealed @bytes not null,
  expires_ms bigint not null,
  primary key (organization_id, user_id, kind)
);

create unique index import_key_id on import_key (organization_id, id);

create index import_key_expiry on import_key (expires_ms, organization_id, user_id, kind);

alter table wallet_account add column exported smallint;
