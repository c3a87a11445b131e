import { OnejobError } from '../../job/errors.ts';

/** A row of the table `task` of vtask, as far as it says what became of the task. */
export interface VtaskRow {
  readonly id: number;
  readonly uuid: string;
  readonly name: string;
  /** The step that comes next, from 1. */
  readonly step: number;
  /** 0 in work, 1 failed, 2 succeeded. */
  readonly status: number;
  /** JSON of the context, as the last step left it. */
  readonly input: string;
}

/**
 * Reads the table from its beginning, 500 rows at a time in the order of their ids, and changes nothing in it.
 *
 * @throws DRIVER_MISSING without `mysql2`; STORE_UNAVAILABLE or CONFIG_INVALID for what the server says
 */
export async function* readVtask(url: string, table = 'task'): AsyncGenerator<VtaskRow[]> {
  const mysql = await importDriver();
  const shown = maskedUrl(url);
  const fail = (error: unknown): never => {
    throw sourceError(error, shown, table);
  };
  const connection = await mysql.createConnection({ uri: url, charset: 'utf8mb4', connectTimeout: 5_000 }).catch(fail);
  try {
    for (let after = 0; ;) {
      const [rows] = await connection
        .query('select id, uuid, name, step, status, input from ?? where id > ? order by id limit 500', [table, after])
        .catch(fail);
      const page = rows as unknown as VtaskRow[];
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      after = last.id;
    }
  } finally {
    await connection.end().catch(() => undefined);
  }
}

async function importDriver() {
  try {
    return await import('mysql2/promise');
  } catch (cause) {
    throw new OnejobError('DRIVER_MISSING', 'to read a table of MySQL needs the package mysql2', {
      hint: 'npm install mysql2',
      cause,
    });
  }
}

function maskedUrl(text: string): string {
  if (!URL.canParse(text) || !/^(mysql|mariadb):\/\//.test(text)) {
    throw new OnejobError('CONFIG_INVALID', '--from is not like mysql://user@host:3306/database', {
      hint: 'escape special characters of the password as %XX',
    });
  }
  const url = new URL(text);
  url.password = '';
  return url.href;
}

function sourceError(cause: unknown, url: string, table: string): OnejobError {
  const { code = '', message = String(cause) } = cause as { code?: string; message?: string };
  const says = readings[code];
  if (says !== undefined) {
    return new OnejobError('CONFIG_INVALID', `${url} ${says.text.replace('%', table)}`, { hint: says.hint, cause });
  }
  const hint = 'check the server and the way to it; what was imported stays, and is not imported twice';
  return new OnejobError('STORE_UNAVAILABLE', `${url} does not answer: ${message || code}`, { hint, cause });
}

const readings: Readonly<Record<string, { text: string; hint: string }>> = {
  ER_ACCESS_DENIED_ERROR: { text: 'refuses user or password', hint: 'correct them in --from' },
  ER_DBACCESS_DENIED_ERROR: { text: 'refuses this database', hint: 'grant select on it' },
  ER_TABLEACCESS_DENIED_ERROR: { text: 'refuses the table %', hint: 'grant select on it' },
  ER_BAD_DB_ERROR: { text: 'names a database that the server does not have', hint: 'correct it in --from' },
  ER_NO_DB_ERROR: { text: 'names no database', hint: 'write it behind the host: mysql://user@host/database' },
  ER_NO_SUCH_TABLE: { text: 'has no table %', hint: 'name it with --table' },
  ER_BAD_FIELD_ERROR: { text: 'has a table % that is not that of vtask', hint: 'name another one with --table' },
};
