import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Digest, firstDivergence, hashLabel } from '../../../sim/kernel/digest.ts';
import type { DigestCheckpoint } from '../../../sim/kernel/digest.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { LATEST } from '../../../sim/kernel/time.ts';

interface Event {
  time: number;
  label: string;
  entity: number;
}

function digestOf(events: readonly Event[]): string {
  const digest = new Digest();
  for (const { time, label, entity } of events) {
    digest.absorb(Float64Array.of(time, entity), 0, hashLabel(label));
  }
  return digest.toString();
}

const event: fc.Arbitrary<Event> = fc.record({
  time: fc.oneof(fc.nat(10), fc.maxSafeNat()),
  label: fc.constantFrom('send', 'receive', 'timer', ''),
  entity: fc.oneof(fc.nat(10), fc.integer(), fc.double()),
});

/** NaN is one entity, whatever its bits, and −0 is 0. */
const same = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

describe('run digest', () => {
  it('differs when one field of one event differs', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 20 }), fc.nat(), event, (events, position, other) => {
        const at = position % events.length;
        const changed = [...events];
        for (const field of ['time', 'label', 'entity'] as const) {
          changed[at] = { ...events[at], [field]: other[field] };
          const equal = field === 'label' ? events[at].label === other.label : same(events[at][field], other[field]);
          expect(digestOf(changed) === digestOf(events)).toBe(equal);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('differs when two different events change places, or one is left out or doubled', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 2, maxLength: 12 }), fc.nat(), (events, position) => {
        const at = position % (events.length - 1);
        const [a, b] = [events[at], events[at + 1]];
        fc.pre(!(a.time === b.time && a.label === b.label && same(a.entity, b.entity)));
        const swapped = [...events];
        swapped[at] = b;
        swapped[at + 1] = a;
        expect(digestOf(swapped)).not.toBe(digestOf(events));
        expect(digestOf(events.toSpliced(at, 1))).not.toBe(digestOf(events));
        expect(digestOf(events.toSpliced(at, 0, a))).not.toBe(digestOf(events));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('tells 200 000 single events apart that differ in few bits', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      for (let j = 0; j < 250; j++) {
        seen.add(digestOf([{ time: i, label: 'a', entity: j }]));
        seen.add(digestOf([{ time: i * 2 ** 32, label: 'b', entity: j }]));
        seen.add(digestOf([{ time: LATEST - i, label: 'a', entity: -1 - j }]));
        seen.add(digestOf([{ time: i, label: 'c', entity: j + 0.5 }]));
      }
    }
    // With 64 bits the chance of even one collision among 2·10^5 is 10^-9. Time 0 is common to the first two, under different labels.
    expect(seen.size).toBe(200_000);
  });

  it('changes about half of its bits with one bit of the last event', () => {
    let changed = 0;
    const cases = 400;
    for (let i = 0; i < cases; i++) {
      const a = digestOf([{ time: 1000 + i, label: 'a', entity: i }]);
      const b = digestOf([{ time: 1000 + i, label: 'a', entity: i ^ (1 << i % 31) }]);
      changed += (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2).replaceAll('0', '').length;
    }
    // A mean of 32 bits a case; the mean of 400 such counts (sd 4 each) has sd 0.2, so ± 1 is five of them.
    expect(Math.abs(changed / cases - 32)).toBeLessThan(1);
  });

  it('should not change its output', () => {
    expect(digestOf([])).toBe('8d5f18706eed4abb');
    expect(digestOf([{ time: 0, label: '', entity: 0 }])).toBe('d6239b77e594bd77');
    const mixed = [0, 1, 2 ** 31, 2 ** 53].flatMap((time) => [0, -1, 0.5, NaN, Infinity, -Infinity, 1e300].map((entity) => ({ time, label: 'golden', entity })));
    expect(digestOf(mixed)).toBe('316731be115f3641');
    // Fowler, Noll & Vo's own vectors for 32-bit FNV-1a.
    expect(hashLabel('') >>> 0).toBe(0x811c9dc5);
    expect(hashLabel('a') >>> 0).toBe(0xe40c292c);
    expect(hashLabel('foobar') >>> 0).toBe(0xbf9cf968);
  });
});

