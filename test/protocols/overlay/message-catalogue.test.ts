import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cataloguedTypes, catalogueTable, withCatalogues } from '../../../experiments/overlay-tables/message-catalogue.ts';
import { OverlayRun } from '../../../experiments/overlay-tables/overlay-run.ts';

const PAGE = readFileSync(new URL('../../../docs/PROTOCOLS.md', import.meta.url), 'utf8');
const PROTOCOLS = ['chord', 'kademlia', 'pastry'] as const;

describe('message catalogue', () => {
  it('docs/PROTOCOLS.md holds the tables of the specifications (npm run messages writes them)', () => {
    expect(withCatalogues(PAGE)).toBe(PAGE);
  });

  it.each(PROTOCOLS)('lists every message type that %s registers', (protocol) => {
    const registered = new Set<string>();
    for (const lookup of ['recursive', 'iterative'] as const) {
      const run = new OverlayRun({ protocol, nodes: 2, seed: 1, idBits: 64, chord: { lookup }, pastry: { lookup } });
      for (const { name } of run.network.stats.messages()) registered.add(name);
    }
    // The walk that Chord and Pastry share can ask the owner; Pastry's lookups end there anyway.
    registered.delete('pastry.confirm');
    registered.delete('pastry.confirm.answer');
    expect(cataloguedTypes(protocol).sort()).toEqual([...registered].sort());
  });

  it('adds sizes up as the page explains them', () => {
    // Header 74, envelope 12 + 2i, call 6; a list of n contacts 1 + n·(8 + i).
    expect(catalogueTable('chord')).toContain('| `chord.ping` | call | 92 + 2i | 108 / 132 |');
    expect(catalogueTable('kademlia')).toContain('| call, nil, contacts | 94 + 2i + n·(8 + i), n contacts | 432 / 696 (n = 20) |');
  });

  it('names the mark that a page lacks', () => {
    expect(() => withCatalogues('')).toThrow(/chord: written by/);
  });
});
