-- Backups that were made, and from when on a restored instance accepts new bodies.

create table backup (
  actor text not null,
  id @uuid not null,
  at_ms bigint not null,
  height bigint not null,
  primary key (actor, id)
) @narrow;

alter table organization add column accepted_from_ms bigint;
