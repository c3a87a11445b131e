import type { RunId } from '../../../job/run.ts';
import { holds } from '../../../job/transition.ts';
import type { Hold } from '../../../ports/store-claim.ts';
import type { Chunk, OutputBatch, OutputVerdict } from '../../../ports/store-entry.ts';
import type { Tx } from '../file/connection.ts';
import { fencesOf } from './fence.ts';

/** Chunks only as the last `seq` + 1 and under the fence; progress under the fence, without a verdict of its own. */
export function append(tx: Tx, { worker, chunks, progress }: OutputBatch): OutputVerdict[] {
  const fences = fencesOf(tx, worker, [...chunks, ...progress]);
  const isHeld = ({ run, epoch }: Hold) => holds(fences.get(run), { worker, epoch });
  const lasts = new Map<RunId, number>();
  const verdicts = chunks.map((chunk): OutputVerdict => {
    if (!isHeld(chunk)) return 'stale';
    const last = lasts.get(chunk.run) ?? lastSeq(tx, chunk.run);
    lasts.set(chunk.run, last);
    if (chunk.seq <= last) return 'ok';
    if (chunk.seq > last + 1) return 'gap';
    tx.db.run(insertChunk, chunk.run, chunk.seq, chunk.bytes);
    lasts.set(chunk.run, chunk.seq);
    return 'ok';
  });
  for (const report of progress) {
    if (!isHeld(report)) continue;
    tx.db.run('update live set progress = ? where run = ?', JSON.stringify(report.progress), report.run);
  }
  return verdicts;
}

/** Node 22 binds no bytes as null. */
const insertChunk = `insert into output (run, seq, bytes) values (?, ?, coalesce(?, x''))`;

function lastSeq(tx: Tx, run: RunId): number {
  const row = tx.db.get<{ seq: number }>('select seq from output where run = ? order by seq desc limit 1', run);
  return row?.seq ?? 0;
}

/** Rows are read in small steps, so that a large log is not read whole for a small `maxBytes`. */
export function tail(tx: Tx, { run, after, maxBytes }: { run: RunId; after: number; maxBytes: number }): Chunk[] {
  const chunks: Chunk[] = [];
  let left = maxBytes;
  for (let last = after; ;) {
    const rows = tx.db.all<{ seq: number; bytes: Uint8Array }>(
      'select seq, bytes from output where run = ? and seq > ? order by seq limit 16',
      run,
      last,
    );
    for (const { seq, bytes } of rows) {
      if (chunks.length > 0 && bytes.length > left) return chunks;
      chunks.push({ seq, bytes });
      left -= bytes.length;
      last = seq;
    }
    if (rows.length < 16) return chunks;
  }
}
