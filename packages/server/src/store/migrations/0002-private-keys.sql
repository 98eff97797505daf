-- Private keys that belong to no wallet. Addresses are JSON, since a snapshot covers them with the key.

create table private_key (
  organization_id @uuid not null,
  id @uuid not null,
  name text not null,
  curve text not null,
  public_key @bytes not null,
  addresses text not null,
  exported smallint not null,
  imported smallint not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  primary key (organization_id, id)
);

create table private_key_secret (
  organization_id @uuid not null,
  private_key_id @uuid not null,
  version bigint not null,
  sealed @bytes not null,
  primary key (organization_id, private_key_id)
);
