import { describe, expect, it } from 'vitest';
import { CitationNumbers, proseHtml } from '../../../reports/prose/prose-html.ts';
import { type Sourced, joined, listed, plainText, prose, sourced } from '../../../reports/prose/inline.ts';
import { BIBLIOGRAPHY } from '../../../reports/technical-report/bibliography.ts';
import { parseChecks } from '../../../reports/technical-report/checked-models.ts';
import { parseOverlayChecks } from '../../../reports/technical-report/overlay-checks.ts';
import { readFileSync } from 'node:fs';

const source = { file: 'a/summary.csv', metric: 'ttftMeanMs', cell: 'p2p; <nodes>=5' };

describe('prose', () => {
  it('refuses a number without a source, typed or filled in as a plain string', () => {
    for (const make of [() => prose`It takes 3 hops.`, () => prose`3 hops`, () => prose`about ${'12 ms'}`, () => prose`at ~7`, () => prose`(5)`, () => prose`A100-80GB`, () => prose`${[' 1'] as const}`]) expect(make).toThrow(RangeError);
    expect(plainText(prose`P2P and P99 of int8 take ${sourced('3 ms', source, 3)}.`)).toBe('P2P and P99 of int8 take 3 ms.');
  });

  it('sets numbers as data with their source, words as spans, everything escaped', () => {
    const html = proseHtml(prose`a < b: ${sourced('3 <ms>', source, 3.25)} ${sourced('x"', source)}`, new CitationNumbers());
    expect(html).toBe('a &lt; b: <data value="3.25" data-source="a/summary.csv · ttftMeanMs · p2p; &lt;nodes&gt;=5">3 &lt;ms&gt;</data> <span data-source="a/summary.csv · ttftMeanMs · p2p; &lt;nodes&gt;=5">x&quot;</span>');
    expect(sourced('none', source, Number.NaN)).not.toHaveProperty('value');
  });

  it('joins pieces into lists and sentences', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((text): Sourced => sourced(text, source));
    expect([[a], [a, b], [a, b, c]].map((items) => plainText(listed(items)))).toEqual(['a', 'a and b', 'a, b and c']);
    expect(plainText(joined([prose`One.`, prose`Two.`]))).toBe('One. Two.');
    expect(joined([])).toEqual([]);
  });

  it('numbers citations in the order in which they are met', () => {
    const citations = new CitationNumbers();
    expect([citations.numberOf('pastry'), citations.numberOf('chord'), citations.numberOf('pastry')]).toEqual([1, 2, 1]);
    expect(citations.keys).toEqual(['pastry', 'chord']);
    for (const work of Object.values(BIBLIOGRAPHY)) expect(work).toMatch(/\.$/);
  });
});

describe('saved tables of other commands', () => {
  it('of the overlays add up to what the file says of itself', () => {
    const text = readFileSync('docs/validation/overlay.md', 'utf8');
    const [, held, missed] = /(\d+) limits held, (\d+) missed/.exec(text)!.map(Number);
    const tables = parseOverlayChecks(text);
    expect(tables.reduce((sum, table) => sum + table.held, 0)).toBe(held);
    expect(tables.reduce((sum, table) => sum + table.missed.length, 0)).toBe(missed);
    expect(parseOverlayChecks('nothing')).toEqual([]);
  });

  it('of the models are all rows of the page, without markup', () => {
    const text = readFileSync('docs/VALIDATION.md', 'utf8');
    const rows = parseChecks(text);
    expect(rows).toHaveLength(text.split('\n').filter((line) => line.startsWith('| ')).length - 1);
    for (const { model, against, result } of rows) {
      expect([model, against, result]).not.toContain('');
      expect(`${model}${against}${result}`).not.toMatch(/\*\*|`|\]\(/);
    }
    expect(parseChecks('# none')).toEqual([]);
  });
});
