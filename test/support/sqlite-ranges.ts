import { Connection } from '../../src/adapters/sqlite/file/connection.ts';
import type { Range } from '../../src/ports/store-schedule.ts';

/** The port has no way to read ranges yet; the suite wants to see them. */
export async function readRanges(path: string, schedule: string): Promise<Range[]> {
  const db = new Connection(path);
  try {
    return db.all<Range>(
      'select first "from", last "to", count, reason from ranges where schedule = ? order by first',
      schedule,
    );
  } finally {
    db.close();
  }
}

/** How many instants of the schedule are remembered with their runs. */
export async function countOccurrences(path: string, schedule: string): Promise<number> {
  const db = new Connection(path);
  try {
    return db.get<{ n: number }>('select count(*) n from occurrences where schedule = ?', schedule)?.n ?? 0;
  } finally {
    db.close();
  }
}
