import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { StoreFacts } from '../../ports/store.ts';
import type { Identity } from '../../ports/store-worker.ts';

/** Who this process is to others on the same machine. Outside Linux only host and pid are known. */
export function ownIdentity(): Identity {
  const { bootId, pidSpace } = machine();
  return { host: hostname(), bootId, pidSpace, pid: process.pid, pidStart: startOf(process.pid) ?? '' };
}

/**
 * Is that process of this machine certainly gone? `false` also means "cannot be known from here": another host, another
 * boot, another container (protocol/liveness#predecessors); and, of those who share a store over a network, a host that has no more than its
 * name to be known by: two machines may bear the same one.
 */
export function isGone(identity: Identity, own: Identity, reach: StoreFacts['reach']): boolean {
  if (reach === 'network' && identity.bootId === '') return false;
  if (identity.host !== own.host || identity.bootId !== own.bootId || identity.pidSpace !== own.pidSpace) return false;
  if (identity.pid === own.pid && identity.pidStart === own.pidStart) return false;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  const start = startOf(identity.pid);
  return start !== null && identity.pidStart !== '' && start !== identity.pidStart;
}

function machine(): { bootId: string; pidSpace: string } {
  try {
    return {
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      pidSpace: readlinkSync('/proc/self/ns/pid'),
    };
  } catch {
    return { bootId: '', pidSpace: '' };
  }
}

/**
 * Does that process certainly exist, whatever it does? `false` also means "cannot be known from here": outside of
 * Linux, too, where another process may have its pid.
 */
export function isThere(identity: Identity, own: Identity): boolean {
  if (identity.host !== own.host || identity.bootId !== own.bootId || identity.pidSpace !== own.pidSpace) return false;
  return identity.pidStart !== '' && identity.pidStart === startOf(identity.pid);
}

/** Field 22 of /proc/PID/stat: clock ticks since boot. The name in field 2 may hold blanks and brackets. A zombie counts as gone. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'zombie' : (fields[19] ?? null);
  } catch {
    return null;
  }
}
