/** What processes tell each other: the port `notifier`. */
export const notify: readonly string[] = [
  // Raises the counter that listeners look at.
  `create procedure onejob_hint_v1()
sql security invoker
begin
  $begin
  insert into onejob_hints (kind, n) values ('hint', 1) on duplicate key update n = n + 1;
  $commit;
end`,

  // Adds a line. The row of the counter stays locked until the commit, so lines appear in the order of their numbers: a
  // listener that has read one never finds an earlier one behind it.
  `create procedure onejob_say_v1(in said varchar(2000) character set ascii)
sql security invoker
begin
  declare place bigint;
  $begin
  insert into onejob_hints (kind, n) values ('notifications', 1) on duplicate key update n = n + 1;
  select n into place from onejob_hints where kind = 'notifications';
  insert into onejob_notifications (n, notification) values (place, said);
  delete from onejob_notifications where n <= place - 1000;
  $commit;
end`,
];
