// Writes an access log that is the same for the same seed:
//
//   node generate.mjs out.log --lines 50000 --seed 1
//
// Nine lines of ten are in the combined format, the others in the common one. About one in 2,000 is malformed, as in
// life: cut off, or of another log. A name that ends in .gz is packed.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';

const PATHS = [
  '/',
  '/style.css',
  '/favicon.ico',
  '/logo.png',
  '/robots.txt',
  '/blog/',
  '/blog/release-notes',
  '/blog/feed.xml',
  '/docs/',
  '/docs/install',
  '/docs/upgrade',
  '/search',
  '/login',
  '/api/orders',
  '/caf%C3%A9',
];
const REFERRERS = ['-', 'https://example.org/', 'https://search.example/?q=access+log'];
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
  'curl/8.5.0',
  'a \\"quoted\\" agent',
];

const { file, lines, seed } = readArguments();
const random = mulberry32(seed);

const stages = [Readable.from(blocks()), createWriteStream(file)];
if (file.endsWith('.gz')) stages.splice(1, 0, createGzip());
try {
  await pipeline(stages);
  console.error(`wrote ${lines} lines to ${file}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { lines: { type: 'string', default: '50000' }, seed: { type: 'string', default: '1' } },
    });
    const [name, ...others] = positionals;
    const [count, start] = [Number(values.lines), Number(values.seed)];
    if (name === undefined || others.length > 0) throw new Error('name one file to write');
    if (!Number.isSafeInteger(count) || count < 0) throw new Error('--lines is a number of lines');
    if (!Number.isSafeInteger(start)) throw new Error('--seed is a whole number');
    return { file: name, lines: count, seed: start };
  } catch (error) {
    console.error(`${error.message}\nusage: node generate.mjs FILE [--lines 50000] [--seed 1]`);
    process.exit(2);
  }
}

/** A thousand lines a piece: strings of some 150 kB are cheap to make and to write. */
function* blocks() {
  const step = (3 * 86_400_000) / lines; // three days, however many lines
  let block = '';
  for (let n = 0; n < lines; n++) {
    block += `${line(Date.UTC(2026, 0, 1) + n * step)}\n`;
    if (n % 1000 === 999) {
      yield block;
      block = '';
    }
  }
  if (block !== '') yield block;
}

function line(instant) {
  const head = `${client()} - ${random() < 0.02 ? 'alice' : '-'} [${time(instant)}] `;
  if (random() < 0.0005) return pick([head, `${head}"GET /cut-o`, `[error] worker process ${whole(9999)} exited`]);
  if (random() < 0.001) return `${head}"-" 408 -${tail()}`;
  const path = pick(PATHS) + (random() < 0.1 ? `?page=${whole(50)}` : '');
  const status = random() < 0.05 ? 304 : random() < 0.03 ? 404 : 200;
  const bytes = status === 304 ? '-' : status === 404 ? 196 : 300 + whole(40_000);
  return `${head}"${random() < 0.03 ? 'POST' : 'GET'} ${path} HTTP/1.1" ${status} ${bytes}${tail()}`;
}

/** Referrer and agent, which the common format lacks. */
function tail() {
  return random() < 0.1 ? '' : ` "${pick(REFERRERS)}" "${pick(AGENTS)}"`;
}

/** Of 254 clients, the low ones far more often. */
function client() {
  return `192.0.2.${1 + Math.floor(254 * random() ** 3)}`;
}

function time(instant) {
  const [, day, month, year, clock] = new Date(instant).toUTCString().match(/(\d\d) (\w{3}) (\d{4}) (\S+)/);
  return `${day}/${month}/${year}:${clock} +0000`;
}

function pick(list) {
  return list[Math.floor(list.length * random() ** 2)];
}

function whole(below) {
  return Math.floor(below * random());
}

/** A small generator of numbers in [0, 1) that, unlike Math.random, can be seeded (Tommy Ettinger, public domain). */
function mulberry32(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
