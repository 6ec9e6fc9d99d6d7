import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ResourceLimits } from 'node:worker_threads';
import { startThread } from '../experiments/engines/typescript-thread.ts';
import type { Bench } from './bench.ts';
import type { Hold } from './hold/hold-model.ts';
import type { HoldTask } from './hold/hold-thread.ts';

const CONTESTANTS = [
  { label: 'ladder queue', queue: 'ladder', mix: 'exponential' },
  { label: 'ladder queue, DHT-like mix', queue: 'ladder', mix: 'dht' },
  { label: '4-ary heap', queue: 'heap', mix: 'exponential' },
  { label: 'object-array heap, tuned', queue: 'objects', mix: 'exponential' },
  { label: 'object-array heap, textbook', queue: 'textbook', mix: 'exponential' },
] as const;
/** Contestants take turns this often; the best turn of each counts. */
const ROUNDS = 3;

function holdInThread(task: HoldTask, limits?: ResourceLimits): Promise<Hold[]> {
  return new Promise((resolve, reject) => {
    startThread(new URL('./hold/hold-thread.ts', import.meta.url), task, limits).once('message', resolve).once('error', reject);
  });
}

const times = (ratio: number): string => ratio.toFixed(1).padStart(11);
const millions = (events: number, ms: number): string => (events / ms / 1000).toFixed(2).padStart(8);

/** Compiles the yardstick in C++; undefined where there is no g++. */
function compilePriorityQueue(folder: string): string | undefined {
  const program = join(folder, 'priority-queue');
  try {
    execFileSync('g++', ['-O2', '-o', program, fileURLToPath(new URL('./hold/priority-queue.cc', import.meta.url))], { stdio: 'ignore' });
    return program;
  } catch {
    return undefined;
  }
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hold-'));
  try {
    await measureAll(compilePriorityQueue(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measureAll(priorityQueue: string | undefined): Promise<void> {
  for (const pending of [1000, 100_000, 1_000_000]) {
    const events = pending === 1_000_000 ? 2_000_000 : 4_000_000;
    const best = CONTESTANTS.map(() => ({ wallMs: Infinity, cpuMs: Infinity }));
    let compiled = 0;
    for (let round = 0; round < ROUNDS; round++) {
      if (priorityQueue !== undefined) compiled = Math.max(compiled, Number(execFileSync(priorityQueue, [String(pending), String(events)])));
      for (const [i, { queue, mix }] of CONTESTANTS.entries()) {
        for (const { wallMs, cpuMs } of await holdInThread({ queue, mix, pending, events, tries: 2 })) {
          best[i].wallMs = Math.min(best[i].wallMs, wallMs);
          best[i].cpuMs = Math.min(best[i].cpuMs, cpuMs);
        }
      }
    }
    console.log(`\n${pending.toLocaleString('en')} pending                  M events / s   / CPU s    × tuned heap   × textbook heap`);
    const [tuned, textbook] = best.slice(-2);
    for (const [i, { label }] of CONTESTANTS.entries()) {
      const { wallMs, cpuMs } = best[i];
      console.log(`${label.padEnd(30)}${millions(events, wallMs)}      ${millions(events, cpuMs)}   ${times(tuned.wallMs / wallMs)}   ${times(textbook.wallMs / wallMs)}`);
    }
    if (priorityQueue === undefined) console.log('std::priority_queue             not measured: g++ is not here');
    else console.log(`std::priority_queue, g++ -O2  ${(compiled / 1e6).toFixed(2).padStart(8)}`);
  }
  // A young generation so large that nothing is collected: the heap's growth is what was allocated. The second try runs compiled code.
  const events = 20_000_000;
  const [, hold] = await holdInThread({ queue: 'ladder', mix: 'exponential', pending: 1000, events, tries: 2 }, { maxYoungGenerationSizeMb: 1024 });
  console.log(`\nallocated on the plain-handler path: ${(hold.allocatedBytes / events).toFixed(4)} bytes an event, over ${events.toLocaleString('en')} events`);
}

export const bench: Bench = { name: 'hold', describe: 'events per second of the hold model, against heaps of objects; bytes allocated per event', run: main };
