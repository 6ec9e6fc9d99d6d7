import { describe, expect, it } from 'vitest';
import { RandomStreams } from '../../../sim/kernel/random-streams.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import { faultKind, type Fault, type FaultHooks } from '../../../sim/network/fault.ts';
import { FaultSchedule } from '../../../sim/network/fault-schedule.ts';
import { Network } from '../../../sim/network/network.ts';
import { drawFaults } from '../../../sim/network/random-faults.ts';
import { uniformTopology } from '../../../sim/network/topology.ts';

function setting(faults: readonly Fault[], hooks: FaultHooks = {}) {
  const simulator = new Simulator({ seed: 1 });
  const network = new Network(simulator, uniformTopology(5, 1e9, MILLISECOND));
  return { simulator, network, schedule: new FaultSchedule(simulator, network, faults, hooks) };
}

describe('FaultSchedule', () => {
  it('crashes and recovers hosts at their times and tells whom it concerns', () => {
    const log: string[] = [];
    const { simulator, network, schedule } = setting([{ atNs: 2 * SECOND, forNs: 3 * SECOND, crash: [1, 2] }], {
      onCrash: (host) => log.push(`${simulator.now / SECOND} s: ${host} down`),
      onRecover: (host) => log.push(`${simulator.now / SECOND} s: ${host} up`),
    });
    simulator.run(3 * SECOND);
    expect([network.isAlive(0), network.isAlive(1), network.isAlive(2)]).toEqual([true, false, false]);
    expect(schedule.active.map(faultKind)).toEqual(['crash']);
    simulator.run();
    expect(network.isAlive(1)).toBe(true);
    expect(schedule.active).toEqual([]);
    expect(log).toEqual(['2 s: 1 down', '2 s: 2 down', '5 s: 1 up', '5 s: 2 up']);
  });

  it('keeps a host down while any crash of it lasts, and for good without an end', () => {
    const { simulator, network } = setting([
      { atNs: 1, forNs: 10, crash: [0] },
      { atNs: 5, forNs: 10, crash: [0] },
      { atNs: 5, crash: [3] },
    ]);
    simulator.run(12);
    expect(network.isAlive(0)).toBe(false);
    simulator.run(15);
    expect(network.isAlive(0)).toBe(true);
    simulator.run(SECOND);
    expect(network.isAlive(3)).toBe(false);
  });

  it('ends each partition alone', () => {
    const { simulator, network } = setting([
      { atNs: 10, forNs: 20, partition: [[0], [1, 2, 3, 4]] },
      { atNs: 20, forNs: 30, partition: [[1]] },
    ]);
    simulator.run(25);
    expect([network.isReachable(0, 2), network.isReachable(1, 2), network.isReachable(2, 3)]).toEqual([false, false, true]);
    simulator.run(35);
    expect([network.isReachable(0, 2), network.isReachable(1, 2)]).toEqual([true, false]);
    simulator.run(60);
    expect(network.isReachable(1, 2)).toBe(true);
  });

  it('composes degradations, slowness and loss that overlap', () => {
    const slowness: [number, number][] = [];
    const { simulator, network } = setting(
      [
        { atNs: 10, forNs: 100, degrade: { hosts: [0], extraLatencyNs: 5 } },
        { atNs: 20, forNs: 20, degrade: { hosts: [0, 1], extraLatencyNs: 7, upFactor: 0.5 } },
        { atNs: 10, forNs: 100, slow: { hosts: [2], factor: 2 } },
        { atNs: 20, forNs: 20, slow: { hosts: [2], factor: 3 } },
        { atNs: 10, forNs: 100, loss: { rate: 1 } },
        { atNs: 20, forNs: 20, loss: { rate: 0.5, from: 0, to: 1 } },
      ],
      { onSlow: (host, factor) => slowness.push([host, factor]) },
    );
    const base = network.latencyNs(0, 3);
    const extra = (untilNs: number): number => {
      simulator.run(untilNs);
      return network.latencyNs(0, 3) - base;
    };
    expect([extra(5), extra(15), extra(25), extra(45), extra(115)]).toEqual([0, 5, 12, 5, 0]);
    expect(slowness).toEqual([[2, 2], [2, 6], [2, 2], [2, 1]]);
  });

  it('combines losses of a pair with those of all', () => {
    const { simulator, network } = setting([
      { atNs: 0, forNs: 3 * SECOND, loss: { rate: 0.5 } },
      { atNs: SECOND, forNs: SECOND, loss: { rate: 0.5, from: 0, to: 1 } },
    ]);
    const note = network.messageType<number>('note', () => undefined);
    const lost = (atNs: number): number => {
      simulator.run(atNs);
      const before = network.stats.drops.loss;
      for (let i = 0; i < 2000; i++) network.send(0, 1, note, i);
      return (network.stats.drops.loss - before) / 2000;
    };
    // Four standard deviations at 2000 draws are below 0.045.
    expect(lost(SECOND / 2)).toBeCloseTo(0.5, 1);
    expect(lost(SECOND + SECOND / 2)).toBeCloseTo(0.75, 1);
    expect(lost(2 * SECOND + SECOND / 2)).toBeCloseTo(0.5, 1);
    expect(lost(4 * SECOND)).toBe(0);
  });

  it('leaves leaving to the protocol', () => {
    const log: string[] = [];
    const { simulator, network } = setting([{ atNs: 5, forNs: 5, leave: [4] }], {
      onLeave: (host) => log.push(`leave ${host}`),
      onRejoin: (host) => log.push(`rejoin ${host}`),
    });
    simulator.run(7);
    expect(network.isAlive(4)).toBe(true);
    simulator.run();
    expect(log).toEqual(['leave 4', 'rejoin 4']);
  });

  it('refuses a fault that cannot be applied before scheduling any', () => {
    const refuse = (fault: Fault, hooks: FaultHooks = {}) => () => setting([{ atNs: 1, crash: [0] }, fault], hooks);
    expect(refuse({ atNs: 1, crash: [5] })).toThrow('faults[1] names host 5; expected an index from 0 to 4');
    expect(refuse({ atNs: -1, crash: [] })).toThrow('faults[1].atNs is -1');
    expect(refuse({ atNs: 1, forNs: 0, crash: [] })).toThrow('faults[1].forNs is 0');
    expect(refuse({ atNs: 1, leave: [0] })).toThrow('expected the hook onLeave');
    expect(refuse({ atNs: 1, slow: { hosts: [0], factor: 2 } })).toThrow('expected the hook onSlow');
    expect(refuse({ atNs: 1, slow: { hosts: [0], factor: 0 } }, { onSlow: () => undefined })).toThrow('slow.factor is 0');
    expect(refuse({ atNs: 1, partition: [[0], [0]] })).toThrow('lists a host twice');
    expect(refuse({ atNs: 1, degrade: { hosts: [0], upFactor: -1 } })).toThrow('degrade.upFactor is -1');
    expect(refuse({ atNs: 1, degrade: { hosts: [0], downFactor: NaN } })).toThrow('degrade.downFactor is NaN');
    expect(refuse({ atNs: 1, degrade: { hosts: [0], extraLatencyNs: 1.5 } })).toThrow('degrade.extraLatencyNs is 1.5');
    expect(refuse({ atNs: 1, loss: { rate: 2 } })).toThrow('loss.rate is 2');
    expect(refuse({ atNs: 1, loss: { rate: 0.1, from: 0 } })).toThrow('names one end');
    expect(refuse({ atNs: 1 } as unknown as Fault)).toThrow('faults[1] has no kind');
    expect(refuse({ atNs: 1, crash: [0], leave: [0] })).toThrow('crash and leave; expected one of');
  });
});

