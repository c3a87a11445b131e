import { logLevels } from '../ports/log.ts';
import type { Flag } from './arguments/flag.ts';

/** The flags that every command takes (DESIGN §8). */
export const everywhere: readonly Flag[] = [
  { name: 'help', kind: 'switch', short: 'h', says: 'show help; behind a job’s name: what the job takes' },
  { name: 'config', kind: 'text', value: 'FILE', says: 'configuration file; else onejob.config.* is looked for' },
  { name: 'store', kind: 'text', value: 'URL', says: 'where runs live: sqlite:PATH, memory:, postgres://…, mysql://…' },
  { name: 'jobs', kind: 'text', value: 'PLACE', says: 'folder, file or pattern of the job files (default jobs)' },
  { name: 'plugins', kind: 'text', value: 'DIR', says: 'folder of the plugins (default plugins)' },
  { name: 'node', kind: 'text', value: 'NAME', says: 'name of this worker' },
  { name: 'url', kind: 'text', value: 'URL', says: 'ask this server instead of a store: http://127.0.0.1:9003' },
  { name: 'token', kind: 'text', value: 'TEXT', says: 'what the server asks for' },
  { name: 'host', kind: 'text', value: 'HOST', short: 'm', says: 'bind address (default 127.0.0.1)' },
  { name: 'port', kind: 'whole', value: 'N', range: [0, 65_535], says: 'bind port (default 9003)' },
  { name: 'json', kind: 'switch', says: 'one JSON document on standard output' },
  { name: 'no-color', kind: 'switch', says: 'no colours; also NO_COLOR' },
  { name: 'quiet', kind: 'switch', says: 'say nothing but data and errors' },
  { name: 'verbose', kind: 'switch', says: 'say more; errors with their stack' },
  { name: 'log-level', kind: 'text', value: 'LEVEL', oneOf: logLevels, says: 'what is logged on standard error' },
  { name: 'log-format', kind: 'text', value: 'FORM', oneOf: ['pretty', 'json'], says: 'how it is logged' },
  { name: 'log-dir', kind: 'text', value: 'DIR', says: 'also log to onejob.log in this folder' },
  { name: 'alsologtostderr', kind: 'switch', hidden: true, says: 'Go’s way to ask for log lines: log level info' },
];

/** What a run is asked with; `run` and `enqueue` share them. */
export const asking: readonly Flag[] = [
  { name: 'job', kind: 'list', value: 'NAMES', says: 'the jobs, instead of naming them as a word' },
  {
    name: 'data',
    kind: 'text',
    value: 'TEXT',
    says: 'body of the request: JSON or text; @FILE, - for standard input, @@ for a literal @',
  },
  { name: 'job-data', kind: 'text', value: 'TEXT', says: 'body of the request, taken as it stands' },
  {
    name: 'header',
    kind: 'list',
    value: 'HEADER',
    also: ['job-header'],
    says: 'headers, as name=value;name=value or name: value; may be repeated',
  },
  { name: 'params', kind: 'text', value: 'A;B', says: 'the job’s arguments; \\; is a literal semicolon' },
  { name: 'key', kind: 'text', value: 'KEY', says: 'same key = same run, same result' },
  { name: 'delay', kind: 'duration', value: 'TIME', says: 'start after this time, such as 5m' },
  {
    name: 'priority',
    kind: 'whole',
    value: 'N',
    range: [-1_000, 1_000],
    says: 'higher first (default that of the job)',
  },
];

/** What only `run` takes. */
export const running: readonly Flag[] = [
  { name: 'timeout', kind: 'duration', value: 'TIME', says: 'running time of an attempt, instead of the job’s own' },
  { name: 'detach', kind: 'switch', says: 'leave the run to a worker, print its id and end' },
  {
    name: 'debug-port',
    kind: 'whole',
    value: 'N',
    range: [0, 65_535],
    says: 'profiles, running runs and health of this process over HTTP while it runs; 0 picks a free port',
  },
  {
    name: 'cpu-num',
    kind: 'whole',
    value: 'N',
    short: 'p',
    range: [1, 1_024],
    hidden: true,
    says: 'processors for jobs on threads of their own',
  },
];

/** What only `start` takes. */
export const serving: readonly Flag[] = [
  { name: 'roles', kind: 'list', value: 'ROLES', says: 'what this process does: worker,http (default both)' },
  { name: 'insecure', kind: 'switch', says: 'serve without a token, also on an address that others reach' },
  { name: 'concurrency', kind: 'whole', value: 'N', range: [1, 100_000], says: 'runs at once (default 10)' },
  {
    name: 'on-stall',
    kind: 'text',
    value: 'WHAT',
    oneOf: ['warn', 'exit'],
    says: 'exit: end the process when its main loop has stood still for 5 minutes (default warn)',
  },
];
