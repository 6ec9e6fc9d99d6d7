import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readResults } from '../../experiments/results/reader.ts';
import { displayUnit, formatEstimate, formatMeasure, formatNumber, formatRange, formatSeeds, roundSignificant } from '../../reports/study/number-format.ts';
import { printable, shortText } from '../../reports/study/printable.ts';
import { bySeed, describeCell, heldSettings, makeStudy, slice } from '../../reports/study/study.ts';
import { parseSweptQuantity, sweptText, sweptVariable } from '../../reports/study/swept-variable.ts';
import { slug, variableLabel, variableSlug } from '../../reports/study/variable-names.ts';
import { REPLICAS, UPLINK, peersWin } from './behaviours.ts';
import { writeSyntheticResults } from './synthetic-results.ts';

/** Numbers are tied to their units by no-break spaces. */
const plain = (text: string): string => text.replaceAll('\u00A0', ' ');

describe('numbers for people', () => {
  it('have three significant digits and a unit near one', () => {
    expect([0, 0.01234, 4.5678, 78.94, 789.4, 12345.6, -3.14159].map((v) => formatNumber(v))).toEqual(['0', '0.0123', '4.57', '78.9', '789', '12,300', '−3.14']);
    expect([formatMeasure(212.4, 'ms'), formatMeasure(12_400, 'ms'), formatMeasure(0.6123, 'fraction'), formatMeasure(3.2e9, 'B'), formatMeasure(2, 'requests/s')].map(plain)).toEqual(['212 ms', '12.4 s', '61.2 %', '3.20 GB', '2.00 requests/s']);
    expect(formatNumber(999.96)).toBe('1,000');
  });
  it('say when there is no number or no interval', () => {
    expect(formatMeasure(NaN, 'ms')).toBe('n/a');
    expect(formatRange(-Infinity, Infinity, 'ms')).toBe('no interval');
    expect(plain(formatEstimate(5, -Infinity, Infinity, 'ms'))).toBe('5.00 ms');
  });
  it('give an estimate and its interval in one unit with equal decimals', () => {
    expect(plain(formatEstimate(946.2, 874.1, 1018.4, 'ms'))).toBe('946 ms [874–1,018]');
    expect(plain(formatEstimate(2400, 2210, 2590, 'ms'))).toBe('2.40 s [2.21–2.59]');
    expect(plain(formatEstimate(-660, -695, -626, 'ms'))).toBe('−660 ms [−695 to −626]');
    expect(formatEstimate(0.5, -0.0001, 1, '')).toBe('0.500 [0.000 to 1.000]');
  });
  it('never show a digit that a last bit could change', () => {
    fc.assert(fc.property(fc.double({ min: 1e-3, max: 1e12, noNaN: true }), (value) => {
      expect(roundSignificant(roundSignificant(value))).toBe(roundSignificant(value));
      expect(Math.abs(roundSignificant(value) / value - 1)).toBeLessThan(1e-5);
    }), { seed: 1, numRuns: 200 });
  });
  it('choose seconds from ten on, so that an axis does not count in ten thousands', () => {
    expect(displayUnit('ms', 9_999).unit).toBe('ms');
    expect(displayUnit('ms', 10_000).unit).toBe('s');
  });
  it('write seeds short', () => {
    expect(formatSeeds(['1', '2', '3', '4', '5'])).toBe('1–5');
    expect(formatSeeds(['1', '2', '7'])).toBe('1, 2, 7');
    expect(formatSeeds(Array.from({ length: 20 }, (_, i) => `s${i}`))).toBe('s0, s1, s2, … s19 (20)');
  });
});

