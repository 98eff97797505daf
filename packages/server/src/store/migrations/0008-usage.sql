-- What root organizations use: signatures that are charged, what was used, and requests of a minute.

create table signing_quota (
  organization_id @uuid not null,
  month bigint not null,
  signatures bigint not null,
  primary key (organization_id, month)
) @narrow;

create table usage_month (
  organization_id @uuid not null,
  month bigint not null,
  activities bigint not null,
  signatures bigint not null,
  primary key (organization_id, month)
) @narrow;

create table rate_window (
  organization_id @uuid primary key,
  start_ms bigint not null,
  requests bigint not null
) @narrow;
