import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLine } from '../../../../examples/01-access-log/src/parse-line.ts';

const TIME = '[17/May/2015:10:05:03 +0000]';
const common = `83.149.9.216 - - ${TIME} "GET /a/b.png HTTP/1.1" 200 203023`;
const counted = { client: '83.149.9.216', day: '2015-05-17', path: '/a/b.png', bytes: 203023 };

function pathOf(request: string) {
  return parseLine(`::1 - - ${TIME} "${request}" 200 5 "-" "-"`)?.path;
}

describe('parseLine', () => {
  test('reads the common format', () => {
    expect(parseLine(common)).toEqual(counted);
  });

  test.each([
    ['the combined format', ' "http://example.org/" "Mozilla/5.0 (X11)"'],
    ['fields behind the agent', ' "-" "curl" 0.003 "10.0.0.1"'],
    ['a user agent that is cut off', ' "-" "Mozilla/5.0 (compa'],
    ['a line end of Windows', '\r'],
  ])('reads %s', (_what, tail) => {
    expect(parseLine(common + tail)).toEqual(counted);
  });

  test.each(['- alice', '- John Doe', '- a[b', 'ident alice', '- -', '- Ann "x"'])('reads the user of "%s"', (who) => {
    expect(parseLine(common.replace('- -', who))).toEqual(counted);
  });

  test('counts `-` as 0 bytes', () => {
    expect(parseLine(common.replace('203023', '-'))).toEqual({ ...counted, bytes: 0 });
  });

  test('takes a name or an IPv6 address for the client', () => {
    expect(parseLine(common.replace('83.149.9.216', '2001:db8::1'))?.client).toBe('2001:db8::1');
    expect(parseLine(common.replace('83.149.9.216', 'host.example'))?.client).toBe('host.example');
  });

  test('gives the day in the zone of the log, whatever the day before was', () => {
    const days = ['31/Dec/2025:23:59:59 -0800', '29/Feb/2024:00:00:00 +0000', '31/Dec/2025:23:59:59 -0800'];
    expect(days.map((day) => parseLine(common.replace(TIME, `[${day}]`))?.day)).toEqual([
      '2025-12-31',
      '2024-02-29',
      '2025-12-31',
    ]);
  });

  test('finds the end of a request with escaped quotes and backslashes', () => {
    expect(pathOf(String.raw`GET /say\"hi\" HTTP/1.1`)).toBe(String.raw`/say\"hi\"`);
    expect(pathOf(String.raw`GET /end\\`)).toBe(String.raw`/end\\`);
    expect(pathOf(String.raw`GET /x\\\" HTTP/1.1`)).toBe(String.raw`/x\\\"`);
  });

  test.each([
    ['GET / HTTP/1.1', '/'],
    ['GET /a?b=/c?d HTTP/1.1', '/a'],
    ['GET /a b c HTTP/1.0', '/a b c'],
    ['GET /old', '/old'],
    ['OPTIONS * HTTP/1.1', '*'],
    ['VERSION-CONTROL /a HTTP/1.1', '/a'],
    ['GET http://example.org/a?b HTTP/1.1', 'http://example.org/a'],
    ['CONNECT example.org:443 HTTP/1.1', 'example.org:443'],
  ])('finds the path of "%s"', (request, path) => {
    expect(pathOf(request)).toBe(path);
  });

  test.each([
    '-',
    '',
    ' ',
    'GET',
    'GET ',
    'GET  HTTP/1.1',
    'GET HTTP/1.1',
    'GET ?a HTTP/1.1',
    String.raw`\x16\x03 \x01`,
  ])('counts the request "%s" under the path -', (request) => expect(pathOf(request)).toBe('-'));

  test.each([
    ['an empty line', ''],
    ['an error log', '2026/01/01 00:00:00 [error] 12#12: *1 open() failed'],
    ['no client', common.slice('83.149.9.216'.length)],
    ['the host in front (vhost_combined)', `example.org:443 ${common}`],
    ['too few fields before the time', common.replace('- - ', '- ')],
    ['no time', common.replace(`${TIME} `, '')],
    ['a time without its bracket', common.replace(']', '')],
    ['a month that is none', common.replace('May', 'Mai')],
    ['a day that is none', common.replace('17/May', '31/Feb')],
    ['a day of one digit', common.replace('17/May', '7/May')],
    ['no request', common.replace('"GET /a/b.png HTTP/1.1" ', '')],
    ['a request that is not closed', common.replace('1.1"', '1.1')],
    ['a request whose only quote is escaped', common.replace('1.1"', String.raw`1.1\"`)],
    ['no status', common.replace(' 200', '')],
    ['a status of four digits', common.replace(' 200', ' 2000')],
    ['no bytes', common.replace(' 203023', '')],
    ['bytes that are no number', common.replace('203023', '2k')],
    ['negative bytes', common.replace('203023', '-1')],
    ['bytes past what a number holds', common.replace('203023', '9007199254740993')],
  ])('calls malformed: %s', (_what, line) => {
    expect(parseLine(line)).toBeUndefined();
  });

  test('a line cut off in its date does not spoil the next one', () => {
    const date = common.indexOf('17/May');
    for (let end = 0; end < common.length - 6; end++) {
      expect(parseLine(common.slice(0, end))).toBeUndefined();
      expect(parseLine(common)).toEqual(counted);
    }
    expect(parseLine(common.slice(0, date + 4))).toBeUndefined();
  });

  test('agrees with a regular expression on lines that are spoilt behind the date', () => {
    const whole = /^\S+ - - \[17\/May\/2015:.{14}\] "(?:[^"\\]|\\.)*" \d{3} (?:\d{1,15}|-)(?:[ \r].*)?$/;
    const from = common.indexOf(':10:05:03') + 1;
    const spoilt = fc.tuple(
      fc.integer({ min: from, max: common.length }),
      fc.nat(3),
      fc.constantFrom('', ' ', '"', '\\', '[', ']', '-', '0'),
    );
    fc.assert(
      fc.property(spoilt, ([at, length, text]) => {
        const line = common.slice(0, at) + text + common.slice(at + length);
        expect(parseLine(line) !== undefined).toBe(whole.test(line));
      }),
      { numRuns: 2000 },
    );
  });
});
