import { defineJob, JobError } from 'onejob';
import { z } from 'zod';
import { findFiles } from '../src/find-files.ts';
import { parseLine } from '../src/parse-line.ts';
import { fromLatin1, readLines } from '../src/read-lines.ts';
import { Summary } from '../src/summary.ts';

/** So many malformed lines are shown; the rest is only counted, or a wrong file would fill the run's log. */
const SHOWN = 5;

export default defineJob({
  name: 'access-log',
  summary: 'Traffic per day, path and client of access logs',
  details:
    'Reads logs in the common or combined format (Apache, nginx), plain or .gz, line by line: a log of any size, in the ' +
    'memory of its different paths and clients. Paths are counted without their query string; days are those of the ' +
    'log’s own time zone. Malformed lines are counted, and the first five shown.',
  examples: [
    'onejob run access-log /var/log/nginx/access.log',
    'onejob run access-log "/var/log/nginx/access.log*" --top 20',
    'onejob run access-log logs --json',
  ],
  input: z.object({
    path: z.string().min(1).describe('a log, a folder of logs, or a pattern in quotes'),
    top: z.int().positive().default(10).describe('how many paths and clients to list'),
  }),
  cli: { positional: ['path'], short: { top: 'n' } },

  async run({ input, progress, log, signal }) {
    const files = await findFiles(input.path);
    if (files.length === 0) {
      throw new JobError(
        'LOG_NOT_FOUND',
        `There is no log at "${input.path}": name a file, a folder with files, or a pattern that matches some.`,
        {
          data: { path: input.path },
          retry: false,
        },
      );
    }

    const summary = new Summary();
    const total = files.reduce((sum, { size }) => sum + size, 0);
    let before = 0; // bytes of the files that are done
    let count = 0;

    for (const { file, size } of files) {
      let number = 0;
      for await (const { lines, bytesRead } of readLines(file, signal)) {
        for (const line of lines) {
          number++;
          const request = parseLine(line);
          if (request !== undefined) summary.add(request);
          else if (line.trim() !== '' && ++summary.malformed <= SHOWN) {
            log.warn('malformed line', { file, line: number, text: excerpt(line) });
          }
        }
        count += lines.length;
        const fraction = Math.min(1, (before + bytesRead) / total); // a log in use grows while it is read
        progress(fraction, `${count.toLocaleString('en')} lines, ${summary.malformed.toLocaleString('en')} malformed`);
      }
      before += size;
    }

    if (summary.malformed > SHOWN) log.warn('more malformed lines', { count: summary.malformed - SHOWN });
    return summary.report(input.top);
  },
});

/** The head of a line, without the control characters that would reach somebody's terminal. */
function excerpt(line: string): string {
  return fromLatin1(line.slice(0, 120)).replace(/\p{Cc}/gu, '·');
}
