import { describe, expect, it } from 'vitest';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import type { ConnectionPoolOptions } from '../../../sim/network/connection-pool.ts';
import { Network } from '../../../sim/network/network.ts';
import { uniformTopology } from '../../../sim/network/topology.ts';

function setting(connections: ConnectionPoolOptions = {}) {
  const simulator = new Simulator();
  const network = new Network(simulator, uniformTopology(4, 1e9, 5 * MILLISECOND), { connections });
  const ends: { name: string; outcome: string; atNs: number; id: number }[] = [];
  const connect = (name: string, from: number, to: number): void => {
    network.connect(from, to, (outcome, id) => { ends.push({ name, outcome, atNs: simulator.now, id }); }, undefined);
  };
  return { simulator, network, pool: network.connections, ends, connect };
}

describe('ConnectionPool', () => {
  it('pays the handshake for a new connection and nothing for an idle one', () => {
    // System: round trip 10 ms, TCP and TLS 1.3.        Expectations: 20 ms; 0 for the second use; 20 ms again for a second at a time.
    const { simulator, pool, ends, connect } = setting();
    connect('first', 0, 1);
    expect(ends).toEqual([]);
    simulator.run(SECOND);
    expect(ends).toMatchObject([{ name: 'first', outcome: 'opened', atNs: 20 * MILLISECOND }]);
    pool.release(ends[0].id);
    connect('second', 0, 1);
    connect('beside', 0, 1);
    expect(ends.length).toBe(1);
    simulator.run(2 * SECOND);
    expect(ends.slice(1)).toMatchObject([{ name: 'second', outcome: 'reused', atNs: SECOND, id: ends[0].id }, { name: 'beside', outcome: 'opened', atNs: SECOND + 20 * MILLISECOND }]);
    expect(pool.counts).toMatchObject({ opened: 2, reused: 1 });
  });

  it('takes as many round trips as it is told', () => {
    for (const handshakeRoundTrips of [0, 1, 3]) {
      const { simulator, ends, connect } = setting({ handshakeRoundTrips });
      connect('c', 0, 1);
      simulator.run(SECOND);
      expect(ends[0].atNs).toBe(handshakeRoundTrips * 10 * MILLISECOND);
    }
  });

  it('does not share connections between pairs or directions', () => {
    const { simulator, pool, ends, connect } = setting();
    connect('ab', 0, 1);
    simulator.run(SECOND);
    pool.release(ends[0].id);
    connect('ba', 1, 0);
    connect('ac', 0, 2);
    simulator.run(2 * SECOND);
    expect(ends.map(({ outcome }) => outcome)).toEqual(['opened', 'opened', 'opened']);
  });

  it('closes a connection that stays idle for the timeout, the last used being used again first', () => {
    const { simulator, pool, ends, connect } = setting({ idleTimeoutNs: SECOND });
    connect('x', 0, 1);
    connect('y', 0, 1);
    simulator.run(SECOND);
    pool.release(ends[0].id);
    simulator.run(SECOND + SECOND / 2);
    pool.release(ends[1].id);
    connect('z', 0, 1);
    simulator.run(2 * SECOND);
    expect(ends[2]).toMatchObject({ outcome: 'reused', id: ends[1].id });
    expect(pool.counts.expired).toBe(1);
    expect(pool.size).toBe(1);
    pool.release(ends[2].id);
    simulator.run();
    expect(pool.size).toBe(0);
    expect(pool.counts.expired).toBe(2);
  });

  it('lets requests wait at the limit, in order, and closes idle connections to make room', () => {
    const { simulator, pool, ends, connect } = setting({ limitPerHost: 2, idleTimeoutNs: 100 * SECOND });
    for (const name of ['a', 'b', 'c', 'd']) connect(name, 0, 1);
    connect('other host', 1, 0);
    simulator.run(SECOND);
    expect(ends.map(({ name }) => name)).toEqual(['a', 'b', 'other host']);
    expect(pool.waiting(0)).toBe(2);
    pool.release(ends[0].id);
    simulator.run(2 * SECOND);
    expect(ends[3]).toMatchObject({ name: 'c', outcome: 'reused', atNs: SECOND, id: ends[0].id });
    // A closed connection makes room for a new one; an idle one to elsewhere is closed when room is needed.
    pool.close(ends[1].id);
    simulator.run(3 * SECOND);
    expect(ends[4]).toMatchObject({ name: 'd', outcome: 'opened' });
    pool.release(ends[3].id);
    pool.release(ends[4].id);
    connect('e', 0, 2);
    simulator.run(4 * SECOND);
    expect(ends[5]).toMatchObject({ name: 'e', outcome: 'opened' });
    expect(pool.counts.evicted).toBe(1);
    connect('f', 0, 1);
    simulator.run(5 * SECOND);
    // The one released longer ago was evicted.
    expect(ends[6]).toMatchObject({ name: 'f', outcome: 'reused', id: ends[4].id });
  });

  it('fails after the timeout when the peer is down or cut off', () => {
    const { simulator, network, ends, connect } = setting({ connectTimeoutNs: SECOND });
    network.crash(1);
    network.partition([[2]]);
    connect('down', 0, 1);
    connect('cut off', 0, 2);
    connect('fine', 0, 3);
    simulator.run();
    expect(ends.filter(({ outcome }) => outcome === 'failed').map(({ name, atNs, id }) => [name, atNs, id])).toEqual([['down', SECOND, 0], ['cut off', SECOND, 0]]);
    expect(network.connections.counts.failed).toBe(2);
  });

  it('fails an opening whose peer crashes or is cut off meanwhile, counted from its request', () => {
    const { simulator, network, ends, connect } = setting({ connectTimeoutNs: SECOND });
    connect('crash', 0, 1);
    connect('partition', 0, 2);
    simulator.run(10 * MILLISECOND);
    network.crash(1);
    network.partition([[2]]);
    simulator.run();
    expect(ends).toMatchObject([{ name: 'crash', outcome: 'failed', atNs: SECOND }, { name: 'partition', outcome: 'failed', atNs: SECOND }]);
  });

  it('fails what a crashed host itself asked for, at once', () => {
    const { simulator, network, pool, ends, connect } = setting({ limitPerHost: 1 });
    connect('opening', 0, 1);
    connect('waiting', 0, 1);
    network.crash(0);
    expect(ends.map(({ name, outcome }) => [name, outcome])).toEqual([['opening', 'failed'], ['waiting', 'failed']]);
    connect('dead', 0, 1);
    expect(ends.length).toBe(2);
    simulator.run();
    expect(ends[2]).toMatchObject({ name: 'dead', outcome: 'failed', atNs: 0 });
    expect(pool.size).toBe(0);
  });

  it('closes the connections of a crashed host, so that giving them back does nothing and peers open new ones', () => {
    const { simulator, network, pool, ends, connect } = setting({ limitPerHost: 2 });
    connect('busy', 0, 1);
    connect('idle', 0, 1);
    connect('queued', 0, 2);
    simulator.run(SECOND);
    pool.release(ends[1].id);
    simulator.run(2 * SECOND);
    expect(ends[2]).toMatchObject({ name: 'queued', outcome: 'opened' });
    network.crash(1);
    pool.release(ends[0].id);
    network.recover(1);
    connect('again', 0, 1);
    simulator.run(3 * SECOND);
    expect(ends[3]).toMatchObject({ name: 'again', outcome: 'opened' });
    expect(pool.size).toBe(2);
  });

  it('refuses what makes no sense', () => {
    const { simulator, pool, ends, connect } = setting();
    expect(() => { pool.release(1); }).toThrow('connection 1 is unknown');
    connect('c', 0, 1);
    simulator.run(SECOND);
    pool.release(ends[0].id);
    expect(() => { pool.release(ends[0].id); }).toThrow('is idle; expected one in use');
    expect(() => { connect('c', 0, 9); }).toThrow('host 9');
    expect(() => setting({ limitPerHost: 0 })).toThrow('limitPerHost is 0');
    expect(() => setting({ handshakeRoundTrips: -1 })).toThrow('handshakeRoundTrips is -1');
  });
});
