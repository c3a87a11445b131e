import { logLevels } from '../ports/log.ts';
import type { Flag } from './arguments/flag.ts';

/** The flags that every command takes. */
export const everywhere: readonly Flag[] = [
  { name: 'help', kind: 'switch', short: 'h', help: 'show help; behind a job’s name: what the job takes' },
  { name: 'config', kind: 'text', value: 'FILE', help: 'configuration file; else onejob.config.* is looked for' },
  { name: 'store', kind: 'text', value: 'URL', help: 'where runs live: sqlite:PATH, memory:, postgres://…, mysql://…' },
  { name: 'jobs', kind: 'text', value: 'PLACE', help: 'folder, file or pattern of the job files (default jobs)' },
  { name: 'plugins', kind: 'text', value: 'DIR', help: 'folder of the plugins (default plugins)' },
  { name: 'node', kind: 'text', value: 'NAME', help: 'name of this worker' },
  { name: 'url', kind: 'text', value: 'URL', help: 'ask this server instead of a store: http://127.0.0.1:9003' },
  { name: 'token', kind: 'text', value: 'TEXT', help: 'what the server asks for' },
  { name: 'host', kind: 'text', value: 'HOST', short: 'm', help: 'bind address (default 127.0.0.1)' },
  { name: 'port', kind: 'whole', value: 'N', range: [0, 65_535], help: 'bind port (default 9003)' },
  { name: 'json', kind: 'switch', help: 'one JSON document on standard output' },
  { name: 'no-color', kind: 'switch', help: 'no colours; also NO_COLOR' },
  { name: 'quiet', kind: 'switch', help: 'say nothing but data and errors' },
  { name: 'verbose', kind: 'switch', help: 'say more; errors with their stack' },
  { name: 'log-level', kind: 'text', value: 'LEVEL', oneOf: logLevels, help: 'what is logged on standard error' },
  { name: 'log-format', kind: 'text', value: 'FORM', oneOf: ['pretty', 'json'], help: 'how it is logged' },
  { name: 'log-dir', kind: 'text', value: 'DIR', help: 'also log to onejob.log in this folder' },
  { name: 'alsologtostderr', kind: 'switch', hidden: true, help: 'Go’s way to ask for log lines: log level info' },
];

/** What a run is asked with; `run` and `enqueue` share them. */
export const asking: readonly Flag[] = [
  { name: 'job', kind: 'list', value: 'NAMES', help: 'the jobs, instead of naming them as a word' },
  {
    name: 'data',
    kind: 'text',
    value: 'TEXT',
    help: 'body of the request: JSON or text; @FILE, - for standard input, @@ for a literal @',
  },
  { name: 'job-data', kind: 'text', value: 'TEXT', help: 'body of the request, taken as it stands' },
  {
    name: 'header',
    kind: 'list',
    value: 'HEADER',
    also: ['job-header'],
    help: 'headers, as name=value;name=value or name: value; may be repeated',
  },
  { name: 'params', kind: 'text', value: 'A;B', help: 'the job’s arguments; \\; is a literal semicolon' },
  { name: 'key', kind: 'text', value: 'KEY', help: 'same key = same run, same result' },
  { name: 'delay', kind: 'duration', value: 'TIME', help: 'start after this time, such as 5m' },
  {
    name: 'priority',
    kind: 'whole',
    value: 'N',
    range: [-1_000, 1_000],
    help: 'higher first (default that of the job)',
  },
];

/** What only `run` takes. */
export const running: readonly Flag[] = [
  { name: 'timeout', kind: 'duration', value: 'TIME', help: 'running time of an attempt, instead of the job’s own' },
  { name: 'detach', kind: 'switch', help: 'leave the run to a worker, print its id and end' },
  {
    name: 'debug-port',
    kind: 'whole',
    value: 'N',
    range: [0, 65_535],
    help: 'profiles, running runs and health of this process over HTTP while it runs; 0 picks a free port',
  },
  {
    name: 'cpu-num',
    kind: 'whole',
    value: 'N',
    short: 'p',
    range: [1, 1_024],
    hidden: true,
    help: 'processors for jobs on threads of their own',
  },
];

/** What only `start` takes. */
export const serving: readonly Flag[] = [
  { name: 'roles', kind: 'list', value: 'ROLES', help: 'what this process does: worker,http (default both)' },
  { name: 'insecure', kind: 'switch', help: 'serve without a token, also on an address that others reach' },
  { name: 'concurrency', kind: 'whole', value: 'N', range: [1, 100_000], help: 'runs at once (default 10)' },
  {
    name: 'on-stall',
    kind: 'text',
    value: 'WHAT',
    oneOf: ['warn', 'exit'],
    help: 'exit: end the process when its main loop has stood still for 5 minutes (default warn)',
  },
];
