import type { OutputBatch, OutputVerdict } from '../../ports/store-entry.ts';
import { lastProgress } from '../sql/last-progress.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';

/** The bytes of all chunks travel as one binary parameter: text would double them. */
export async function append(db: Connection, { worker, chunks, progress }: OutputBatch): Promise<OutputVerdict[]> {
  const sizes = chunks.map(({ bytes }) => bytes.length);
  let end = 0;
  const starts = sizes.map((size) => (end += size) - size);
  const rows = await db.write<{ rejected: [number, OutputVerdict][] | null }>(
    'append',
    `select ${db.schema}.append_v1($1, $2::text[], $3::integer[], $4::integer[], $5::integer[], $6::integer[],
       $7::bytea, $8::json) rejected`,
    [
      worker,
      chunks.map(({ run }) => run),
      chunks.map(({ epoch }) => epoch),
      chunks.map(({ seq }) => seq),
      starts,
      sizes,
      Buffer.concat(chunks.map(({ bytes }) => bytes)),
      bundle(lastProgress(progress)),
    ],
  );
  const verdicts: OutputVerdict[] = chunks.map(() => 'ok');
  for (const [i, verdict] of rows[0]?.rejected ?? []) verdicts[i] = verdict;
  return verdicts;
}
