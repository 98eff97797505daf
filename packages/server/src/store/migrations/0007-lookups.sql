-- Look-ups across organizations walk their index in order of organization, and stop at their limit.
-- Deleted organizations are in no such index, so that many of them cost nothing.

drop index organization_parent;
create index organization_parent on organization (parent_id, organization_id)
  where deleted_ms is null;

drop index api_key_lookup;
create index api_key_lookup on api_key (public_key, organization_id);
create index wallet_account_lookup on wallet_account (address_key, organization_id);
