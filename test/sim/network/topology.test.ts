import { describe, expect, it } from 'vitest';
import { MILLISECOND } from '../../../sim/kernel/time.ts';
import { Topology, uniformTopology, type HostSpec, type TopologySpec } from '../../../sim/network/topology.ts';

const zones = { zones: ['paris', 'tokyo'], oneWayNs: [[1, 100], [120, 2]] };

function topology(hosts: readonly Partial<HostSpec>[], rest: Partial<TopologySpec> = {}): Topology {
  return new Topology({ hosts: hosts.map((host, i) => ({ name: `h${i}`, upBps: 1e9, downBps: 1e9, ...host })), zoneLatencyNs: zones, ...rest });
}

describe('Topology', () => {
  it('takes latency from the zones, one way at a time', () => {
    const given = topology([{ zone: 'paris' }, { zone: 'tokyo' }, { zone: 'tokyo' }, {}]);
    expect(given.latencyNs(0, 1)).toBe(100);
    expect(given.latencyNs(1, 0)).toBe(120);
    expect(given.latencyNs(1, 2)).toBe(2);
    expect(given.latencyNs(0, 3)).toBe(1);
  });

  it('adds access latency at both ends', () => {
    const given = topology([{ zone: 'paris', accessLatencyNs: 1000 }, { zone: 'tokyo', accessLatencyNs: 20_000 }]);
    expect(given.latencyNs(0, 1)).toBe(21_100);
    expect(given.latencyNs(1, 0)).toBe(21_120);
  });

  it('takes no time from a host to itself', () => {
    expect(topology([{ accessLatencyNs: 5 }]).latencyNs(0, 0)).toBe(0);
  });

  it('says which pairs cross the core', () => {
    const hosts = [{ zone: 'paris' }, { zone: 'paris' }, { zone: 'tokyo' }];
    const all = topology(hosts, { coreBps: 1e9 });
    expect([all.crossesCore(0, 1), all.crossesCore(0, 2)]).toEqual([true, true]);
    const between = topology(hosts, { coreBps: 1e9, coreScope: 'inter-zone' });
    expect([between.crossesCore(0, 1), between.crossesCore(0, 2)]).toEqual([false, true]);
  });

  it('builds uniform stars, of no host too', () => {
    const given = new Topology(uniformTopology(3, 40e9, MILLISECOND));
    expect(given.hostCount).toBe(3);
    expect(given.latencyNs(0, 2)).toBe(MILLISECOND);
    expect(new Topology(uniformTopology(0, 1, 0)).hostCount).toBe(0);
  });

  it('refuses bad values, naming field, value and expectation', () => {
    expect(() => topology([{ upBps: 0 }])).toThrow("upBps of host 'h0' is 0; expected a finite number above 0");
    expect(() => topology([{ downBps: Infinity }])).toThrow("downBps of host 'h0' is Infinity");
    expect(() => topology([{ upBps: NaN }])).toThrow('is NaN');
    expect(() => topology([{ zone: 'oslo' }])).toThrow("zone 'oslo' of host 'h0' does not exist; expected one of paris, tokyo");
    expect(() => topology([{ accessLatencyNs: 0.5 }])).toThrow('whole number of nanoseconds');
    expect(() => topology([], { zoneLatencyNs: { zones: ['a'], oneWayNs: [] } })).toThrow('has 0 rows; expected 1');
    expect(() => topology([], { zoneLatencyNs: { zones: ['a'], oneWayNs: [[1, 2]] } })).toThrow('row 0 of zoneLatencyNs.oneWayNs has 2 entries');
    expect(() => topology([], { zoneLatencyNs: { zones: ['a'], oneWayNs: [[-1]] } })).toThrow('oneWayNs[0][0] is -1');
    expect(() => topology([], { zoneLatencyNs: { zones: [], oneWayNs: [] } })).toThrow('zones is empty');
    expect(() => topology([], { zoneLatencyNs: { zones: ['a', 'a'], oneWayNs: [[1, 1], [1, 1]] } })).toThrow('twice');
    expect(() => topology([], { coreBps: -1 })).toThrow('coreBps is -1');
    expect(() => topology([], { connectionCapBps: 0 })).toThrow('connectionCapBps is 0');
    expect(() => topology([], { jitter: { distribution: 'exponential', meanNs: -3 } })).toThrow('jitter.meanNs is -3');
    expect(() => topology([], { jitter: { distribution: 'log-normal', medianNs: 3, sigma: NaN } })).toThrow('jitter.sigma is NaN');
    expect(() => { topology([{}]).check(1); }).toThrow('host 1 does not exist; expected an index from 0 to 0');
    expect(() => { topology([{}]).check(0.5); }).toThrow('host 0.5');
  });
});
