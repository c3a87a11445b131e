import { describe, expect, test } from 'vitest';
import { readHeaders } from '../../../src/cli/arguments/header.ts';
import { readParams } from '../../../src/cli/arguments/params.ts';

describe('--header', () => {
  test.each([
    [
      'test=1;test2=2',
      [
        ['test', '1'],
        ['test2', '2'],
      ],
    ],
    ['k=a=b', [['k', 'a=b']]],
    [
      ' k = a ; l = b ',
      [
        ['k', 'a'],
        ['l', 'b'],
      ],
    ],
    [
      'k=a\\;b;l=c',
      [
        ['k', 'a;b'],
        ['l', 'c'],
      ],
    ],
    ['k=', [['k', '']]],
    ['k=a;', [['k', 'a']]],
    ['k=a:b', [['k', 'a:b']]],
    ['name: value', [['name', 'value']]],
    ['Referer: http://x/?a=1;b=2', [['Referer', 'http://x/?a=1;b=2']]],
    [
      'traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      [['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01']],
    ],
    ['', []],
  ])('EGO-6 reads %j', (text, headers) => {
    expect(readHeaders(text)).toEqual(headers);
  });

  test('EGO-27 keeps Chinese', () => {
    expect(readHeaders('user=张三')).toEqual([['user', '张三']]);
  });

  test('EGO-6 names the piece that has no value', () => {
    expect(() => readHeaders('a=1;test')).toThrow("--header: 'test' has no value");
    expect(() => readHeaders('=1')).toThrow("--header: '=1' has no name");
    expect(() => readHeaders('a b=1')).toThrow("--header: 'a b' cannot be the name of a header");
    for (const broken of ['a=1\r\nx: y', 'a: 1\nb']) expect(() => readHeaders(broken)).toThrow('it has a line break');
  });
});

describe('--params', () => {
  test.each([
    ['a;b', ['a', 'b']],
    ['a\\;b;c', ['a;b', 'c']],
    ['a;', ['a', '']],
    [';', ['', '']],
    ['', []],
    ['你好; b', ['你好', ' b']],
  ])('GJ-3 reads %j', (text, args) => {
    expect(readParams(text)).toEqual(args);
  });
});
