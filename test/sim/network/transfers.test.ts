import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import { Network, type NetworkOptions } from '../../../sim/network/network.ts';
import { uniformTopology, type TopologySpec } from '../../../sim/network/topology.ts';
import type { TransferId, TransferSpec } from '../../../sim/network/transfers.ts';

/** 8 Gbps carry a byte in a nanosecond. */
const BYTE_A_NANOSECOND = 8e9;

interface End {
  readonly outcome: string;
  readonly atNs: number;
  readonly bytes: number;
}

function setting(hosts: number, oneWayNs = 0, rest: Partial<TopologySpec> = {}, options: NetworkOptions = {}) {
  const simulator = new Simulator();
  const network = new Network(simulator, { ...uniformTopology(hosts, BYTE_A_NANOSECOND, oneWayNs), ...rest }, options);
  const ends: Record<string, End> = {};
  const transfer = (name: string, spec: TransferSpec): TransferId =>
    network.transfer(spec, (outcome, _payload, bytes) => { ends[name] = { outcome, atNs: simulator.now, bytes }; }, undefined);
  return { simulator, network, ends, transfer };
}

describe('bulk transfers', () => {
  it('wait the one-way latency, then share', () => {
    // System: latency L = 1 ms; a starts at 0 with 10 MB, b to another host at 2 ms with 10 MB; the uplink of 8 Gbps is theirs.
    // Expectations: a alone from 1 to 3 ms (2 MB), then half each: a has 8 MB left, ends at 3 + 16 = 19 ms; b has sent 8 MB by then and
    // ends 2 ms later, at 21 ms.
    const { simulator, ends, transfer } = setting(3, MILLISECOND);
    transfer('a', { from: 0, to: 1, sizeBytes: 10e6 });
    simulator.schedule(2 * MILLISECOND, () => { transfer('b', { from: 0, to: 2, sizeBytes: 10e6 }); });
    simulator.run();
    expect(ends['a']).toEqual({ outcome: 'done', atNs: 19 * MILLISECOND, bytes: 10e6 });
    expect(ends['b']).toEqual({ outcome: 'done', atNs: 21 * MILLISECOND, bytes: 10e6 });
  });

  it('of zero bytes take the latency alone', () => {
    const { simulator, ends, transfer } = setting(2, MILLISECOND);
    transfer('empty', { from: 0, to: 1, sizeBytes: 0 });
    simulator.run();
    expect(ends['empty']).toEqual({ outcome: 'done', atNs: MILLISECOND, bytes: 0 });
  });

  it('to their own host cross no link: at once, or at the memory rate, or as their own cap and disk allow', () => {
    const free = setting(1);
    free.transfer('free', { from: 0, to: 0, sizeBytes: 1e9 });
    expect(free.ends['free']).toBeUndefined();
    free.simulator.run();
    expect(free.ends['free']).toEqual({ outcome: 'done', atNs: 0, bytes: 1e9 });
    expect(free.network.stats.bytesUp(0)).toBe(0);

    const memory = setting(1, 0, {}, { loopbackBps: 2 * BYTE_A_NANOSECOND });
    memory.transfer('memory', { from: 0, to: 0, sizeBytes: 1e9 });
    memory.simulator.run();
    expect(memory.ends['memory'].atNs).toBe(SECOND / 2);

    const disk = setting(1);
    const link = disk.network.addLink(BYTE_A_NANOSECOND / 4);
    disk.transfer('disk', { from: 0, to: 0, sizeBytes: 1e9, extraLinks: [link] });
    disk.simulator.run();
    expect(disk.ends['disk'].atNs).toBe(4 * SECOND);
  });

  it('are bound by the cap per connection, their own cap, a disk, and the core', () => {
    // System: one connection of 1/10 of the link; own caps of 1/20 and 1/5.        Expectations: the least cap binds.
    const capped = setting(2, 0, { connectionCapBps: BYTE_A_NANOSECOND / 10 });
    capped.transfer('connection', { from: 0, to: 1, sizeBytes: 1e6 });
    capped.transfer('own', { from: 0, to: 1, sizeBytes: 1e6, capBps: BYTE_A_NANOSECOND / 20 });
    capped.transfer('idle', { from: 0, to: 1, sizeBytes: 1e6, capBps: BYTE_A_NANOSECOND / 5 });
    capped.simulator.run();
    expect([capped.ends['connection'].atNs, capped.ends['own'].atNs, capped.ends['idle'].atNs]).toEqual([10e6, 20e6, 10e6]);

    // System: k disjoint pairs over a core of half a link.        Expectations: each has 1 / (2k).
    const core = setting(8, 0, { coreBps: BYTE_A_NANOSECOND / 2 });
    for (let pair = 0; pair < 4; pair++) core.transfer(`${pair}`, { from: 2 * pair, to: 2 * pair + 1, sizeBytes: 1e6 });
    core.transfer('loopback', { from: 0, to: 0, sizeBytes: 1e6 });
    core.simulator.run();
    for (let pair = 0; pair < 4; pair++) expect(core.ends[`${pair}`].atNs).toBe(8e6);
    expect(core.ends['loopback'].atNs).toBe(0);

    // System: two flows from one disk of 1/4.        Expectations: 1/8 each; when the disk is widened at 1 ms to 2, the uplink binds.
    const disk = setting(3);
    const link = disk.network.addLink(BYTE_A_NANOSECOND / 4);
    for (const to of [1, 2]) disk.transfer(`${to}`, { from: 0, to, sizeBytes: 1e6, extraLinks: [link] });
    disk.simulator.run(MILLISECOND);
    disk.network.setLinkCapacity(link, 2 * BYTE_A_NANOSECOND);
    expect(disk.network.linkBytes(link)).toBe(250_000);
    disk.simulator.run();
    expect(disk.ends['1'].atNs).toBe(MILLISECOND + 2 * (1e6 - 1e6 / 8));
    expect(disk.network.linkBytes(link)).toBe(2e6);
    expect(() => disk.network.linkBytes(9)).toThrow('link 9 does not exist');
  });

  it('crossing zones only may share the core', () => {
    const hosts = ['a', 'a', 'b', 'b'].map((zone, i) => ({ name: `${i}`, upBps: BYTE_A_NANOSECOND, downBps: BYTE_A_NANOSECOND, zone }));
    const zoneLatencyNs = { zones: ['a', 'b'], oneWayNs: [[0, 0], [0, 0]] };
    const { simulator, ends, transfer } = setting(4, 0, { hosts, zoneLatencyNs, coreBps: BYTE_A_NANOSECOND / 100, coreScope: 'inter-zone' });
    transfer('within', { from: 0, to: 1, sizeBytes: 1e6 });
    transfer('between', { from: 1, to: 2, sizeBytes: 1e6 });
    simulator.run();
    expect([ends['within'].atNs, ends['between'].atNs]).toEqual([1e6, 100e6]);
  });

  it('report progress and rate, and can be cancelled at any stage', () => {
    const { simulator, network, ends, transfer } = setting(2, MILLISECOND);
    const a = transfer('a', { from: 0, to: 1, sizeBytes: 10e6 });
    expect(network.transferredBytes(a)).toBe(0);
    expect(network.transferRateBps(a)).toBe(0);
    simulator.run(3 * MILLISECOND);
    expect(network.transferredBytes(a)).toBe(2e6);
    expect(network.transferRateBps(a)).toBe(BYTE_A_NANOSECOND);
    expect(network.isTransferring(a)).toBe(true);
    expect(network.cancelTransfer(a)).toBe(2e6);
    expect(ends['a']).toEqual({ outcome: 'cancelled', atNs: 3 * MILLISECOND, bytes: 2e6 });
    expect(network.isTransferring(a)).toBe(false);
    expect(network.cancelTransfer(a)).toBe(0);
    expect(() => network.transferredBytes(a)).toThrow('has ended');
    const b = transfer('b', { from: 0, to: 1, sizeBytes: 10e6 });
    expect(b).not.toBe(a);
    expect(network.cancelTransfer(b)).toBe(0);
    simulator.run();
    expect(ends['b']).toEqual({ outcome: 'cancelled', atNs: 3 * MILLISECOND, bytes: 0 });
    expect(network.stats.transfers).toMatchObject({ started: 2, cancelled: 2, requestedBytes: 20e6, deliveredBytes: 2e6, droppedBytes: 18e6 });
    expect(network.stats.bytesUp(0)).toBe(2e6);
    network.stats.checkConservation();
  });

  it('give their bandwidth back when cancelled', () => {
    const { simulator, network, ends, transfer } = setting(2);
    const a = transfer('a', { from: 0, to: 1, sizeBytes: 10e6 });
    transfer('b', { from: 0, to: 1, sizeBytes: 10e6 });
    simulator.schedule(4 * MILLISECOND, () => network.cancelTransfer(a));
    simulator.run();
    expect(ends['b'].atNs).toBe(12 * MILLISECOND);
  });

  it('may be started and cancelled from within an end', () => {
    const { simulator, network } = setting(2);
    const order: string[] = [];
    const other = network.transfer({ from: 0, to: 1, sizeBytes: 20e6 }, (outcome) => order.push(`other ${outcome}`), undefined);
    network.transfer(
      { from: 1, to: 0, sizeBytes: 1e6 },
      (outcome, next: number) => {
        order.push(`first ${outcome}`);
        network.cancelTransfer(other);
        network.transfer({ from: 0, to: 1, sizeBytes: next }, (later) => order.push(`second ${later}`), undefined);
      },
      5,
    );
    simulator.run();
    expect(order).toEqual(['first done', 'other cancelled', 'second done']);
    expect(network.activeTransfers).toBe(0);
  });

  it('have ended for all purposes when their last part is told', () => {
    const { simulator, network } = setting(3);
    const order: string[] = [];
    const id: TransferId = network.transfer(
      { from: 0, to: 1, sizeBytes: 3000, partBytes: [1000, 2000] },
      (outcome) => order.push(outcome),
      undefined,
      (part) => {
        order.push(`part ${part}`);
        network.stats.checkConservation();
        if (part === 0) return;
        expect(network.isTransferring(id)).toBe(false);
        expect(network.cancelTransfer(id)).toBe(0);
        network.transfer({ from: 0, to: 2, sizeBytes: 10 }, (outcome) => order.push(`next ${outcome}`), undefined);
        network.crash(1);
      },
    );
    simulator.run();
    expect(order).toEqual(['part 0', 'part 1', 'done', 'next done']);
    expect(network.activeTransfers).toBe(0);
    network.stats.checkConservation();
  });

  it('are thousands at once without harm', () => {
    // System: n transfers of 1 MB from one host to itself-distinct others, all at time 0.        Expectations: all end at n · 1 MB ÷ C.
    const { simulator, network, ends, transfer } = setting(101);
    for (let i = 0; i < 3000; i++) transfer(`${i}`, { from: 0, to: 1 + (i % 100), sizeBytes: 1e6 });
    simulator.run();
    expect(new Set(Object.values(ends).map(({ atNs }) => atNs))).toEqual(new Set([3000 * MILLISECOND]));
    network.stats.checkConservation();
  });

  it('are refused when they make no sense', () => {
    const { network } = setting(2);
    const start = (spec: Partial<TransferSpec>) => () => network.transfer({ from: 0, to: 1, sizeBytes: 1, ...spec }, () => undefined, undefined);
    expect(start({ to: 2 })).toThrow('host 2 does not exist');
    expect(start({ sizeBytes: -1 })).toThrow('sizeBytes of a transfer is -1; expected a whole number ≥ 0');
    expect(start({ sizeBytes: 0.5 })).toThrow('sizeBytes of a transfer is 0.5');
    expect(start({ sizeBytes: NaN })).toThrow('sizeBytes of a transfer is NaN');
    expect(start({ capBps: 0 })).toThrow('capBps of a transfer is 0; expected a number above 0');
    expect(start({ extraLinks: [0] })).toThrow('link 0 does not exist; expected one made by addLink');
    const disk = network.addLink(1e9);
    expect(start({ extraLinks: [disk, disk] })).toThrow('twice');
    expect(() => { network.setLinkCapacity(99, 1); }).toThrow('link 99 does not exist');
    expect(() => network.addLink(-1)).toThrow('capacity of a link is');
  });

  it('conserve bytes whatever happens to them', () => {
    const action = fc.record({
      atNs: fc.integer({ min: 0, max: 30 * MILLISECOND }),
      what: fc.constantFrom('start', 'start', 'start', 'cancel', 'crash', 'recover', 'partition', 'heal', 'degrade'),
      a: fc.nat(4),
      b: fc.nat(4),
      sizeBytes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 10_000_000 })),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60, size: 'max' }), (actions) => {
        const { simulator, network, transfer } = setting(5, MILLISECOND, { coreBps: 2 * BYTE_A_NANOSECOND });
        const ids: TransferId[] = [];
        actions.forEach(({ atNs, what, a, b, sizeBytes }, i) => {
          simulator.scheduleAt(atNs, () => {
            if (what === 'start') ids.push(transfer(`${i}`, { from: a, to: b, sizeBytes }));
            else if (what === 'cancel' && ids.length > 0) network.cancelTransfer(ids[sizeBytes % ids.length]);
            else if (what === 'crash') network.crash(a);
            else if (what === 'recover') network.recover(a);
            else if (what === 'partition') network.partition([[a]]);
            else if (what === 'heal') network.heal();
            else if (what === 'degrade') network.degrade(a, { upFactor: (b + 1) / 5, downFactor: b / 4 });
            network.stats.checkConservation();
          });
        });
        simulator.run();
        network.heal();
        for (let host = 0; host < 5; host++) network.degrade(host, {});
        simulator.run();
        network.stats.checkConservation();
        expect(network.activeTransfers).toBe(0);
        const { started, done, failed, cancelled, deliveredBytes } = network.stats.transfers;
        expect(done + failed + cancelled).toBe(started);
        let up = 0;
        let down = 0;
        for (let host = 0; host < 5; host++) {
          up += network.stats.bytesUp(host);
          down += network.stats.bytesDown(host);
        }
        expect(up).toBe(down);
        expect(up).toBeLessThanOrEqual(deliveredBytes);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
