import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fillTables } from '../../experiments/dht-document/fill-tables.ts';
import { findMetric } from '../../experiments/results/metrics.ts';
import type { Results } from '../../experiments/results/reader.ts';

const cells = [8, 1024].flatMap((nodes) => [1, 2].map((k) => ({ nodes, k })));
const results = {
  folder: '',
  manifest: {
    name: 's',
    systems: [{ name: 'chord', label: 'Chord' }, { name: 'pastry', label: 'Pastry' }],
    sweep: [{ key: 'nodes', values: [8, 1024], description: '' }, { key: 'k', values: [1, 2], description: '' }],
    published: [{ source: '', metric: 'hopsMean', system: 'chord', over: 'nodes', at: [8], values: [1.7], where: {}, note: '' }],
  },
  trials: cells.flatMap((cell, i) => ['1', '2'].map((seed, s) => ({
    key: { index: 2 * i + s, cell, system: 'chord', seed }, queryRows: 0, digest: '', labels: {}, flags: {},
    metrics: { hopsMean: cell.nodes / 8 + cell.k + 0.1 * s, correctShare: cell.nodes === 8 ? 1 : 0.9996 },
  }))),
} as unknown as Results;

const fill = (marker: string): string => fillTables(`a\n<!-- table s ${marker} -->\nold\n<!-- end -->\nb`, () => results);

describe('tables of a document', () => {
  it('hold means with intervals, published values, and only systems that report', () => {
    // Two seeds 0.1 apart: 12.706 · 0.05 = 0.64 either way.
    expect(fill('by nodes, k=2: hopsMean').split('\n')).toEqual([
      'a', '<!-- table s by nodes, k=2: hopsMean -->', '| nodes | Chord: mean hops |', '| ---: | ---: |', '| 8 | 3.05 ± 0.64 (1.7) |', '| 1,024 | 130 ± 1 |', '<!-- end -->', 'b',
    ]);
  });

  it('never round a share that is not whole up to 100 %', () => {
    expect(fill('by nodes, k=1: correctShare')).toContain('| 8 | 100 % |\n| 1,024 | 99.96 % |');
  });

  it('filled again are the same, and refuse what is not there', () => {
    const once = fill('by nodes, k=1: hopsMean, correctShare');
    expect(fillTables(once, () => results)).toBe(once);
    expect(() => fill('by node: hopsMean')).toThrow('does not sweep node');
    expect(() => fill('by nodes: hops')).toThrow('hops is not in the registry');
    expect(() => fill('by nodes, k=3: hopsMean')).toThrow('no cell with {"k":"3"}');
  });
});

describe('docs/DHT.md', () => {
  const text = readFileSync('docs/DHT.md', 'utf8');

  it('names configs, metrics and pictures that exist', () => {
    for (const [, study, names] of text.matchAll(/<!-- table (\S+) by [^:]+: ([^\n]+?) -->/g)) {
      expect(existsSync(`configs/${study}.yaml`), study).toBe(true);
      for (const name of names.split(', ')) expect(findMetric(name), name).toBeDefined();
    }
    for (const [, image] of text.matchAll(/\]\((images\/[^)]+)\)/g)) expect(existsSync(`docs/${image}`), image).toBe(true);
    expect(text.match(/<!-- table /g)).toHaveLength(text.match(/<!-- end -->/g)!.length);
  });
});
