import { describe, expect, it } from 'vitest';
import { UnitsUnderWay } from '../../../protocols/decision/units-under-way.ts';
import type { PeerNode } from '../../../protocols/systems/peer-node.ts';

const node = (host: number): PeerNode => ({ host }) as PeerNode;

describe('units under way', () => {
  it('are known on their node alone, by the first who brings them, until that one has', () => {
    const [here, there] = [node(0), node(1)];
    const [first, second] = [{}, {}];
    const units = new UnitsUnderWay();
    const told: string[] = [];
    units.begin(here, 5, first, 'transfer', 100);
    units.begin(here, 5, second, 'prefill', 50);
    expect([units.expectedNs(here, 5), units.expectedNs(there, 5), units.expectedNs(here, 6)]).toEqual([100, undefined, undefined]);
    units.join(here, 5, (arrived, work) => told.push(`${String(arrived)} ${work}`));
    units.end(here, 5, second, true);
    units.end(there, 5, first, true);
    expect(told).toEqual([]);
    units.end(here, 5, first, true);
    expect(told).toEqual(['true transfer']);
    expect(units.expectedNs(here, 5)).toBeUndefined();
    expect(() => { units.join(here, 5, () => undefined); }).toThrow('nobody brings unit 5 to node 0');
  });

  it('do not come when their owner is gone, and others can begin them anew while they are told', () => {
    const here = node(0);
    const [owner, other] = [{}, {}];
    const units = new UnitsUnderWay();
    const told: boolean[] = [];
    units.begin(here, 1, owner, 'prefill', 10);
    units.begin(here, 2, other, 'prefill', 10);
    units.join(here, 1, (arrived) => { told.push(arrived); units.begin(here, 1, other, 'transfer', 20); });
    units.drop(here, owner);
    expect(told).toEqual([false]);
    expect([units.expectedNs(here, 1), units.expectedNs(here, 2)]).toEqual([20, 10]);
  });
});