describe('digest of a simulator', () => {
  it('takes a number payload as entity, entityOf of an object, and 0 of anything else', () => {
    const run = (payload: unknown, entityOf?: (payload: unknown) => number): string => {
      const simulator = new Simulator();
      simulator.schedule(3, simulator.handler('h', () => undefined, entityOf), payload);
      simulator.run();
      return simulator.digest();
    };
    const expected = (entity: number): string => digestOf([{ time: 3, label: 'h', entity }]);
    expect(run(5)).toBe(expected(5));
    expect(run(5, () => 9)).toBe(expected(5));
    expect(run({ id: 7 }, (payload) => (payload as { id: number }).id)).toBe(expected(7));
    expect(run({ id: 7 })).toBe(expected(0));
    expect(run(undefined)).toBe(expected(0));
    expect(run('text')).toBe(expected(0));
  });

  it('depends on labels, not on the order in which handlers were registered', () => {
    const run = (labels: string[]): string => {
      const simulator = new Simulator();
      const handlers = new Map(labels.map((label) => [label, simulator.handler<number>(label, () => undefined)]));
      simulator.schedule(1, handlers.get('a')!, 1);
      simulator.schedule(2, handlers.get('b')!, 2);
      simulator.run();
      return simulator.digest();
    };
    expect(run(['a', 'b'])).toBe(run(['b', 'x', 'a']));
  });

  it('labels plain functions with their names', () => {
    const simulator = new Simulator();
    simulator.schedule(1, function tick() {
      // Only its label counts.
    });
    simulator.schedule(2, () => undefined);
    simulator.run();
    expect(simulator.digest()).toBe(digestOf([{ time: 1, label: 'tick', entity: 0 }, { time: 2, label: 'anonymous', entity: 0 }]));
  });

  it('ignores cancelled events', () => {
    const simulator = new Simulator();
    const handler = simulator.handler<number>('h', () => undefined);
    simulator.schedule(1, handler, 1);
    simulator.cancel(simulator.schedule(2, handler, 2));
    simulator.run();
    expect(simulator.digest()).toBe(digestOf([{ time: 1, label: 'h', entity: 1 }]));
  });

  it('says so when it is off', () => {
    const simulator = new Simulator({ digest: false });
    expect(() => simulator.digest()).toThrow('off');
    expect(() => new Simulator({ digest: false, checkpointEvery: 5 })).toThrow(RangeError);
  });
});

describe('divergence of two runs', () => {
  /** A chain of events that differs from event `flaw` on. */
  function chain(length: number, flaw: number, options: ConstructorParameters<typeof Simulator>[0]): Simulator {
    const simulator = new Simulator(options);
    const link = simulator.handler('link', (n: number) => {
      if (n < length) simulator.schedule(n + 1 === flaw ? 2 : 1, link, n + 1);
    });
    simulator.schedule(1, link, 1);
    simulator.run();
    return simulator;
  }

  it('is found to the stretch between two checkpoints, and then to the event', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 2, max: 200 }), fc.integer({ min: 1, max: 50 }), (length, flaw, every) => {
        const a = chain(length, Infinity, { checkpointEvery: every });
        const b = chain(length, flaw, { checkpointEvery: every });
        const found = firstDivergence(a.checkpoints, b.checkpoints);
        if (flaw > Math.floor(length / every) * every) {
          expect(found).toBeUndefined();
          return;
        }
        expect(found!.afterEvent).toBeLessThan(flaw);
        expect(found!.byEvent).toBeGreaterThanOrEqual(flaw);
        expect(found!.byEvent - found!.afterEvent).toBe(every);
        const recordedA = chain(length, Infinity, { recordEvents: found }).recordedEvents;
        const recordedB = chain(length, flaw, { recordEvents: found }).recordedEvents;
        const first = recordedA.findIndex((recorded, i) => recorded.timeNs !== recordedB[i].timeNs);
        expect(recordedA[first]).toEqual({ event: flaw, timeNs: flaw, label: 'link', entity: flaw });
        expect(recordedB[first].timeNs).toBe(flaw + 1);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('is where the shorter run ends when one is the beginning of the other', () => {
    const at = (eventsRun: number): DigestCheckpoint => ({ eventsRun, timeNs: eventsRun, digest: `d${eventsRun}` });
    expect(firstDivergence([at(10), at(20)], [at(10), at(20), at(30)])).toEqual({ afterEvent: 20, byEvent: 30 });
    expect(firstDivergence([], [])).toBeUndefined();
    expect(firstDivergence([], [at(10)])).toEqual({ afterEvent: 0, byEvent: 10 });
  });

  it('refuses a stretch turned round', () => {
    expect(() => new Simulator({ recordEvents: { afterEvent: 5, byEvent: 4 } })).toThrow(RangeError);
    expect(() => new Simulator({ checkpointEvery: 1.5 })).toThrow(RangeError);
  });
});
