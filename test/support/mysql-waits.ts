import type mysql from 'mysql2/promise';

/**
 * The index and the table of a lock in this database that somebody waits for. From the status of InnoDB, which is made anew
 * for each question: `information_schema.innodb_trx` is a copy that lives on for as long as somebody asks every 100 ms.
 */
export async function awaitedLock(admin: mysql.Pool, database: string): Promise<string | undefined> {
  const [rows] = await admin.query<(mysql.RowDataPacket & { Status: string })[]>('show engine innodb status');
  const waits = rows[0]?.Status.matchAll(/HAS BEEN WAITING .*\n.*(index \S+ of table `(.*?)`\.\S+)/g) ?? [];
  return [...waits].find(([, , place]) => place === database)?.[1];
}
