import { describe, expect, it } from 'vitest';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import { Network } from '../../../sim/network/network.ts';
import { uniformTopology } from '../../../sim/network/topology.ts';

/** 8 Gbps carry a byte in a nanosecond. */
const BYTE_A_NANOSECOND = 8e9;

function setting(hosts = 4) {
  const simulator = new Simulator({ seed: 1 });
  const network = new Network(simulator, uniformTopology(hosts, BYTE_A_NANOSECOND, MILLISECOND));
  const arrived: string[] = [];
  const note = network.messageType<string>('note', (_to, _from, text) => { arrived.push(text); });
  const ends: Record<string, { outcome: string; atNs: number; bytes: number }> = {};
  const transfer = (name: string, from: number, to: number, sizeBytes: number) =>
    network.transfer({ from, to, sizeBytes }, (outcome, _payload, bytes) => { ends[name] = { outcome, atNs: simulator.now, bytes }; }, undefined);
  return { simulator, network, arrived, note, ends, transfer };
}

describe('a crash', () => {
  it('fails every transfer of the host at once, travelling, sharing or stalled, and frees what they held', () => {
    // System: 1 sends to 0, 0 to 2 (both sharing), 3 to 1 shares host 1's downlink with nothing; a transfer to 0 still waits its latency.
    const { simulator, network, ends, transfer } = setting();
    transfer('in', 1, 0, 10e6);
    transfer('out', 0, 2, 10e6);
    transfer('beside', 1, 2, 10e6);
    simulator.run(5 * MILLISECOND);
    transfer('travelling', 3, 0, 1e6);
    network.crash(0);
    // Both halves of 4 ms: 'in' and 'beside' shared host 1's uplink, 'out' and 'beside' host 2's downlink.
    expect(ends).toEqual({
      in: { outcome: 'failed', atNs: 5 * MILLISECOND, bytes: 2e6 },
      out: { outcome: 'failed', atNs: 5 * MILLISECOND, bytes: 2e6 },
      travelling: { outcome: 'failed', atNs: 5 * MILLISECOND, bytes: 0 },
    });
    simulator.run();
    expect(ends['beside']).toEqual({ outcome: 'done', atNs: 13 * MILLISECOND, bytes: 10e6 });
    network.stats.checkConservation();
  });

  it('drops messages to and from the host, those in flight included', () => {
    const { simulator, network, arrived, note } = setting();
    network.send(0, 1, note, 'from, in flight');
    network.send(1, 0, note, 'to, in flight');
    network.send(1, 2, note, 'elsewhere');
    network.crash(0);
    network.send(0, 1, note, 'from');
    network.send(1, 0, note, 'to');
    simulator.run();
    expect(arrived).toEqual(['elsewhere']);
    expect(network.stats.drops).toMatchObject({ 'sender-down': 2, 'receiver-down': 2 });
    expect(network.stats.messageTotals()).toMatchObject({ sent: 5, delivered: 1, dropped: 4, inFlight: 0 });
    network.stats.checkConservation();
  });

  it('loses what was in flight even if the host is back before it arrives', () => {
    const { simulator, network, arrived, note } = setting();
    network.send(1, 0, note, 'to the former life');
    network.crash(0);
    network.recover(0);
    network.send(1, 0, note, 'to the new life');
    simulator.run();
    expect(arrived).toEqual(['to the new life']);
  });

  it('lets a message reach a host that was down at its sending and is up at its delivery', () => {
    const { simulator, network, arrived, note } = setting();
    network.crash(0);
    network.send(1, 0, note, 'late');
    network.recover(0);
    simulator.run();
    expect(arrived).toEqual(['late']);
  });

  it('fails transfers begun while the host is down when their latency has passed', () => {
    const { simulator, network, ends, transfer } = setting();
    network.crash(0);
    transfer('to', 1, 0, 1e6);
    transfer('from', 0, 1, 1e6);
    transfer('within', 0, 0, 1e6);
    simulator.run();
    expect(ends['to']).toEqual({ outcome: 'failed', atNs: MILLISECOND, bytes: 0 });
    expect(ends['from']).toEqual({ outcome: 'failed', atNs: MILLISECOND, bytes: 0 });
    expect(ends['within'].outcome).toBe('failed');
  });

  it('is told to watchers once, as is recovery', () => {
    const { network } = setting();
    const seen: [number, boolean][] = [];
    network.watchHosts((host, alive) => {
      seen.push([host, alive]);
      expect(network.isAlive(host)).toBe(alive);
    });
    network.crash(2);
    network.crash(2);
    network.recover(2);
    network.recover(2);
    expect(seen).toEqual([[2, false], [2, true]]);
    expect(() => { network.crash(9); }).toThrow('host 9');
  });

  it('may crash others from within a failed end', () => {
    const { simulator, network, ends, transfer } = setting();
    network.transfer({ from: 0, to: 1, sizeBytes: 1e6 }, () => { network.crash(2); }, undefined);
    transfer('chained', 0, 2, 1e6);
    simulator.run(2 * MILLISECOND);
    network.crash(0);
    expect(ends['chained'].outcome).toBe('failed');
    expect(network.activeTransfers).toBe(0);
    network.stats.checkConservation();
  });
});

