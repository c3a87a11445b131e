import { expect, test } from 'vitest';
import { poolAddress, readAddress, type Address } from '../../../../src/adapters/mysql/address.ts';
import { refuseBackup } from '../../../../src/adapters/mysql/upkeep.ts';

function lineFor({ shown: url, names }: Address): unknown {
  try {
    return refuseBackup({ url, names }, 'copy.sql');
  } catch (error) {
    return (error as { hint?: string }).hint;
  }
}

test('a backup is refused with the line of the tool, for the very server and without the password', () => {
  expect(lineFor(readAddress('mysql://ann:secret@db.example/shop', undefined))).toBe(
    'mysqldump --host=db.example --port=3306 --user=ann --password --single-transaction --routines --result-file=copy.sql shop',
  );
  expect(lineFor(readAddress('mariadb://[::1]:3307/shop?prefix=jobs_', undefined))).toBe(
    'mysqldump --host=::1 --port=3307 --password --single-transaction --routines --result-file=copy.sql shop',
  );
  expect(lineFor(poolAddress({}))).toBe('mysqldump --single-transaction --routines --result-file=copy.sql');
});
