-- Policies, what they came to, and what waits for votes.

create table policy (
  organization_id @uuid not null,
  id @uuid not null,
  name text not null,
  effect text not null,
  consensus text not null,
  condition text not null,
  notes text not null,
  -- JSON: read and written whole.
  limits text,
  created_ms bigint not null,
  updated_ms bigint not null,
  primary key (organization_id, id)
);

-- JSON of what the policies came to: with the submission, and with each later vote.
alter table activity add column evaluations text;
alter table vote add column evaluations text;
create index activity_waiting on activity (created_ms, organization_id, id)
  where status = 'CONSENSUS_NEEDED';
