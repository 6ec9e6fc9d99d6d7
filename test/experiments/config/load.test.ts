import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadYamlFile } from '../../../experiments/config/load.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { refusal } from './study-source.ts';

describe('reading YAML', () => {
  it('refuses a bomb of aliases at once', () => {
    const row = (name: string, of: string): string => `${name}: &${name} [${Array(10).fill(of).join(', ')}]\n`;
    let bomb = row('a0', 'x');
    for (let i = 1; i < 12; i++) bomb += row(`a${i}`, `*a${i - 1}`);
    expect(refusal(bomb)).toContain('aliases cannot be followed');
  });

  it.each([
    ['brackets', '['.repeat(100_000)],
    ['braces', 'a: {b: '.repeat(5000)],
    ['list markers', '- '.repeat(50_000)],
    ['key markers', '? '.repeat(50_000)],
  ])('refuses text nested too deep: %s', (_, text) => {
    expect(refusal(text)).toMatch(/^c\.yaml:1: nested too deep/);
  });

  it('refuses an alias inside what it names', () => {
    expect(refusal('name: x\nfaults: &a [*a]')).toMatch(/^c\.yaml:2:13: \*a lies inside/);
  });

  it('names the line of a key that appears twice', () => {
    expect(refusal('name: a\nseeds: 2\nseeds: 3')).toBe('c.yaml:3:1: the key seeds appears twice');
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses the key %s wherever it stands', (key) => {
    expect(refusal(`name: a\nnetwork: {${key}: {x: 1}}`)).toContain(`${key} is not allowed as a key`);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('refuses merge keys, tags, several documents, keys that are no text, and broken syntax, with the line', () => {
    expect(refusal('name: a\nx: &x {up: 1}\nnetwork: {<<: *x}')).toMatch(/^c\.yaml:3:11: merge keys/);
    expect(refusal('name: !!js/function "x"')).toMatch(/^c\.yaml:1:7: Unresolved tag/);
    expect(refusal('name: a\n---\nname: b')).toMatch(/^c\.yaml:2:1: more than one YAML document/);
    expect(refusal('name: a\n1: b')).toMatch(/^c\.yaml:2:1: 1: a key must be text/);
    expect(refusal('name: [a')).toMatch(/^c\.yaml:1:\d+: /);
    expect(refusal('name: "a')).toMatch(/^c\.yaml:1:\d+: /);
  });

  it('refuses empty files, lists, files that are too large, and bytes that are no text', () => {
    expect(refusal('')).toContain('the file is empty');
    expect(refusal('- a')).toContain('expected keys and values');
    const file = join(temporaryFolder(), 'c.yaml');
    writeFileSync(file, `name: a\n${'#'.repeat(300_000)}`);
    expect(() => loadYamlFile(file)).toThrow('at most 262144');
    writeFileSync(file, new Uint8Array([0x6e, 0xff, 0xfe]));
    expect(() => loadYamlFile(file)).toThrow('not UTF-8');
  });

  it('suggests the nearest file for one that does not exist, and says when it is a folder', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'replication.yaml'), 'name: a');
    mkdirSync(join(folder, 'sub.yaml'));
    expect(() => loadYamlFile(join(folder, 'replicaton.yaml'))).toThrow(`no such file; did you mean ${join(folder, 'replication.yaml')}?`);
    expect(() => loadYamlFile(join(folder, 'sub.yaml'))).toThrow('is a folder');
  });
});