describe('a partition', () => {
  it('stalls flows between its groups until healed, and leaves the others their bandwidth', () => {
    // System: two flows of 10 MB share host 0's uplink from 1 ms; at 3 ms host 1 is cut off (1 MB each has arrived), at 50 ms healed.
    // Expectations: the other runs alone: 3 + 9 = 12 ms; the stalled one 50 + 9 = 59 ms.
    const { simulator, network, ends, transfer } = setting();
    const stalled = transfer('stalled', 0, 1, 10e6);
    transfer('free', 0, 2, 10e6);
    simulator.run(3 * MILLISECOND);
    network.partition([[1]]);
    simulator.run(50 * MILLISECOND);
    expect(network.transferredBytes(stalled)).toBe(1e6);
    expect(network.transferRateBps(stalled)).toBe(0);
    network.heal();
    simulator.run();
    expect(ends['free'].atNs).toBe(12 * MILLISECOND);
    expect(ends['stalled'].atNs).toBe(59 * MILLISECOND);
  });

  it('stalls a flow begun during it', () => {
    const { simulator, network, ends, transfer } = setting();
    network.partition([[0, 1], [2, 3]]);
    transfer('across', 0, 2, 1e6);
    transfer('within', 0, 1, 1e6);
    simulator.run();
    expect(Object.keys(ends)).toEqual(['within']);
    expect(network.activeTransfers).toBe(1);
    network.heal();
    simulator.run();
    expect(ends['across'].outcome).toBe('done');
  });

  it('drops messages that meet it at their sending or their delivery', () => {
    const { simulator, network, arrived, note } = setting();
    network.send(0, 1, note, 'under way');
    network.partition([[1]]);
    network.send(0, 1, note, 'into it');
    network.send(0, 2, note, 'beside it');
    simulator.run();
    network.send(0, 1, note, 'into it, arriving after');
    network.heal();
    network.send(0, 1, note, 'after');
    simulator.run();
    expect(arrived).toEqual(['beside it', 'after']);
    expect(network.stats.drops.partition).toBe(3);
    network.stats.checkConservation();
  });

  it('adds to those in force and ends alone', () => {
    const { network } = setting(6);
    const first = network.partition([[0, 1, 2]]);
    const second = network.partition([[2, 3], [4]]);
    const groups = [[0, 1], [2], [3], [4], [5]];
    for (let a = 0; a < 6; a++) {
      for (let b = 0; b < 6; b++) {
        expect(network.isReachable(a, b)).toBe(groups.some((group) => group.includes(a) && group.includes(b)));
      }
    }
    network.heal(first);
    expect([network.isReachable(0, 5), network.isReachable(2, 3), network.isReachable(3, 4)]).toEqual([true, true, false]);
    network.heal(second);
    expect(network.isReachable(3, 4)).toBe(true);
    network.partition([[0]]);
    network.partition([[1]]);
    network.heal();
    expect(network.isReachable(0, 1)).toBe(true);
  });

  it('refuses hosts that do not exist or are listed twice', () => {
    const { network } = setting();
    expect(() => network.partition([[0], [7]])).toThrow('partition group 1 lists host 7; expected an index from 0 to 3');
    expect(() => network.partition([[0], [0]])).toThrow('lists host 0 twice');
    expect(network.isReachable(0, 1)).toBe(true);
  });
});

