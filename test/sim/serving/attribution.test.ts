import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTIVITY_KINDS, ARRIVAL, ActivityLog, Kind, type ActivityKind, type Attribution } from '../../../sim/serving/attribution.ts';

const { routing, retrieval, queueing, lookup, transfer, copy, adjust, prefill } = Kind;

function log(arrivalNs = 0): ActivityLog {
  const made = new ActivityLog();
  made.reset(arrivalNs);
  return made;
}

/** The non-zero entries, by name. */
function named(values: Float64Array): Partial<Record<ActivityKind, number>> {
  return Object.fromEntries(ACTIVITY_KINDS.map((kind, index) => [kind, values[index]]).filter(([, value]) => value !== 0)) as Partial<Record<ActivityKind, number>>;
}

function sum(attribution: Attribution): number {
  return attribution.parts.reduce((total, part) => total + part, 0);
}

describe('attribution of a TTFT by critical path', () => {
  it('gives each stage of a serial schedule its whole duration, and hides nothing', () => {
    const l = log(100);
    const a = l.add(routing, 100, 110, ARRIVAL);
    const b = l.add(retrieval, 110, 150, a);
    const c = l.add(queueing, 150, 450, b);
    const d = l.add(lookup, 450, 460, c);
    const e = l.add(transfer, 460, 760, d);
    const f = l.add(copy, 760, 790, e);
    const g = l.add(adjust, 790, 795, f);
    const h = l.add(prefill, 795, 900, g);
    const { parts, hidden } = l.attribute(h);
    expect(named(parts)).toEqual({ routing: 10, retrieval: 40, queueing: 300, lookup: 10, transfer: 300, copy: 30, adjust: 5, prefill: 105 });
    expect(named(hidden)).toEqual({});
  });

  it('hides a prefetch that ends before the queue does', () => {
    // Queue 0–100; lookup 0–10 and transfer 10–60 run in its shadow; prefill starts when the queue ends.
    const l = log();
    const queue = l.add(queueing, 0, 100, ARRIVAL);
    const find = l.add(lookup, 0, 10, ARRIVAL);
    const fetch = l.add(transfer, 10, 60, find);
    const last = l.add(prefill, 100, 130, l.later(queue, fetch));
    const { parts, hidden } = l.attribute(last);
    expect(named(parts)).toEqual({ queueing: 100, prefill: 30 });
    expect(named(hidden)).toEqual({ lookup: 10, transfer: 50 });
  });

  it('puts a late prefetch on the critical path, and the queue in its shadow', () => {
    // The transfer ends at 140, 40 after the queue: the whole chain of the fetch is critical from the arrival on.
    const l = log();
    const queue = l.add(queueing, 0, 100, ARRIVAL);
    const find = l.add(lookup, 0, 10, ARRIVAL);
    const fetch = l.add(transfer, 10, 140, find);
    const last = l.add(prefill, 140, 170, l.later(queue, fetch));
    const { parts, hidden } = l.attribute(last);
    expect(named(parts)).toEqual({ lookup: 10, transfer: 130, prefill: 30 });
    expect(named(hidden)).toEqual({ queueing: 100 });
  });

  it('takes the slowest of parallel transfers, and counts the others once', () => {
    // Three sources 20–50, 20–80, 30–60, then copy. Critical: the second. Its kind was going on 20–80, all of it owned.
    const l = log();
    const find = l.add(lookup, 0, 20, ARRIVAL);
    const one = l.add(transfer, 20, 50, find);
    const two = l.add(transfer, 20, 80, find);
    const three = l.add(transfer, 30, 60, find);
    const slowest = l.later(l.later(one, two), three);
    const up = l.add(copy, 80, 90, slowest);
    const last = l.add(prefill, 90, 100, up);
    const { parts, hidden } = l.attribute(last);
    expect(named(parts)).toEqual({ lookup: 20, transfer: 60, copy: 10, prefill: 10 });
    expect(named(hidden)).toEqual({});
  });

  it('overlaps layer by layer: an activity owns only what comes after its releaser has ended', () => {
    // Transfer 0–100 in layers; copy runs 10–105 behind it, adjust 12–107, prefill 15–120.
    const l = log();
    const fetch = l.add(transfer, 0, 100, ARRIVAL);
    const up = l.add(copy, 10, 105, fetch);
    const turn = l.add(adjust, 12, 107, up);
    const last = l.add(prefill, 15, 120, turn);
    const { parts, hidden } = l.attribute(last);
    expect(named(parts)).toEqual({ transfer: 100, copy: 5, adjust: 2, prefill: 13 });
    expect(named(hidden)).toEqual({ copy: 90, adjust: 93, prefill: 92 });
  });

  it('recompute and fetch from both ends: the piece that ends last is critical', () => {
    // The engine prefills 50–130 from the front while chunks arrive until 110 from the back; then the question 130–140.
    const l = log();
    const queue = l.add(queueing, 0, 50, ARRIVAL);
    const front = l.add(prefill, 50, 130, queue);
    const back = l.add(transfer, 50, 110, queue);
    const question = l.add(prefill, 130, 140, l.later(front, back));
    const { parts, hidden } = l.attribute(question);
    expect(named(parts)).toEqual({ queueing: 50, prefill: 90 });
    expect(named(hidden)).toEqual({ transfer: 60 });
  });

  it('splits one kind between critical and hidden time', () => {
    // Two transfers: 0–30 hidden in the queue, 40–70 critical.
    const l = log();
    l.add(transfer, 0, 30, ARRIVAL);
    const queue = l.add(queueing, 0, 40, ARRIVAL);
    const fetch = l.add(transfer, 40, 70, queue);
    const last = l.add(prefill, 70, 80, fetch);
    const { parts, hidden } = l.attribute(last);
    expect(named(parts)).toEqual({ queueing: 40, transfer: 30, prefill: 10 });
    expect(named(hidden)).toEqual({ transfer: 30 });
  });

  it('cuts hidden work at the first token, also where it has not ended', () => {
    const l = log();
    l.begin(transfer, 10, ARRIVAL);
    l.add(copy, 15, 500, ARRIVAL);
    const last = l.add(prefill, 0, 20, ARRIVAL);
    const { parts, hidden } = l.attribute(last);
    expect(named(parts)).toEqual({ prefill: 20 });
    expect(named(hidden)).toEqual({ transfer: 10, copy: 5 });
  });

  it('a TTFT of nothing has no parts', () => {
    const l = log(7);
    expect(sum(l.attribute(l.add(prefill, 7, 7, ARRIVAL)))).toBe(0);
  });

  it('refuses an instant that no activity explains', () => {
    const l = log();
    const queue = l.add(queueing, 0, 50, ARRIVAL);
    const last = l.add(prefill, 60, 90, queue);
    expect(() => l.attribute(last)).toThrow(/nothing is recorded between 50/);
  });

  it('refuses effects before causes, open ends, unknown releasers and circles', () => {
    const l = log(10);
    expect(() => l.add(queueing, 5, 20, ARRIVAL)).toThrow(/before the arrival/);
    expect(() => l.add(queueing, 20, 15, ARRIVAL)).toThrow(/cannot end/);
    expect(() => l.add(queueing, 20, 30, 99)).toThrow(/no activity 99/);
    expect(() => l.add(99, 20, 30, ARRIVAL)).toThrow(/kind/);
    const open = l.begin(transfer, 12, ARRIVAL);
    expect(() => l.attribute(open)).toThrow(/has not ended/);
    const a = l.add(queueing, 10, 40, ARRIVAL);
    const b = l.add(prefill, 10, 40, a);
    l.end(a, 40, b);
    expect(() => l.attribute(b)).toThrow(/released by itself/);
    const late = l.add(lookup, 10, 50, ARRIVAL);
    const early = l.add(prefill, 10, 45, late);
    expect(() => l.attribute(early)).toThrow(/after it had ended/);
  });

  it('law: parts add up to the TTFT exactly, and hidden time is never negative nor longer than it', () => {
    // Random directed schedules: each activity starts when a random subset of the earlier ones has ended, or overlaps the last.
    const activity = fc.record({
      kind: fc.integer({ min: 0, max: ACTIVITY_KINDS.length - 1 }),
      durationNs: fc.integer({ min: 0, max: 1_000_000_007 }),
      waitsFor: fc.array(fc.nat(30), { maxLength: 4 }),
      overlap: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(activity, { minLength: 1, maxLength: 40 }), fc.integer({ min: 0, max: 2 ** 50 }), (plan, arrivalNs) => {
        const l = log(arrivalNs);
        let last = ARRIVAL;
        for (const { kind, durationNs, waitsFor, overlap } of plan) {
          let releaser = ARRIVAL;
          for (const index of waitsFor) if (l.length > 0) releaser = l.later(releaser, index % l.length);
          const releasedNs = l.endNs(releaser);
          const startNs = overlap ? arrivalNs + Math.floor((releasedNs - arrivalNs) / 2) : releasedNs;
          last = l.add(kind, startNs, releasedNs + durationNs, releaser);
        }
        const ttftNs = l.endNs(last) - arrivalNs;
        const { parts, hidden } = l.attribute(last);
        expect(sum({ parts, hidden })).toBe(ttftNs);
        for (const value of parts) expect(value).toBeGreaterThanOrEqual(0);
        for (const value of hidden) expect(value >= 0 && value <= ttftNs).toBe(true);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
