-- Events for webhooks: what was said, and what became of it. Those that wait have a row in outbox.

create table webhook_event (
  organization_id @uuid not null,
  id @uuid not null,
  source_id @uuid not null,
  seq bigint not null,
  n bigint not null,
  activity_id @uuid not null,
  body_sealed @bytes not null,
  at_ms bigint not null,
  attempts bigint not null,
  first_attempt_ms bigint,
  last_attempt_ms bigint,
  last_answer text,
  delivered_ms bigint,
  outcome text not null,
  primary key (organization_id, id)
);
create index webhook_event_source on webhook_event (organization_id, source_id, seq, n);
create index webhook_event_trouble on webhook_event (organization_id, id)
  where outcome <> 'delivered';
create index webhook_event_age on webhook_event (at_ms);

create index outbox_endpoint on outbox (lane, organization_id, next_at_ms, seq, n);
