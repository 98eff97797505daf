-- Bodies with secrets: what is stored has them left out, and the original is sealed while it waits.

alter table activity add column redacted smallint;
alter table activity add column sealed_body @bytes;
