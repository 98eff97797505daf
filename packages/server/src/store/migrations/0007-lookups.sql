-- Look-ups across organizations walk their index in order of organization, and stop at their limit.
-- Deleted organizations are in no such index, so that many of them cost nothing.

drop index organization_parent;
create index organization_parent on organization (parent_id, organization_id)
  where deleted_ms is null;
drop index organization_name;
create index organization_name on organization (parent_id, name, organization_id)
  where deleted_ms is null;

drop index org_user_name;
create index org_user_name on org_user (name, organization_id);
drop index org_user_email;
create index org_user_email on org_user (lower(email), organization_id);
drop index org_user_phone;
create index org_user_phone on org_user (phone, organization_id);

drop index api_key_lookup;
create index api_key_lookup on api_key (public_key, organization_id);
drop index passkey_lookup;
create index passkey_lookup on passkey (credential_id, organization_id);
drop index oidc_identity_lookup;
create index oidc_identity_lookup on oidc_identity (subject, issuer, audience, organization_id);
create index wallet_account_lookup on wallet_account (address_key, organization_id);
