import { describe, expect, it } from 'vitest';
import { ChromeTrace } from '../../../sim/kernel/chrome-trace.ts';
import type { ChromeTraceOptions } from '../../../sim/kernel/chrome-trace.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { Station } from '../../../sim/kernel/station.ts';

interface Written {
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  name: string;
  id?: number;
  args?: { name?: string; tokens?: number; value?: number };
}

interface Document {
  displayTimeUnit: string;
  otherData: { droppedEvents: number; kept: string };
  traceEvents: Written[];
}

function parse(trace: ChromeTrace): Document {
  return JSON.parse([...trace.chunks()].join('')) as Document;
}

/** The document of a trace, without metadata, and the row names by tid. */
function recorded(record: (trace: ChromeTrace) => void, options?: ChromeTraceOptions): { events: Written[]; rows: Map<number, string>; document: Document } {
  const trace = new ChromeTrace(options);
  record(trace);
  const document = parse(trace);
  const rows = new Map<number, string>();
  for (const event of document.traceEvents) if (event.name === 'thread_name') rows.set(event.tid, event.args!.name!);
  return { events: document.traceEvents.filter((event) => event.ph !== 'M'), rows, document };
}

describe('Chrome trace', () => {
  it('writes slices, instants and counters in microseconds, rows named after tracks', () => {
    const { events, rows } = recorded((trace) => {
      trace.complete('gpu 0', 'prefill', 1_234_567, 1500, { tokens: 512 });
      trace.instant('node "7"', 'crash', 2_000_001);
      trace.counter('gpu 0', 'queue', 5, 3);
    });
    expect(events.map(({ ph, ts, dur, name, args }) => ({ ph, ts, dur, name, args }))).toEqual([
      { ph: 'X', ts: 1234.567, dur: 1.5, name: 'prefill', args: { tokens: 512 } },
      { ph: 'i', ts: 2000.001, dur: undefined, name: 'crash', args: undefined },
      { ph: 'C', ts: 0.005, dur: undefined, name: 'gpu 0 queue', args: { value: 3 } },
    ]);
    expect(rows.get(events[0].tid)).toBe('gpu 0');
    expect(rows.get(events[1].tid)).toBe('node "7"');
  });

  it('keeps nanoseconds exact up to the last instant', () => {
    const trace = new ChromeTrace();
    trace.instant('t', 'late', 9_007_199_254_740_991);
    trace.instant('t', 'later', 9_007_199_254_740_992);
    expect([...trace.chunks()].join('')).toContain('"ts":9007199254740.991,');
    expect([...trace.chunks()].join('')).toContain('"ts":9007199254740.992,');
  });

  it('draws slices that overlap without nesting on rows of their own', () => {
    const { events, rows } = recorded((trace) => {
      trace.complete('ssd', 'a', 0, 10);
      trace.complete('ssd', 'b', 5, 10);
      trace.complete('ssd', 'inside a', 2, 3);
      trace.complete('ssd', 'c', 10, 10);
      trace.complete('ssd', 'd', 12, 1);
      trace.complete('ssd', 'zero', 20, 0);
    });
    const row = Object.fromEntries(events.map(({ name, tid }) => [name, rows.get(tid)]));
    expect(row).toEqual({ 'a': 'ssd', 'b': 'ssd (2)', 'inside a': 'ssd', 'c': 'ssd', 'd': 'ssd', 'zero': 'ssd' });
  });

  it('binds both ends of a flow to the slices that were open there', () => {
    const { events, rows } = recorded((trace) => {
      trace.complete('a', 'send', 0, 10);
      trace.complete('b', 'other', 0, 100);
      trace.complete('b', 'receive', 15, 90);
      trace.flow('message', 'a', 5, 'b', 20);
      trace.flow('message', 'a', 6, 'nowhere', 9);
    });
    const [start, finish, second] = events.filter(({ ph }) => ph === 's' || ph === 'f');
    expect([start.ph, start.ts, rows.get(start.tid)]).toEqual(['s', 0.005, 'a']);
    expect([finish.ph, finish.ts, rows.get(finish.tid)]).toEqual(['f', 0.02, 'b (2)']);
    expect(finish.id).toBe(start.id);
    expect(second.id).not.toBe(start.id);
  });

  it('keeps the first events, or the last, and counts the rest', () => {
    const count = (trace: ChromeTrace): void => {
      for (let i = 0; i < 25; i++) trace.instant('t', String(i), i);
    };
    const first = recorded(count, { maxEvents: 10 });
    expect(first.events.map(({ name }) => Number(name))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(first.document.otherData).toEqual({ droppedEvents: 15, kept: 'first' });
    const last = recorded(count, { maxEvents: 10, keep: 'last' });
    expect(last.events.map(({ name }) => Number(name))).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
    expect(last.document.otherData).toEqual({ droppedEvents: 15, kept: 'last' });
  });

  it('is a whole document when nothing was traced', () => {
    expect(parse(new ChromeTrace()).traceEvents.filter(({ ph }) => ph !== 'M')).toEqual([]);
  });

  it('comes in pieces of bounded size', () => {
    const trace = new ChromeTrace();
    for (let i = 0; i < 20_000; i++) trace.complete(`track ${i % 7}`, 'work', i * 10, 5);
    const chunks = [...trace.chunks()];
    expect(chunks.length).toBeGreaterThan(10);
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThan(70_000);
    expect(parse(trace).traceEvents.filter(({ ph }) => ph === 'X').length).toBe(20_000);
  });

  it('refuses what a viewer cannot draw', () => {
    const trace = new ChromeTrace();
    expect(() => {
      trace.complete('t', 'n', 0, -1);
    }).toThrow(RangeError);
    expect(() => {
      trace.counter('t', 'n', 0, NaN);
    }).toThrow(RangeError);
    expect(() => new ChromeTrace({ maxEvents: 0 })).toThrow(RangeError);
  });

  it('does not change the run it watches', () => {
    const run = (trace?: ChromeTrace): string => {
      const simulator = new Simulator(trace === undefined ? { seed: 4 } : { seed: 4, trace });
      const random = simulator.random.stream('work');
      const station = new Station(simulator, 'disk', 2);
      const again = simulator.handler('again', (n: number) => {
        station.serve(random.integer(100), () => undefined, n);
        if (n < 200) simulator.schedule(random.integer(60), again, n + 1);
      });
      simulator.schedule(0, again, 0);
      simulator.run();
      return simulator.digest();
    };
    const trace = new ChromeTrace();
    expect(run(trace)).toBe(run());
    expect(parse(trace).traceEvents.filter(({ ph }) => ph === 'X').length).toBe(201);
  });
});
