import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../../experiments/files/make-folder.ts';
import { readLines } from '../../../experiments/files/read-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'lines-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function fileOf(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

describe('readLines', () => {
  it('reads UTF-8 whose characters lie across the pieces that are read, with CRLF and a byte-order mark', () => {
    const lines = Array.from({ length: 30_000 }, (_, index) => `${'é漢😀'.repeat(index % 7)}${index}`);
    expect([...readLines(fileOf('utf8.txt', `\uFEFF${lines.join('\r\n')}\r\n`))]).toEqual(lines);
  });

  it('gives nothing for an empty file', () => {
    expect([...readLines(fileOf('empty.txt', ''))]).toEqual([]);
    expect([...readLines(fileOf('mark.txt', '\uFEFF'))]).toEqual([]);
  });

  it('closes the file when the reader stops early: it can then be opened many times over', () => {
    const file = fileOf('many.txt', 'a\nb\n');
    for (let time = 0; time < 5000; time++) for (const line of readLines(file)) if (line === 'a') break;
  });

  it.each([
    ['missing', join(folder, 'missing'), ': no such file'],
    ['a folder', folder, ': this is a directory, expected a file'],
    ['UTF-16', fileOf('utf16.txt', new Uint8Array([0xff, 0xfe, 0x61, 0x00])), ':1: expected UTF-8 text, got UTF-16: save the file as UTF-8'],
    ['gzip', fileOf('a.gz', new Uint8Array([0x1f, 0x8b, 8, 0])), ':1: expected UTF-8 text, got gzip: unpack the file first'],
  ])('says what is wrong with %s', (_, file, message) => {
    expect(() => [...readLines(file)]).toThrow(`${file}${message}`);
  });

  it('refuses an endless line', () => {
    expect(() => [...readLines(fileOf('long.txt', 'x'.repeat(2_000_000)), 1_000_000)]).toThrow(':1: line longer than 1000000 characters');
  });
});

describe('makeFolder', () => {
  it('makes what is missing, and nothing twice', () => {
    const deep = join(folder, 'a', 'b', 'c');
    makeFolder(deep);
    makeFolder(deep);
    expect([...readLines(fileOf(join('a', 'b', 'c', 'x.txt'), 'hello'))]).toEqual(['hello']);
  });

  it('gives up where a file system refuses', () => {
    expect(() => {
      makeFolder(join(fileOf('plain.txt', ''), 'x'));
    }).toThrow(/ENOTDIR|ENOENT/);
  });
});