describe('swept values', () => {
  it('are read with their units', () => {
    expect(parseSweptQuantity('40Gbps')).toMatchObject({ value: 40, unit: 'Gbps', family: 'bits per second' });
    expect(parseSweptQuantity('64 GiB')).toMatchObject({ value: 64, perUnit: 2 ** 30 });
    expect(parseSweptQuantity('100us')).toMatchObject({ unit: 'µs' });
    expect(['none', '', '4 apples', 'constructor', null, true, NaN].map((v) => parseSweptQuantity(v))).toEqual(Array(7).fill(undefined));
  });
  it('are shown for people', () => {
    expect([sweptText('40Gbps'), sweptText('64GiB'), sweptText('2/s'), sweptText(3), sweptText(null), sweptText(true), sweptText('none')].map(plain)).toEqual(['40 Gbps', '64 GiB', '2/s', '3', 'none', 'true', 'none']);
    expect(sweptText('x'.repeat(100))).toHaveLength(40);
  });
  it('go on one numeric axis in the unit of the largest, in rising order', () => {
    const variable = sweptVariable('network.up', ['100Gbps', '500Mbps', '10Gbps'], new Set());
    expect(variable).toMatchObject({ numeric: true, unit: 'Gbps', label: 'uplink rate', slug: 'up' });
    expect(variable.values.map((v) => v.number)).toEqual([0.5, 10, 100]);
  });
  it('stay words where one of them is', () => {
    const variable = sweptVariable('prefetch.threshold', ['none', '10ms', '50ms'], new Set());
    expect(variable.numeric).toBe(false);
    expect(variable.values.map((v) => plain(v.text))).toEqual(['none', '10 ms', '50 ms']);
  });
  it('are told apart even if they look alike once cut', () => {
    const texts = sweptVariable('workload', ['y'.repeat(50), `${'y'.repeat(50)}z`], new Set()).values.map((v) => v.text);
    expect(new Set(texts).size).toBe(2);
  });
  it('have names that are unique and safe in a path', () => {
    const taken = new Set<string>();
    expect(['a.rate', 'b.rate', '../../etc/passwd', '日本'].map((key) => sweptVariable(key, [1, 2], taken).slug)).toEqual(['rate', 'rate-2', 'etc-passwd', 'variable']);
    expect(variableSlug('serving.tokenBudget')).toBe('token-budget');
    expect(variableLabel('serving.tokenBudget')).toBe('serving token budget');
    expect(variableLabel('constructor')).toBe('constructor');
    expect(slug('A / B? <c>')).toBe('a-b-c');
  });
});

describe('printable text', () => {
  it('is one line without controls or marks that turn the writing direction', () => {
    expect(printable('a\u0000b\nc\u202Ed\u2028e\u2066f')).toBe('a b cd ef');
    expect(shortText('abcdef', 4)).toBe('abc…');
    expect(shortText('👩‍👩‍👧x', 5)).toContain('👩');
  });
});

describe('study', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'study-'));
    await writeSyntheticResults(folder, { sweep: [REPLICAS, UPLINK, { key: 'fetch.sources', values: [5], description: '' }], seeds: ['1', '2'], queriesPerTrial: 5, behaviour: peersWin, config: 'placement: { replicas: 3 }\nnetwork: { up: 40Gbps }\n' });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('holds the other settings at the values of the config, and leaves out what is not varied', async () => {
    const study = await makeStudy(await readResults(folder), undefined);
    expect(study.variables.map((v) => v.key)).toEqual(['placement.replicas', 'network.up']);
    expect(study.reference).toMatchObject({ 'placement.replicas': 3, 'network.up': '40Gbps' });
    const [replicas, uplink] = study.variables;
    expect(slice(study, [replicas]).map((cell) => [cell['placement.replicas'], cell['network.up']])).toEqual([[2, '40Gbps'], [3, '40Gbps'], [4, '40Gbps']]);
    expect(slice(study, [replicas, uplink])).toHaveLength(9);
    expect(plain(heldSettings(study, [replicas]))).toBe('uplink rate 40 Gbps');
    expect(plain(describeCell(study, study.reference))).toBe('replicas per chunk 3, uplink rate 40 Gbps');
    expect([...bySeed(study, study.reference, 'p2p', 'ttftMeanMs').keys()]).toEqual(['1', '2']);
    expect(bySeed(study, study.reference, 'p2p', 'toString').size).toBe(0);
  });
  it('makes do without a config file', async () => {
    const results = await readResults(folder);
    const study = await makeStudy({ ...results, folder: join(folder, 'elsewhere') }, undefined);
    expect(study.reference).toMatchObject({ 'placement.replicas': 2, 'network.up': '10Gbps' });
  });
});
