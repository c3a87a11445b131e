/** What the job counts of one line. Text is Latin-1, one character a byte, as `read-lines` hands it over. */
export interface LogLine {
  client: string;
  /** YYYY-MM-DD, in the zone that the log was written in */
  day: string;
  /** without the query string; `-` when the request line holds none */
  path: string;
  /** 0 where the log has `-` */
  bytes: number;
}

/**
 * Reads one line of Apache's common or combined format; undefined when it is malformed.
 *
 * Malformed is a line that lacks one of the fields up to and including the bytes, or holds one that cannot be (31/Feb).
 * What follows the bytes is not read: a line cut off inside its user agent was still a request. Nor is a strange
 * request line malformed (`-` after a time-out, a TLS greeting on a plain port): the server answered it.
 *
 * By indexOf from field to field: no regular expression, so no line is slow, however it was made up.
 */
export function parseLine(line: string): LogLine | undefined {
  const clientEnd = line.indexOf(' ');
  if (clientEnd < 1) return undefined;

  const time = timeStart(line, clientEnd + 1);
  if (time === -1) return undefined;
  const day = dayAt(line, time);
  if (day === undefined || !line.startsWith('] "', time + TIME_LENGTH)) return undefined;

  const request = time + TIME_LENGTH + 3;
  const requestEnd = closingQuote(line, request);
  if (requestEnd === -1) return undefined;

  const status = requestEnd + 2;
  if (line.charCodeAt(status - 1) !== SPACE || line.charCodeAt(status + 3) !== SPACE) return undefined;
  for (let at = status; at < status + 3; at++) if (!isDigit(line.charCodeAt(at))) return undefined;

  const bytes = bytesAt(line, status + 4);
  if (bytes === -1) return undefined;
  return { client: line.slice(0, clientEnd), day, path: pathOf(line, request, requestEnd), bytes };
}

const SPACE = 0x20;
const BACKSLASH = 0x5c;
const TIME_LENGTH = '17/May/2015:10:05:03 +0000'.length;

/**
 * Where the time begins, behind `identity user [`. Users may hold spaces, but only behind the identity `-` that every
 * server of today writes: else Debian's vhost_combined would pass, with its host for the client.
 */
function timeStart(line: string, identity: number): number {
  if (line.startsWith('- - [', identity)) return identity + 5;
  const bracket = line.indexOf(' [', identity);
  const user = line.indexOf(' ', identity) + 1;
  if (bracket === -1 || user > bracket) return -1;
  if (!line.startsWith('- ', identity) && line.indexOf(' ', user) !== bracket) return -1;
  return bracket + 2;
}

let last = { date: '01/Jan/1970:', day: '1970-01-01' };

/** The day of `17/May/2015:…`; the last good one is kept, since a log seldom changes its day. */
function dayAt(line: string, at: number): string | undefined {
  if (line.startsWith(last.date, at)) return last.day;
  const date = line.slice(at, at + '17/May/2015:'.length);
  const day = isoDay(date);
  if (day !== undefined) last = { date, day };
  return day;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function isoDay(date: string): string | undefined {
  const [, day, name, year] = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):$/.exec(date) ?? [];
  const month = MONTHS.indexOf(name ?? '') + 1;
  if (day === undefined || year === undefined || month === 0) return undefined;
  const iso = `${year}-${String(month).padStart(2, '0')}-${day}`;
  const instant = Date.parse(`${iso}T00:00:00Z`); // V8 reads 31 February as 3 March
  return Number.isNaN(instant) || new Date(instant).toISOString().slice(0, 10) !== iso ? undefined : iso;
}

/** The quote that ends a field; Apache writes `\"` and `\\` inside of it. */
function closingQuote(line: string, from: number): number {
  let quote = line.indexOf('"', from);
  while (quote !== -1) {
    let before = quote;
    while (before > from && line.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((quote - before) % 2 === 0) return quote;
    quote = line.indexOf('"', quote + 1);
  }
  return -1;
}

/** Digits or `-`, then a blank or the end; -1 when it is neither. */
function bytesAt(line: string, from: number): number {
  let at = from;
  let bytes = 0;
  if (line[at] === '-') at++;
  else while (isDigit(line.charCodeAt(at))) bytes = bytes * 10 + line.charCodeAt(at++) - 0x30;
  const ended = at === line.length || line.charCodeAt(at) === SPACE || line[at] === '\r';
  return at > from && ended && bytes <= Number.MAX_SAFE_INTEGER ? bytes : -1;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** The path of `METHOD path HTTP/1.1`; targets with blanks and HTTP/0.9 (no version) are clients' sins, not the log's. */
function pathOf(line: string, from: number, to: number): string {
  const target = line.indexOf(' ', from) + 1;
  if (target === 0 || target >= to || !isMethod(line, from, target - 1)) return '-';
  const version = line.lastIndexOf(' ', to - 1);
  let end = line.startsWith('HTTP/', version + 1) ? version : to;
  const query = line.indexOf('?', target);
  if (query !== -1 && query < end) end = query;
  return end > target ? line.slice(target, end) : '-';
}

function isMethod(line: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = line.charCodeAt(at);
    if ((code < 0x41 || code > 0x5a) && code !== 0x2d) return false;
  }
  return to > from;
}
