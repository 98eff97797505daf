-- Keys that expire, in the order in which they do: what the job that removes them looks for.

create index api_key_expiry on api_key (expires_ms, organization_id, id)
  where expires_ms is not null;
