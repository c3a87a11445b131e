import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { findOrInstall } from '../../scripts/services/program.mjs';

/** The wall clock of one process, which a test may set while it runs; its monotonic clock goes on as it is. */
export interface FakeClock {
  /** For the process that shall have this clock. */
  readonly env: Record<string, string>;
  /** Hours from the true time. */
  set(hours: number): void;
}

/**
 * By libfaketime of Debian, installed where that can be.
 *
 * @throws {Error} what to install
 */
export async function openFakeClock(file: string): Promise<FakeClock> {
  await findOrInstall({ program: 'faketime', folders: () => Promise.resolve([]), packages: ['faketime'] });
  // The library reads it at each look at the clock, and must not find it empty.
  const set = (hours: number): void => {
    writeFileSync(`${file}-next`, `${hours < 0 ? '' : '+'}${hours * 3600}s`);
    renameSync(`${file}-next`, file);
  };
  set(0);
  const env = {
    LD_PRELOAD: library(),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
  return { env, set };
}

function library(): string {
  for (const machine of readdirSync('/usr/lib')) {
    const folder = `/usr/lib/${machine}/faketime`;
    if (names(folder).includes('libfaketimeMT.so.1')) return `${folder}/libfaketimeMT.so.1`;
  }
  throw new Error('there is no libfaketimeMT.so.1 below /usr/lib: install faketime');
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
