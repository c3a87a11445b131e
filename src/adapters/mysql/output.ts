import type { OutputBatch, OutputVerdict } from '../../ports/store-entry.ts';
import { lastProgress } from '../sql/last-progress.ts';
import { bundle, checkArgument } from './bundle.ts';
import type { Connection } from './connection.ts';

/** The bytes of all chunks travel as one binary parameter: text would double them. */
export async function append(db: Connection, batch: OutputBatch): Promise<OutputVerdict[]> {
  checkArgument(batch);
  const { worker, chunks, progress } = batch;
  let end = 0;
  const pieces = chunks.map(({ run, epoch, seq, bytes }, i) => {
    const start = end;
    end += bytes.length;
    return { i, run, epoch, seq, start, size: bytes.length };
  });
  const said = lastProgress(progress).map((one) => ({ ...one, progress: JSON.stringify(one.progress) }));
  const runs = new Set([...pieces, ...said].map(({ run }) => run));
  const answers = await db.write('append', 'append_v1', [
    worker,
    bundle([...runs].toSorted()),
    bundle(pieces),
    Buffer.concat(chunks.map(({ bytes }) => bytes)),
    bundle(said),
  ]);
  const verdicts: OutputVerdict[] = chunks.map(() => 'ok');
  for (const { i, verdict } of answers.flat() as unknown as { i: number; verdict: OutputVerdict }[])
    verdicts[i] = verdict;
  return verdicts;
}