describe('drawFaults', () => {
  const year = 365 * 86_400 * SECOND;
  const hosts = Array.from({ length: 50 }, (_, host) => host);

  it('has the stated means', () => {
    // System: 50 hosts, MTBF 1000 s, MTTR 100 s, over 10^5 s.        Expectations: renewals every 1100 s, a share 1/11 of time down.
    const faults = drawFaults(new RandomStreams(1), { hosts, mtbfNs: 1000 * SECOND, mttrNs: 100 * SECOND, untilNs: 1e5 * SECOND });
    const expected = (50 * 1e5) / 1100;
    expect(Math.abs(faults.length - expected)).toBeLessThan(4 * Math.sqrt(expected));
    const down = faults.reduce((sum, { forNs }) => sum + forNs!, 0) / SECOND / faults.length;
    expect(Math.abs(down - 100)).toBeLessThan((4 * 100) / Math.sqrt(faults.length));
  });

  it('is in order of time, of one life at a time, and within its bounds', () => {
    const faults = drawFaults(new RandomStreams(2), { hosts, mtbfNs: 10, mttrNs: 10, fromNs: 500, untilNs: 1000, kind: 'leave' });
    expect(faults.every(({ atNs }) => atNs >= 500 && atNs < 1000)).toBe(true);
    expect(faults.map(({ atNs }) => atNs)).toEqual(faults.map(({ atNs }) => atNs).sort((a, b) => a - b));
    const upAgain = new Map<number, number>();
    for (const fault of faults) {
      if (!('leave' in fault)) throw new Error('expected leaves only');
      expect(fault.atNs).toBeGreaterThan(upAgain.get(fault.leave[0]) ?? -1);
      upAgain.set(fault.leave[0], fault.atNs + fault.forNs!);
    }
  });

  it('gives a host the same failures whoever else there is', () => {
    const spec = { mtbfNs: year / 100, mttrNs: year / 1000, untilNs: year };
    const all = drawFaults(new RandomStreams(3), { hosts, ...spec });
    const one = drawFaults(new RandomStreams(3), { hosts: [7], ...spec });
    expect(one.length).toBeGreaterThan(10);
    expect(all.filter((fault) => 'crash' in fault && fault.crash[0] === 7)).toEqual(one);
  });

  it('draws none for no hosts, and refuses means that are not above zero', () => {
    expect(drawFaults(new RandomStreams(1), { hosts: [], mtbfNs: 1, mttrNs: 1, untilNs: 10 })).toEqual([]);
    expect(() => drawFaults(new RandomStreams(1), { hosts, mtbfNs: 0, mttrNs: 1, untilNs: 10 })).toThrow('mtbfNs is 0');
  });
});