describe('a degraded host', () => {
  it('has less capacity and more latency for what begins now, less capacity for what runs', () => {
    // System: 10 MB at 1 byte/ns; at 3 ms the receiver's downlink falls to a quarter.        Expectations: 3 + 8 · 4 = 35 ms.
    const { simulator, network, ends, transfer } = setting();
    transfer('running', 0, 1, 10e6);
    simulator.run(3 * MILLISECOND);
    network.degrade(1, { downFactor: 0.25, extraLatencyNs: 2 * MILLISECOND });
    expect(network.latencyNs(0, 1)).toBe(3 * MILLISECOND);
    expect(network.latencyNs(1, 0)).toBe(3 * MILLISECOND);
    expect(network.latencyNs(1, 1)).toBe(0);
    simulator.run();
    expect(ends['running'].atNs).toBe(35 * MILLISECOND);
    network.degrade(1, {});
    expect(network.latencyNs(0, 1)).toBe(MILLISECOND);
    transfer('whole', 0, 1, 10e6);
    simulator.run();
    expect(ends['whole'].atNs).toBe(46 * MILLISECOND);
  });

  it('may have been degraded before its first flow', () => {
    const { simulator, network, ends, transfer } = setting();
    network.degrade(0, { upFactor: 0.5 });
    transfer('first', 0, 1, 10e6);
    simulator.run();
    expect(ends['first'].atNs).toBe(21 * MILLISECOND);
  });

  it('slows messages, and loses them on a cut link', () => {
    const { simulator, network, arrived, note } = setting();
    const bytes = note.sizeBytes('slow');
    network.degrade(0, { upFactor: 0.01 });
    network.send(0, 1, note, 'slow');
    simulator.run();
    expect(simulator.now).toBe(MILLISECOND + 100 * bytes);
    network.degrade(0, { upFactor: 0 });
    network.send(0, 1, note, 'cut');
    network.send(1, 0, note, 'the other way');
    simulator.run();
    expect(arrived).toEqual(['slow', 'the other way']);
    expect(network.stats.drops['link-down']).toBe(1);
    network.stats.checkConservation();
  });

  it('is refused with factors or latencies out of range', () => {
    const { network } = setting();
    expect(() => { network.degrade(0, { upFactor: -1 }); }).toThrow('upFactor is -1');
    expect(() => { network.degrade(0, { downFactor: Infinity }); }).toThrow('downFactor is Infinity');
    expect(() => { network.degrade(0, { extraLatencyNs: 0.5 }); }).toThrow('extraLatencyNs is 0.5');
    expect(() => { network.degrade(4, {}); }).toThrow('host 4');
  });
});

describe('message loss', () => {
  it('takes its share of messages, of every pair or of one', () => {
    const { simulator, network, note } = setting();
    const n = 10_000;
    const lost = (from: number, to: number): number => {
      const before = network.stats.drops.loss;
      for (let i = 0; i < n; i++) network.send(from, to, note, 'x');
      simulator.run();
      return network.stats.drops.loss - before;
    };
    /** Four standard deviations of a binomial count. */
    const near = (count: number, rate: number): void => { expect(Math.abs(count - n * rate)).toBeLessThanOrEqual(4 * Math.sqrt(n * rate * (1 - rate))); };
    near(lost(0, 1), 0);
    network.setLoss(0.2);
    near(lost(0, 1), 0.2);
    network.setLoss(0.7, 0, 1);
    near(lost(0, 1), 0.7);
    near(lost(1, 0), 0.2);
    network.setLoss(0, 2, 3);
    near(lost(2, 3), 0);
    network.setLoss(undefined, 0, 1);
    near(lost(0, 1), 0.2);
    network.setLoss(1);
    near(lost(0, 1), 1);
    near(lost(0, 0), 0);
    network.stats.checkConservation();
    expect(() => { network.setLoss(1.1); }).toThrow('loss rate is 1.1');
    expect(() => { network.setLoss(0.5, 0, 4); }).toThrow('host 4');
  });

  it('leaves bulk flows alone', () => {
    const { simulator, network, ends, transfer } = setting();
    network.setLoss(1);
    transfer('bulk', 0, 1, 1e6);
    simulator.run(SECOND);
    expect(ends['bulk'].outcome).toBe('done');
  });
});
