import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvRows } from '../../../workloads/text/csv.ts';
import { InputError } from '../../../workloads/text/input-error.ts';
import { jsonRows } from '../../../workloads/text/json-lines.ts';
import { splitLines } from '../../../workloads/text/lines.ts';
import { nearest } from '../../../workloads/text/nearest.ts';

/** Cuts a text at the given places, as reads of a file would. */
function pieces(text: string, cuts: readonly number[]): string[] {
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  return places.slice(1).map((end, index) => text.slice(places[index], end));
}

describe('splitLines', () => {
  it('gives the same lines wherever the text is cut, whatever the line ends, with or without a byte-order mark', () => {
    const line = fc.string().map((text) => text.replace(/[\r\n\uFEFF]/g, ''));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat()), fc.constantFrom('\n', '\r\n'), fc.boolean(), fc.boolean(), (lines, cuts, end, mark, terminated) => {
        const body = lines.join(end) + (terminated && lines.length > 0 ? end : '');
        const text = (mark ? '\uFEFF' : '') + body;
        const expected = body === '' ? [] : terminated || lines.at(-1) !== '' ? lines : lines.slice(0, -1);
        expect([...splitLines(pieces(text, cuts), { file: 'f' })]).toEqual(expected);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('refuses a line longer than the bound, before it has been read to its end', () => {
    let given = 0;
    const endless = function* (): Generator<string> {
      for (; given < 1000; given++) yield 'x'.repeat(100);
    };
    expect(() => [...splitLines(endless(), { file: 'f.bin', maxCharacters: 1000 })]).toThrow('f.bin:1: line longer than 1000 characters');
    expect(given).toBeLessThan(20);
  });
});

describe('csvRows', () => {
  const read = (text: string): string[][] => [...csvRows(text.split('\n'), { file: 'f.csv' })].map(({ fields }) => [...fields]);

  it('reads back whatever fields were written by RFC 4180', () => {
    const quote = (field: string): string => `"${field.replaceAll('"', '""')}"`;
    // A record of one blank field is a blank line, which is skipped.
    const record = fc.array(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', ' ', 'é') }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(record), (records) => {
        const text = records.map((fields) => fields.map(quote).join(',')).join('\n');
        expect(text === '' ? [] : read(text)).toEqual(records);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('skips blank lines, keeps empty fields, and counts lines from 1', () => {
    const rows = [...csvRows(['a,b', '', 'c,', '"x\ny",z'.split('\n')[0], 'y",z'], { file: 'f.csv' })];
    expect(rows).toEqual([{ line: 1, fields: ['a', 'b'] }, { line: 3, fields: ['c', ''] }, { line: 4, fields: ['x\ny', 'z'] }]);
  });

  it('names the line where an unclosed quote was opened, even if the rest of the file follows it', () => {
    expect(() => read('a,b\nc,"d\ne,f')).toThrow('f.csv:2: a quote opened on this line is never closed');
    const long = ['h', '"open', ...Array.from({ length: 1000 }, () => 'x'.repeat(100))];
    expect(() => [...csvRows(long, { file: 'f.csv', maxRecordCharacters: 1000 })]).toThrow('f.csv:2: a quote opened');
  });

  it('refuses text after a closing quote', () => {
    expect(() => read('"a"b,c')).toThrow('f.csv:1: expected "," or the end of the line after a closing quote, got "b,c"');
  });
});

describe('jsonRows', () => {
  const read = (...lines: string[]): unknown[] => [...jsonRows(lines, { file: 'f.jsonl', expected: 'an object' })].map(({ value }) => value);

  it('keeps neighbouring 64-bit integers apart, and leaves fractions, exponents and strings alone', () => {
    expect(read('{"a": [18446744073709551615, 18446744073709551614, -9223372036854775808], "b": "1234567890123456789", "c": 0.12345678901234567, "d": 7}')).toEqual([
      { a: ['18446744073709551615', '18446744073709551614', '-9223372036854775808'], b: '1234567890123456789', c: Number('0.12345678901234567'), d: 7 },
    ]);
    expect(read('{"quote \\" 1234567890123456789 \\\\": 1234567890123456789}')).toEqual([{ 'quote " 1234567890123456789 \\': '1234567890123456789' }]);
  });

  it('parses lines of megabytes', () => {
    const text = `x\\\\\\"`.repeat(500_000);
    expect(read(`{"t": "${text}", "n": 1234567890123456789}`)).toHaveLength(1);
  });

  it('gives any object back as JSON.parse does where no integer is wide', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const text = JSON.stringify(object);
        if (!/\d{16}/.test(text)) expect(read(text)).toEqual([JSON.parse(text)]);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it.each([
    ['{"a": 1', 'f.jsonl:2: expected an object, got a line that is not JSON (cut short?)'],
    ['nonsense}', 'f.jsonl:2: expected an object, got a line that is not JSON: "nonsense}"'],
    ['[1]', 'f.jsonl:2: expected an object, got "[1]"'],
    ['null', 'f.jsonl:2: expected an object, got "null"'],
  ])('refuses %j', (line, message) => {
    expect(() => read('{}', line)).toThrow(message);
  });
});

describe('InputError and nearest', () => {
  it('names the file alone where no line is at fault', () => {
    expect(new InputError('f', 0, 'no such file').message).toBe('f: no such file');
  });

  it('suggests what is near, and nothing where nothing is', () => {
    expect(nearest('inptu tokens', ['arrival', 'input tokens'])).toBe('input tokens');
    expect(nearest('zzzzzz', ['arrival', 'input tokens'])).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});
