-- Messages that wait to be delivered, and invitations to join an organization.

create table outbox (
  organization_id @uuid not null,
  id @uuid not null,
  seq bigint not null,
  n bigint not null,
  lane text not null,
  kind text not null,
  payload_sealed @bytes not null,
  attempts bigint not null,
  next_at_ms bigint not null,
  expires_ms bigint not null,
  primary key (organization_id, id)
);
create index outbox_due on outbox (lane, next_at_ms, seq, n);
create index outbox_expiry on outbox (expires_ms);

create table invitation (
  organization_id @uuid not null,
  id @uuid not null,
  user_id @uuid not null,
  user_name text not null,
  email text not null,
  tags text,
  access_type text not null,
  sender_id @uuid not null,
  public_key @bytes not null,
  status text not null,
  expires_ms bigint not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  primary key (organization_id, id)
);
