-- What limits of policies have counted, in pages; the head authenticates the digests of all pages.

create table spending (
  organization_id @uuid not null,
  page smallint not null,
  digest @bytes not null,
  -- JSON: read and written whole. Last, so that reading the digests does not touch it.
  content text not null,
  primary key (organization_id, page)
);

alter table organization_head add column spending_digest @bytes;
